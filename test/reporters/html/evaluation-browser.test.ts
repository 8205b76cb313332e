import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { evaluationHtml } from "../../../src/reporters/html/evaluation-html.ts";
import { sampleComparison, sampleEvaluation } from "../../support/evaluations.ts";
import { countColors, dumpDocument, findBrowser, takeScreenshot, type BrowserRun } from "../../support/headless-browser.ts";

const browser = findBrowser();
const PHONE_PX = 390;

/** What a page of our own finds out about the report, which lies in a frame as wide as a phone and runs no script. */
interface Findings {
  readonly scrollWidth: number;
  /** A scroll bar leaves 375 of the 390 px: narrower than the phone. */
  readonly clientWidth: number;
  readonly requests: number;
  readonly background: string;
  readonly smallestTextPx: number;
  readonly shownDrawings: number;
  readonly widestDrawing: number;
}

const PROBE = `
onload = () => {
  const view = frames[0], page = view.document, shown = (element) => element.getClientRects().length > 0;
  for (const details of page.querySelectorAll("details")) details.open = true;
  const drawings = [...page.querySelectorAll("svg[role=img]")].filter(shown);
  const sizes = drawings.flatMap((drawing) => [...drawing.querySelectorAll("text")].map((text) =>
    parseFloat(view.getComputedStyle(text).fontSize) * drawing.getBoundingClientRect().width / drawing.viewBox.baseVal.width));
  document.body.textContent = "FOUND" + JSON.stringify({
    clientWidth: page.documentElement.clientWidth,
    scrollWidth: page.documentElement.scrollWidth,
    requests: view.performance.getEntriesByType("resource").length,
    background: view.getComputedStyle(page.body).backgroundColor,
    smallestTextPx: Math.min(...sizes),
    shownDrawings: drawings.length,
    widestDrawing: Math.max(...drawings.map((drawing) => drawing.getBoundingClientRect().right)),
  }) + "END";
};`;

describe.skipIf(browser === undefined)("the report in a browser (skipped where no Chromium is on PATH)", () => {
  let folder = "";
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "rerank-test-"));
    const about = { createdAt: "2026-11-21T18:03:00.000Z", version: "1.2.3" };
    const long = { text: `${"Donaudampfschiffahrt".repeat(40)} ${"漢".repeat(200)}` };
    const { queries, ...evaluation } = sampleEvaluation();
    const unwieldy = { ...evaluation, dataset: "x".repeat(200), queries: queries.map((each) => ({ ...each, query: { ...each.query, ...long } })) };
    writeFileSync(join(folder, "one.html"), await evaluationHtml({ evaluations: [unwieldy], differences: [], ...about, command: ["eval", "x".repeat(200), "--instruct", long.text] }));
    const { variants, differences } = sampleComparison();
    writeFileSync(join(folder, "several.html"), await evaluationHtml({ evaluations: variants, differences, ...about }));
    for (const name of ["one", "several"]) {
      const frame = `<iframe src="${name}.html" width="${PHONE_PX}" height="844" style="border: 0"></iframe>`;
      writeFileSync(join(folder, `probe-${name}.html`), `<!DOCTYPE html><title>probe</title><body>${frame}<script>${PROBE}</script>`);
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const run = (file: string, scheme: "light" | "dark"): BrowserRun => ({
    browser: browser ?? "", profileFolder: join(folder, `profile-${scheme}`), scheme, url: pathToFileURL(join(folder, file)).href,
  });

  test.each([["one", "light"], ["several", "dark"]] as const)("%s: fits a phone, asks for nothing and complains of nothing (%s)", async (name, scheme) => {
    const { document, log } = await dumpDocument(run(`probe-${name}.html`, scheme));
    const found = JSON.parse(/FOUND(\{.*\})END/u.exec(document)?.[1] ?? "null") as Findings | null;
    expect(found).not.toBeNull();
    expect(found?.clientWidth).toBeLessThanOrEqual(PHONE_PX);
    expect(found?.scrollWidth).toBe(found?.clientWidth);
    expect(found?.widestDrawing).toBeLessThanOrEqual(found?.clientWidth ?? 0);
    expect(found?.smallestTextPx).toBeGreaterThanOrEqual(11);
    expect(found?.shownDrawings).toBeGreaterThan(10);
    expect(found?.requests).toBe(0);
    expect(found?.background).toBe(scheme === "dark" ? "rgb(21, 24, 28)" : "rgb(255, 255, 255)");
    expect(log).not.toMatch(/CONSOLE|Refused to|violates/u);
  });

  test.each([["light", "#ffffff", "#1464c0"], ["dark", "#15181c", "#63a9f5"]] as const)("paints text and charts on its ground (%s)", async (scheme, ground, mark) => {
    const file = join(folder, `${scheme}.png`);
    await takeScreenshot(run("several.html", scheme), file, 1280, 1600);
    const colors = countColors(file);
    const pixels = [...colors.values()].reduce((sum, count) => sum + count, 0);
    expect((colors.get(ground) ?? 0) / pixels).toBeGreaterThan(0.7);
    expect(1 - (colors.get(ground) ?? 0) / pixels).toBeGreaterThan(0.01);
    expect(colors.get(mark) ?? 0).toBeGreaterThan(100);
  });
});
