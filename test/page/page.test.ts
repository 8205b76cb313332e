import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { LOCAL_SECURITY } from "../../src/server/http/security-options.ts";
import { ServiceError } from "../../src/server/service-error.ts";
import { findBrowser } from "../support/headless-browser.ts";
import { startPage } from "./start-page.ts";

const QUERY = "remove limescale vinegar";
/** Texts of an order's rows, as they stand in the document. */
const rows = (side: "recall" | "final", part = ".row"): string => `[...document.querySelectorAll("#${side} ${part}")].map((row) => row.textContent)`;
/** Titles of the final order as they lie on the screen, whatever their place in the document. */
const ON_SCREEN = `[...document.querySelectorAll("#final li")].sort((a, b) => a.style.getPropertyValue("--at") - b.style.getPropertyValue("--at")).map((row) => row.querySelector(".title strong").textContent)`;
const IS_DONE = "!document.getElementById('start').hidden && !document.getElementById('orders').hidden";

describe.skipIf(findBrowser() === undefined)("the page in a browser (skipped where no Chromium is on PATH)", () => {
  test("searches, and shows both orders with their scores, the movement and the times", async () => {
    const { page, url } = await startPage();
    await page.open(`${url}/ui`);
    await page.until("document.getElementById('about').textContent.includes('passages')");
    expect(await page.value("document.getElementById('about').textContent")).toBe("7 passages of 4 documents · recall mini fp32 · rerank mini fp32 · cpu");
    expect(await page.value("document.getElementById('instruction').placeholder")).toBe("what relevant means; only the reranker reads it");
    expect(await page.value("document.activeElement.id")).toBe("query");
    await page.type(QUERY);
    await page.press("Enter");
    await page.until(IS_DONE);
    expect(await page.value<string[]>(rows("recall", ".rank"))).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
    const final = await page.value<string[]>(rows("final"));
    expect(final[0]).toContain("kettle.md");
    expect(final[0]).toContain("relevance 0.881");
    expect(await page.value(`document.querySelectorAll("#lines path").length`)).toBe(7);
    expect(await page.value("document.getElementById('timings').textContent")).toMatch(/^embed .*ms · recall .*ms · rerank 7 in .* tokens$/);
    expect(await page.value<string[]>(`[...document.querySelectorAll("#final li:first-child mark")].map((mark) => mark.textContent)`)).toEqual(["remove", "limescale", "vinegar"]);
    // Nothing is sent with the address, and nothing of the texts is markup.
    expect(await page.value("location.hash")).toBe("#q=remove+limescale+vinegar");
    expect(await page.value("document.querySelectorAll('main img, main script, main b').length")).toBe(0);
    expect(await page.value("performance.getEntriesByType('resource').every(({ name }) => name.startsWith(location.origin))")).toBe(true);
    expect(page.complaints).toEqual([]);
  });

  test("orders the passages anew while judgments come in, and settles in the server's order", async () => {
    const { page, url } = await startPage({ fake: { delayMs: 250, logitOf: (_query, text) => text.length } });
    await page.open(`${url}/ui#q=${encodeURIComponent(QUERY)}`);
    await page.until("/rerank [1-5] of 7/.test(document.getElementById('timings').textContent)");
    const midway = await page.value<string[]>(ON_SCREEN);
    expect(await page.value("document.getElementById('orders').classList.contains('moving')")).toBe(true);
    expect(await page.value("document.querySelectorAll('#final .waiting').length")).toBeGreaterThan(0);
    await page.until(IS_DONE);
    const settled = await page.value<string[]>(ON_SCREEN);
    expect(settled).not.toEqual(midway);
    expect(settled[0]).toBe("<b>odd.md");
    expect(await page.value(rows("final", ".title strong"))).toEqual(settled);
    expect(await page.value("document.querySelectorAll('#final .waiting').length")).toBe(0);
    expect(await page.value<string>("document.getElementById('announcement').textContent")).toBe("Done: 7 of 7 passages reranked.");
  });

  test("is used with the keyboard alone", async () => {
    const { page, url } = await startPage();
    await page.open(`${url}/ui#q=${encodeURIComponent(QUERY)}`);
    await page.until(IS_DONE);
    await page.press("ArrowDown");
    const current = "document.activeElement.closest('#final') ? document.querySelector('#final [aria-current] .rank')?.textContent : 'elsewhere'";
    expect(await page.value(current)).toBe("1");
    await page.press("j", "ArrowDown", "k");
    expect(await page.value(current)).toBe("2");
    expect(await page.value("getComputedStyle(document.activeElement).outlineStyle")).toBe("solid");
    await page.press("Enter");
    expect(await page.value("document.activeElement.id")).toBe("detail");
    const title = await page.value("document.querySelector('#detail h2').textContent");
    await page.press("j");
    expect(await page.value("document.querySelector('#detail h2').textContent")).not.toBe(title);
    await page.press("Escape");
    expect(await page.value("document.getElementById('detail').hidden")).toBe(true);
    expect(await page.value(current)).toBe("3");
    // One stop in each order, whatever its length.
    await page.press("Tab");
    expect(await page.value("document.activeElement.closest('#recall') !== null")).toBe(true);
    await page.press("/");
    expect(await page.value("document.activeElement.id")).toBe("query");
    await page.type("a/b");
    await page.press("/");
    expect(await page.value("document.getElementById('query').value")).toBe("a/b/");
  });

  test("Escape stops a search, keeps the best order so far, and the server drops the work", async () => {
    const { page, url, views } = await startPage({ fake: { delayMs: 400 } });
    await page.open(`${url}/ui#q=${encodeURIComponent(QUERY)}`);
    await page.until("/rerank [1-4] of 7/.test(document.getElementById('timings').textContent)");
    await page.press("Escape");
    await page.until(IS_DONE);
    expect(await page.value("document.getElementById('timings').textContent")).toMatch(/rerank \d of 7 · stopped: the best order so far/);
    expect(await page.value("document.querySelectorAll('#final .waiting').length")).toBeGreaterThan(0);
    await expect.poll(() => views.users).toBe(0);
  });

  test("shows the order of the first stage when the reranker fails, says so, and keeps no judgment", async () => {
    let count = 0;
    const logitOf = (): number => {
      if (count++ < 4) return count;
      throw new ServiceError("model-failed", "mini has failed; the server's log says why");
    };
    const { page, url } = await startPage({ fake: { delayMs: 150, logitOf } });
    await page.open(`${url}/ui#q=${encodeURIComponent(QUERY)}`);
    await page.until("/rerank [1-4] of 7/.test(document.getElementById('timings').textContent)");
    await page.until(IS_DONE);
    expect(await page.value(rows("final", ".title strong"))).toEqual(await page.value(rows("recall", ".title strong")));
    expect(await page.value("document.querySelectorAll('#final .waiting').length")).toBe(7);
    expect(await page.value("document.querySelector('#final .bar')")).toBeNull();
    expect(await page.value("document.getElementById('final-title').textContent")).toBe("Final order not reranked");
    const said = await page.value<string>("document.getElementById('timings').textContent");
    expect(said).toMatch(/^embed .*ms · recall .*ms · the reranker did not run: mini has failed; the server's log says why; this is the order of the first stage$/);
    expect(await page.value("document.getElementById('announcement').textContent")).toBe("The reranker did not run: this is the order of the first stage.");
    expect(await page.value("document.getElementById('problem').hidden")).toBe(true);
  });

  test("asks for the key that the server wants, and keeps it for the tab alone", async () => {
    const keyDigests = [createHash("sha256").update("open sesame").digest()];
    const { page, url } = await startPage({ security: { ...LOCAL_SECURITY, keyDigests } });
    await page.open(`${url}/ui#q=${encodeURIComponent(QUERY)}`);
    await page.until("document.activeElement.id === 'key'");
    await page.type("wrong");
    await page.press("Enter");
    await page.until("document.getElementById('problem').textContent.includes('not accepted')");
    await page.type("open sesame");
    await page.press("Enter");
    await page.until(IS_DONE);
    expect(await page.value("document.getElementById('key-form').hidden && document.getElementById('problem').hidden")).toBe(true);
    expect(await page.value("JSON.stringify({ ...sessionStorage })")).toBe('{"rerank-key":"open sesame"}');
    expect(await page.value("localStorage.length + document.cookie.length")).toBe(0);
    expect(await page.value("document.documentElement.outerHTML.includes('sesame') || document.getElementById('key').value !== ''")).toBe(false);
  });

  test("says that there is no index, and finds one when asked to look again", async () => {
    let isThere = false;
    const failure = () => (isThere ? undefined : new ServiceError("not-found", "no index here; run rerank index"));
    const { page, url } = await startPage({ failure });
    await page.open(`${url}/ui`);
    await page.until("document.getElementById('problem').textContent.includes('There is no index here yet')");
    expect(await page.value("document.querySelector('#problem code').textContent")).toBe("rerank index <folder>");
    isThere = true;
    await page.value("document.querySelector('#problem button').click()");
    await page.until("document.getElementById('problem').hidden");
    expect(await page.value("document.getElementById('about').textContent")).toContain("7 passages");
  });

  test("shows an error in the server's words, and when to try again", async () => {
    const failure = (): Error => new ServiceError("overloaded", "the queue is full", { retryAfterSeconds: 7 });
    let isFull = false;
    const { page, url } = await startPage({ fake: { failure: () => (isFull ? failure() : undefined) } });
    await page.open(`${url}/ui`);
    await page.until("document.getElementById('about').textContent !== ''");
    isFull = true;
    await page.type(QUERY);
    await page.press("Enter");
    await page.until("!document.getElementById('problem').hidden");
    expect(await page.value("document.getElementById('problem').textContent")).toBe("The queue is full. Try again in 7 s.");
    expect(await page.value("document.getElementById('stop').hidden")).toBe(true);
    isFull = false;
    await page.press("Enter");
    await page.until(IS_DONE);
    expect(await page.value("document.getElementById('problem').hidden")).toBe(true);
  });

  test("says that nothing was found", async () => {
    const { page, url } = await startPage({ texts: {} });
    await page.open(`${url}/ui#q=x`);
    await page.until("document.getElementById('timings').textContent.includes('nothing was found')");
  });

  test.each(["light", "dark"] as const)("fits a phone of 375 px, and reads well in %s", async (scheme) => {
    const { page, url } = await startPage();
    await page.resize(375, 740);
    await page.prefer(scheme, "reduce");
    await page.open(`${url}/ui#q=${encodeURIComponent(QUERY)}`);
    await page.until(IS_DONE);
    expect(await page.value("document.documentElement.scrollWidth")).toBe(375);
    expect(await page.value("getComputedStyle(document.getElementById('lines')).display")).toBe("none");
    // One below the other, the answer first.
    expect(await page.value("document.querySelector('.recall').getBoundingClientRect().top - document.querySelector('.final').getBoundingClientRect().bottom")).toBeGreaterThan(0);
    expect(await page.value<string[]>(rows("final", ".movement"))).toContain("↑1up 1 place ");
    await page.press("ArrowDown", "Enter");
    expect(await page.value("document.documentElement.scrollWidth")).toBe(375);
    // The open passage hides neither its own row nor, scrolled to, the last one.
    const isFree = "document.querySelector('#final [aria-current]').getBoundingClientRect().bottom <= document.getElementById('detail').getBoundingClientRect().top";
    expect(await page.value(isFree)).toBe(true);
    await page.press("j", "j", "j", "j", "j", "j");
    expect(await page.value("document.querySelector('#final [aria-current] .rank').textContent")).toBe("7");
    expect(await page.value(isFree)).toBe(true);
    const contrasts = await page.value<[string, number][]>(CONTRASTS);
    expect(contrasts.filter(([, contrast]) => contrast < 4.5)).toEqual([]);
    expect(contrasts.length).toBeGreaterThan(40);
    expect(await page.value("getComputedStyle(document.querySelector('#final li')).transitionDuration")).toBe("0s");
  });

  test("every field and button has a name, and the orders are lists", async () => {
    const { page, url } = await startPage();
    await page.open(`${url}/ui#q=${encodeURIComponent(QUERY)}`);
    await page.until(IS_DONE);
    const unnamed = `[...document.querySelectorAll("input, button, section")].filter((each) => !(each.labels?.length || each.textContent.trim() || each.getAttribute("aria-label") || each.getAttribute("aria-labelledby"))).map((each) => each.outerHTML)`;
    expect(await page.value(unnamed)).toEqual([]);
    expect(await page.value("document.querySelectorAll('main ol[role=list] > li > button').length")).toBe(14);
    expect(await page.value("['header', 'main', '[role=search]', '[role=status]', '[role=alert]'].every((each) => document.querySelectorAll(each).length === 1)")).toBe(true);
  });
});

/** Of each text that is shown: its contrast against the ground behind it, as WCAG 2 reckons it. */
const CONTRASTS = `(() => {
  const parts = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => { for (let at = element; at; at = at.parentElement) { const color = parts(getComputedStyle(at).backgroundColor); if (color.length === 3 || color[3] === 1) return color; } };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || !element.checkVisibility() || element.closest(".unseen, .skip, script")) continue;
    const [a, b] = [light(parts(getComputedStyle(element).color)), light(ground(element))].sort((x, y) => y - x);
    found.push([node.data.trim().slice(0, 30), (a + 0.05) / (b + 0.05)]);
  }
  return found;
})()`;
