import { parseHTML } from "linkedom";
import { beforeAll, describe, expect, test } from "vitest";
import type { MeasuredQuery, StageSummary } from "../../../src/domain/evaluation.ts";
import { measureQuery, pairStages, summarizeStages } from "../../../src/domain/measure-answers.ts";
import type { Evaluation } from "../../../src/pipeline/evaluation.ts";
import { evaluationHtml, type EvaluationReport } from "../../../src/reporters/html/evaluation-html.ts";
import { sampleComparison, sampleEvaluation } from "../../support/evaluations.ts";

const CREATED_AT = "2026-11-21T18:03:00.000Z";
const COMMAND = ["eval", "../my data/medline", "--dimensions=128", "--instruct", "what's  <b>new</b>?", "-c", "50", "--html", "report.html"];
const HOSTILE = `</title></style><script>alert(1)</script><img src=x onerror="alert(2)"> ]]> --> ' " & \u0000\u001b[31m \u202eabc \u{1fffe} \ud800`;

function render(evaluations: readonly Evaluation[], more: Partial<Pick<EvaluationReport, "differences" | "command">> = {}): Promise<string> {
  const { differences = [], command } = more;
  return evaluationHtml({ evaluations, differences, createdAt: CREATED_AT, version: "1.2.3", ...(command && { command }) });
}

function documentOf(page: string) {
  return parseHTML(page).document;
}

/** The same queries with other answers, measured as the program does. */
function changed(change: (query: MeasuredQuery) => MeasuredQuery, evaluation = sampleEvaluation()): Evaluation {
  const queries = evaluation.queries.map(change).map(({ query, answer }) => measureQuery(query, answer));
  return { ...evaluation, queries, stages: summarizeStages(queries, 7), paired: pairStages(queries, 7) };
}

