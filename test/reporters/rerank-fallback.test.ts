import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { fallbackNotice } from "../../src/pipeline/rerank-fallback.ts";
import type { SearchResult } from "../../src/pipeline/search-result.ts";
import { csvReport } from "../../src/reporters/csv.ts";
import { explainReport } from "../../src/reporters/explain.ts";
import { jsonReport } from "../../src/reporters/json.ts";
import { jsonlSearch } from "../../src/reporters/jsonl.ts";
import { markdownReport } from "../../src/reporters/markdown.ts";
import { plainResults } from "../../src/reporters/plain-results.ts";
import { searchFooter, searchNotices } from "../../src/reporters/search-footer.ts";
import { createSearchProgress } from "../../src/reporters/search-progress.ts";
import { sessionMarkdown } from "../../src/reporters/session-files.ts";
import { textReport } from "../../src/reporters/text.ts";
import { BILINGUAL, plainTerminal, sampleResult, samplePassage, VIEW } from "./sample-result.ts";

const FAILURE = "https://api.example.com asks to *wait*: 429";
const NOTICE = `the reranker did not run: ${FAILURE}; this is the order of the first stage`;

/** What a search answers whose reranker has failed. */
function fallback(overrides: Partial<SearchResult> = {}): SearchResult {
  const samples = [0, 1, 2].map((position) => ({ ...BILINGUAL[position], recallRank: position + 1, logit: null }));
  return {
    ...sampleResult(samples),
    judged: 0,
    usage: null,
    timings: { embedMs: 41, recallMs: 1.2, rerankMs: null, totalMs: 30_045 },
    reranked: false,
    rerankFailure: FAILURE,
    notices: [fallbackNotice(FAILURE, null)],
    ...overrides,
  };
}

const isSearchResult = new Ajv2020({ strict: false }).compile(JSON.parse(readFileSync("docs/search-result.schema.json", "utf8")) as object);

test("stderr says that the reranker did not run, and the footer names the embedder alone", () => {
  expect(searchNotices(fallback(), plainTerminal(80, { isTerminal: false }))).toEqual([`rerank: ${NOTICE}`]);
  const models = { embedder: { id: "e5", revision: "1", precision: "int8", fingerprint: "a" }, reranker: { id: "rerank-v3.5", revision: "1", precision: "remote", fingerprint: "b" } };
  expect(searchFooter(fallback({ models }), plainTerminal(120))).toBe("3 of 50 candidates · not reranked · embed 41 ms · recall 1 ms · e5");
});

test("where a least relevance leaves nothing, the footer does not say that nothing was relevant enough", () => {
  const settings = { ...fallback().settings, minRelevance: 0.5 };
  expect(searchFooter(fallback({ settings, results: [] }), plainTerminal(120))).toMatch(/^no results among 50 candidates · not reranked · /);
});

test("text has no relevance, and marks no single result as if the others were judged", () => {
  const output = textReport(fallback(), { ...VIEW, terminal: plainTerminal(100) });
  expect(output).toMatch(/^ *# +move +relevance +similarity +passage\n1 +=  –  +0\.612 /);
  expect(output).not.toContain("not reranked");
  // One that the budget has left out is marked as ever.
  expect(textReport(sampleResult([{}, { logit: null }], { partial: true }), { ...VIEW, terminal: plainTerminal(100) })).toContain("file-2.md:1-3  not reranked");
});

test("--explain says it in a note and in the order's title", () => {
  const output = explainReport(fallback(), { ...VIEW, terminal: plainTerminal(160) });
  expect(output).toContain(`\nnote         ${NOTICE}\n`);
  expect(output).toContain("\njudged       0 of 50 candidates · the reranker failed\n");
  expect(output).toContain("final order, not reranked");
  expect(output).not.toMatch(/by relevance|rerank \d/);
});

test("--plain says it in the summary, and claims no relevance", () => {
  const output = plainResults(fallback(), VIEW);
  expect(output).toMatch(/^3 results for "capital of China", in the order of the first stage, because the reranker did not run\n1\. .*, similarity 0\.612, not reranked\n/);
  expect(output).not.toContain("relevance");
});

test("Markdown, which is read later, has the line above its list, with what could be markup escaped", () => {
  const note = `**Note:** the reranker did not run: https://api.example.com asks to \\*wait\\*: 429; this is the order of the first stage`;
  expect(markdownReport(fallback(), VIEW)).toMatch(/^## capital of China\n\n\*\*Note:/);
  expect(markdownReport(fallback(), VIEW)).toContain(`\n\n${note}\n\n1. `);
  expect(sessionMarkdown([fallback(), sampleResult(BILINGUAL)], new Date(0), VIEW).split("**Note:**")).toHaveLength(2);
  const settings = { ...fallback().settings, minRelevance: 0.5 };
  expect(markdownReport(fallback({ settings, results: [] }), VIEW)).toMatch(/a relevance of 0\.5 or more was asked for, and none is known\n\nNo results\.\n$/);
  expect(markdownReport(sampleResult([]), VIEW)).toBe("## capital of China\n\nNo results.\n");
});

test("JSON and JSONL have both members, as the schema says, and others null and true", () => {
  for (const text of [jsonReport(fallback(), VIEW), jsonlSearch(fallback(), VIEW)]) {
    const record = JSON.parse(text) as Record<string, unknown>;
    expect(isSearchResult(record), JSON.stringify(isSearchResult.errors)).toBe(true);
    expect(record).toMatchObject({ version: 1, reranked: false, rerankFailure: FAILURE, notices: [NOTICE], judged: 0, usage: null });
  }
  expect(JSON.parse(jsonReport(sampleResult(BILINGUAL), VIEW))).toMatchObject({ reranked: true, rerankFailure: null });
});

test("CSV has the columns that it had", () => {
  const [header, first] = csvReport(fallback(), VIEW).split("\n");
  expect(header).toBe("query,rank,recallRank,movement,relevance,logit,similarity,path,absolutePath,startLine,endLine,page,row,headings,truncated,text");
  expect(first).toMatch(/^capital of China,1,1,0,,,0\.612,/);
});

test("the line of progress goes away with the reranker", async () => {
  const writes: string[] = [];
  const progress = createSearchProgress({ terminal: plainTerminal(80), write: (text) => void writes.push(text) });
  progress.event({ type: "recalled", candidates: [samplePassage({})], embedMs: 1, recallMs: 1 });
  await new Promise((resolve) => setTimeout(resolve, 260));
  progress.event({ type: "judged", position: 0, judgment: { logit: 0, relevance: 0.5, truncated: false }, done: 1, total: 2, usage: null });
  expect(writes.at(-1)).toBe("judged 1 of 2 candidates");
  progress.event({ type: "rerank-failed", message: FAILURE });
  expect(writes.at(-1)).toBe("\r\u001b[J");
});
