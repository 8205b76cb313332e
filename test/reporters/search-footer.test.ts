import { expect, test } from "vitest";
import { searchFooter, searchNotices } from "../../src/reporters/search-footer.ts";
import { BILINGUAL, plainTerminal, sampleResult } from "./sample-result.ts";

test("sums up in one line what was found, how long it took and who decided", () => {
  expect(searchFooter(sampleResult(BILINGUAL), plainTerminal(80))).toBe(
    "3 of 50 candidates · embed 41 ms · recall 1 ms · rerank 2.9 s · mini",
  );
});

test("names tokens where the reranker kept some from passage to passage", () => {
  const result = sampleResult(BILINGUAL, { usage: { computedTokens: 6420, savedTokens: 3520 } });
  expect(searchFooter(result, plainTerminal(120))).toBe(
    "3 of 50 candidates · embed 41 ms · recall 1 ms · rerank 50 in 2.9 s · 6,420 tokens, 3,520 saved · mini",
  );
});

test("says how far a search came within its budget", () => {
  const result = sampleResult(BILINGUAL, { partial: true, judged: 17 });
  expect(searchFooter(result, plainTerminal(120))).toBe(
    "3 results · judged 17 of 50 within the budget · embed 41 ms · recall 1 ms · rerank 2.9 s · mini",
  );
});

test("breaks between its parts in a narrow window", () => {
  expect(searchFooter(sampleResult(BILINGUAL), plainTerminal(40))).toBe(
    "3 of 50 candidates · embed 41 ms\nrecall 1 ms · rerank 2.9 s · mini",
  );
});

test("explains an empty answer", () => {
  const settings = { ...sampleResult([]).settings, minRelevance: 0.5 };
  expect(searchFooter(sampleResult([], { settings }), plainTerminal(120))).toMatch(/^none of 50 candidates is 0\.5 relevant or more · /);
  expect(searchFooter(sampleResult([]), plainTerminal(120))).toMatch(/^no results among 50 candidates · /);
  expect(searchFooter(sampleResult([], { candidates: 0 }), plainTerminal(120))).toMatch(/^nothing to search in · /);
});

test("names both models where they differ, and leaves out stages that did not run", () => {
  const { models } = sampleResult([]);
  const reranker = { ...models.reranker!, id: "BAAI/bge-reranker-base" };
  const other = sampleResult(BILINGUAL, { models: { ...models, reranker } });
  expect(searchFooter(other, plainTerminal(120))).toMatch(/ · mini \+ BAAI\/bge-reranker-base$/);
  const unranked = sampleResult(BILINGUAL, { timings: { embedMs: 41, recallMs: 1, rerankMs: null, totalMs: 42 } });
  expect(searchFooter(unranked, plainTerminal(120))).toBe("3 of 50 candidates · embed 41 ms · recall 1 ms · mini");
});

test("gives each notice its own line, wrapped on a terminal and whole in a log", () => {
  const result = sampleResult([], { notices: ["the query is longer than the embedder reads", "second\u001b"] });
  expect(searchNotices(result, plainTerminal(30))).toEqual([
    "rerank: the query is longer",
    "        than the embedder",
    "        reads",
    "rerank: second\\x1b",
  ]);
  expect(searchNotices(result, plainTerminal(30, { isTerminal: false }))[0]).toBe("rerank: the query is longer than the embedder reads");
});