function expectSound(page: string): void {
  // What a chart says where a number is missing, and what Plot draws beside its warnings.
  expect(page).not.toMatch(/NaN|undefined|Infinity|\[object|⚠/u);
  const outside = page.match(/\b(?:src|srcset|href|action|poster|xlink:href)\s*=|@import|url\(|https?:(?!\/\/www\.w3\.org\/)/gu);
  expect(outside).toBeNull();
  expect(page).not.toMatch(/<(?:script|link|iframe|object|embed|form|base)\b/u);
}

describe("the page of one evaluation", () => {
  let page = "";
  let document: ReturnType<typeof documentOf>;
  beforeAll(async () => {
    page = await render([sampleEvaluation()], { command: COMMAND });
    document = documentOf(page);
  });

  test("is a complete document that names its language, its encoding and what it may load", () => {
    expect(page.startsWith("<!DOCTYPE html>\n<html lang=\"en\">")).toBe(true);
    expect(document.querySelector("title")?.textContent).toBe("medline: evaluation by rerank");
    expect(document.querySelector("meta[charset]")?.getAttribute("charset")).toBe("utf-8");
    expect(document.querySelector("meta[name=viewport]")?.getAttribute("content")).toContain("width=device-width");
    expect(document.querySelector("meta[http-equiv]")?.getAttribute("content")).toBe("default-src 'none'; style-src 'unsafe-inline'; img-src data:");
    expectSound(page);
  });

  test("has headings in order, one at the top, and every id once", () => {
    const levels = [...document.querySelectorAll("h1, h2, h3, h4, h5")].map(({ localName }) => Number(localName.slice(1)));
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    for (const [position, level] of levels.slice(1).entries()) expect(level - levels[position]!).toBeLessThanOrEqual(1);
    const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("says in plain words what the reranker is worth, with the interval and what follows from it", () => {
    const lead = document.querySelector(".lead")?.textContent ?? "";
    expect(lead).toMatch(/^Fusion with BM25 and the reranker lift nDCG@10 from \.\d{3} to \.\d{3} \(\+\d+\.\d points, 95\u00a0% interval \+\d+\.\d to \+\d+\.\d\): better, significant at 5\u00a0%\./u);
    const numbers = [...document.querySelectorAll(".headline dt")].map(({ textContent }) => textContent);
    expect(numbers).toEqual(["nDCG@10", "MRR@10", "Recall@10", "P@1", "Time a query"]);
  });

  test("shows measures, recall by depth, differences, first ranks, both scores and times", () => {
    expect([...document.querySelectorAll("figure h3")].map(({ textContent }) => textContent)).toEqual([
      "Measures", "Recall by depth", "Stage against stage", "The first relevant document of every query", "Similarity", "Relevance", "Time for a query",
    ]);
  });

  test("draws every chart for wide and for narrow screens, with words in place of the picture", () => {
    const figures = [...document.querySelectorAll("figure:not(.slope)")];
    for (const figure of figures) {
      const drawings = [...figure.querySelectorAll(".wide > svg, .narrow > svg")];
      expect(drawings).toHaveLength(2);
      expect(figure.querySelector("figcaption p")?.textContent.length).toBeGreaterThan(40);
      expect(figure.querySelector("table caption, .table")).not.toBeNull();
    }
    for (const drawing of document.querySelectorAll("svg:not([aria-hidden])")) {
      expect(drawing.getAttribute("role")).toBe("img");
      expect(drawing.getAttribute("aria-label")?.length).toBeGreaterThan(40);
    }
    const widths = [...document.querySelectorAll(".narrow > svg")].map((drawing) => Number(drawing.getAttribute("width")));
    expect(Math.max(...widths)).toBeLessThanOrEqual(350);
    const sizes = [...page.matchAll(/font(?:-size)?: ([\d.]+)(px|rem)/gu)].map(([, size, unit]) => Number(size) * (unit === "rem" ? 16 : 1));
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(12);
    expect(page).not.toContain('font-size="');
  });

  test("follows queries document by document, with the passages to read", () => {
    const slopes = [...document.querySelectorAll(".slope")];
    expect(slopes.length).toBeGreaterThanOrEqual(8);
    for (const slope of slopes) expect(slope.querySelectorAll(".passages li").length).toBeGreaterThan(0);
    expect([...document.querySelectorAll("h4.group")].map(({ textContent }) => textContent)).toEqual([
      "Queries that gained most", "Queries that lost most", "Typical queries",
    ]);
    const differences = slopes.slice(0, 4).map((slope) => /nDCG@10 (\S+) → (\S+)/u.exec(slope.querySelector("figcaption p")?.textContent ?? ""));
    const gains = differences.map((found) => Number(found?.[2]) - Number(found?.[1]));
    expect(gains).toEqual([...gains].sort((a, b) => b - a));
    expect(gains.at(-1)).toBeGreaterThan(0);
  });

  test("lists all queries, and the command as it was given, so that a shell reads it the same again", () => {
    expect(page).toContain("All 30 queries");
    expect(document.querySelector("code")?.textContent).toBe(
      "rerank eval '../my data/medline' --dimensions=128 --instruct 'what'\\''s  <b>new</b>?' -c 50 --html report.html",
    );
    expect(page).toContain("21 November 2026, 18:03 UTC");
    expect(page).toContain("by rerank 1.2.3");
  });
});

describe("the page of a comparison", () => {
  test("compares each variant with the first, with intervals, p-values, tau and the queries that moved", async () => {
    const comparison = sampleComparison();
    const page = await render(comparison.variants, comparison);
    const document = documentOf(page);
    expectSound(page);
    expect(document.querySelector(".lead")?.textContent).toContain("Of 3 variants, qwen3-0.6b reaches the highest nDCG@10");
    expect([...document.querySelectorAll(".verdicts li")].map(({ textContent }) => textContent.replace(/tau .*/u, "tau"))).toEqual([
      "mini, candidates=20 against mini: the interval includes zero, no difference is shown; tau",
      "qwen3-0.6b against mini: better, significant at 5\u00a0%; tau",
    ]);
    expect([...document.querySelectorAll("h3.variant")].map(({ textContent }) => textContent)).toEqual(["mini, candidates=20 against mini", "qwen3-0.6b against mini"]);
    const queries = new Set([...document.querySelectorAll(".slope h5")].map(({ textContent }) => textContent));
    for (const { gains } of comparison.differences) expect(queries).toContain(gains[0]?.text);
    // Nobody has told the page how it was asked for.
    expect(document.querySelector("code")).toBeNull();
    // What the first stage finds is the same for all: it is drawn once.
    expect([...document.querySelectorAll(".legend")][0]?.textContent).toBe(" recall of all hybrid of all mini mini, candidates=20 qwen3-0.6b");
  });

  test("says so when the first variant is the best one", async () => {
    const [first, ...others] = sampleComparison().variants;
    const page = await render([others.at(-1)!, first!]);
    expect(documentOf(page).querySelector(".lead")?.textContent).toContain("it is the one that the others are compared with");
    expectSound(page);
  });
});

describe("hostile input", () => {
  test("stays text, wherever it stands", async () => {
    const evaluation = changed(
      ({ query, answer }) => ({
        query: { ...query, id: HOSTILE + query.id, text: HOSTILE, grades: new Map([...query.grades].map(([id, grade]) => [HOSTILE + id, grade])) },
        answer: {
          ...answer,
          stages: answer.stages.map((stage) => ({ ...stage, stage: stage.stage + HOSTILE, documents: stage.documents.map((document) => ({ ...document, documentId: HOSTILE + document.documentId })) })),
          excerpts: Object.fromEntries(Object.keys(answer.excerpts).map((id) => [HOSTILE + id, HOSTILE])),
        },
        measures: new Map(),
      }),
      sampleEvaluation({
        label: HOSTILE, dataset: HOSTILE, notices: [HOSTILE],
        models: { embedder: { id: HOSTILE, revision: HOSTILE, precision: HOSTILE, fingerprint: HOSTILE }, reranker: null },
      }),
    );
    const other = { ...evaluation, label: `2${HOSTILE}` };
    for (const page of [await render([evaluation], { command: ["eval", HOSTILE] }), await render([evaluation, other])]) {
      const document = documentOf(page);
      expect(page).not.toMatch(/<script|<img|\]\]>/u);
      expect(document.querySelectorAll("script, img, [onerror]")).toHaveLength(0);
      expect(document.querySelectorAll("title")).toHaveLength(1);
      // oxlint-disable-next-line no-control-regex
      expect(page).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]|\p{Noncharacter_Code_Point}|\p{Surrogate}/u);
      expect(document.querySelector("h1")?.textContent).toContain("<script>alert(1)</script>");
    }
    const [run] = sampleComparison().differences;
    const moved = { queryId: HOSTILE, text: HOSTILE, fromNdcg10: 0, toNdcg10: 1, documents: [{ documentId: HOSTILE, grade: 1, fromRank: null, toRank: 1, excerpt: HOSTILE }] };
    const page = await render([evaluation, other], { differences: [{ ...run!, from: evaluation.label, to: other.label, gains: [moved], losses: [moved] }] });
    expect(documentOf(page).querySelectorAll("script, img, [onerror]")).toHaveLength(0);
    expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
  });

  test("documents may be called what every object has, and words may be longer than a line", async () => {
    const names = new Map([["d1", "constructor"], ["d2", "__proto__"], ["d3", "toString"]]);
    const renamed = (id: string) => names.get(id) ?? id;
    const page = await render([
      changed(({ query, answer, measures }) => ({
        query: { ...query, text: `${"Donaudampfschiffahrt".repeat(40)} ${"漢".repeat(200)} ${"שלום".repeat(30)}`, grades: new Map([...query.grades].map(([id, grade]) => [renamed(id), grade])) },
        answer: { ...answer, excerpts: {}, stages: answer.stages.map((stage) => ({ ...stage, documents: stage.documents.map((document) => ({ ...document, documentId: renamed(document.documentId) })) })) },
        measures,
      })),
    ]);
    expectSound(page);
    expect(page).not.toContain("native code");
    expect(page).toContain("No excerpt was kept of it.");
  });
});

describe("what may be missing", () => {
  const asRun = (evaluation: Evaluation): Evaluation => ({
    ...changed(({ query, answer, measures }) => ({
      query,
      measures,
      answer: {
        ...answer, judgedPairs: 0, judgingMs: null, excerpts: {},
        stages: answer.stages.map((stage) => ({ stage: `${stage.stage}.tag`, elapsedMs: null, documents: stage.documents.map(({ documentId }) => ({ documentId, similarity: null, relevance: null })) })),
      },
    }), evaluation),
    corpus: null,
    models: { embedder: null, reranker: null },
    settings: { depth: 100, candidateCount: null, hybrid: false, recallMethod: null, instruction: null, dimensions: null, passageTokens: null, overlapTokens: null, seed: null },
  });

  test("run files without times and scores have no charts of them", async () => {
    const page = await render([asRun(sampleEvaluation())]);
    const titles = [...documentOf(page).querySelectorAll("figure h3")].map(({ textContent }) => textContent);
    expect(titles).not.toContain("Time for a query");
    expect(titles).not.toContain("Similarity");
    expect(titles).toContain("Measures");
    expect(titles).toContain("Run against run");
    expect(documentOf(page).querySelector(".lead")?.textContent).toMatch(/^rerank\.tag reaches nDCG@10 of \.\d+, recall\.tag \.\d+ \(/u);
    expectSound(page);
  });

  test("one query is enough", async () => {
    const page = await render([changed((query) => query, sampleEvaluation({}, { queryCount: 1 }))]);
    expect(page).toContain("All 1 query<");
    expect(page).toContain("1 query is few");
    expectSound(page);
  });

  test("one stage has nothing to move", async () => {
    const page = await render([sampleEvaluation({}, { stages: ["recall"] })]);
    expect(page).not.toContain("What moved");
    expect(documentOf(page).querySelector(".lead")?.textContent).toContain("Recall alone reaches nDCG@10 of");
    expectSound(page);
  });

  test("queries of which nothing relevant is found are told of in words", async () => {
    const page = await render([changed(({ query, answer, measures }) => ({ query: { ...query, grades: new Map([["elsewhere", 1]]) }, answer, measures }))]);
    expect(documentOf(page).querySelector(".lead")?.textContent).toContain("In none of 30 queries is one of the first ten documents relevant.");
    expect(page).toContain("None of the ranked passages is relevant.");
    expectSound(page);
  });

  test("answers without documents, and no queries at all, leave a page that can be read", async () => {
    const empty = changed(({ query, answer, measures }) => ({ query, answer: { ...answer, stages: answer.stages.map((stage) => ({ ...stage, documents: [] })) }, measures }));
    expectSound(await render([empty]));
    const none: readonly StageSummary[] = [];
    expectSound(await render([{ ...empty, queries: [], stages: none, paired: [] }]));
    expectSound(await render([]));
  });

  test("an answer that lacks a stage counts as an empty order", async () => {
    const page = await render([changed(({ query, answer, measures }) => ({ query, answer: { ...answer, stages: query.id === "MED-3" ? answer.stages.slice(0, 1) : answer.stages }, measures }))]);
    expectSound(page);
    expect(page).toMatch(/\d → –/u);
  });

  test("a single document is depth enough, and times may be zero", async () => {
    const shallow = changed(({ query, answer, measures }) => ({
      query, measures, answer: { ...answer, stages: answer.stages.map((stage) => ({ ...stage, elapsedMs: 0, documents: stage.documents.slice(0, 1) })) },
    }));
    expectSound(await render([{ ...shallow, settings: { ...shallow.settings, depth: 1 } }]));
  });

  test("a date that is none is shown as it came", async () => {
    const page = await evaluationHtml({ evaluations: [sampleEvaluation({}, { queryCount: 2 })], differences: [], createdAt: "yesterday", version: "1" });
    expect(page).toContain("yesterday");
  });
});

test("500 queries with 100 documents each make a file below a megabyte", async () => {
  const page = await render([sampleEvaluation({}, { queryCount: 500 })]);
  expect(Buffer.byteLength(page)).toBeLessThan(1_000_000);
  expect(page).toContain("All 500 queries");
  expectSound(page);
});
