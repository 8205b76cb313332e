import { beforeEach, describe, expect, test } from "vitest";
import { DEFAULT_TASK } from "../../src/domain/default-task.ts";
import { createExactIndex } from "../../src/adapters/exact-index.ts";
import type { PassageStore } from "../../src/ports/passage-store.ts";
import { search, type SearchDependencies, type SearchOptions } from "../../src/pipeline/search.ts";
import { createFakeEmbedder, createFakeReranker, fakeSpec } from "../support/fake-models.ts";
import { filledStore } from "../support/filled-store.ts";

const OPTIONS: SearchOptions = { candidateCount: 10, resultCount: 5 };
const TEXTS = {
  "a/kettle.md": ["how to descale a kettle with vinegar", "kettle history"],
  "a/capital.md": ["the capital of china is beijing"],
  "b/markets.md": ["capital markets of china", "the capital markets of china are large"],
};

let store: PassageStore;
const embedder = createFakeEmbedder();

beforeEach(async () => {
  store = await filledStore(TEXTS, embedder);
});

function dependencies(reranker = createFakeReranker((_query, text) => (text.includes("beijing") ? 5 : -5))): SearchDependencies {
  return { store, vectorIndex: createExactIndex(store.vectors(), embedder.spec.dimensions), embedder, reranker };
}

describe("search", () => {
  test("recalls by similarity and lets the reranker decide the order", async () => {
    const result = await search("capital of china", dependencies(), OPTIONS);
    expect(result.results[0]).toMatchObject({ rank: 1, passage: { path: "a/capital.md" } });
    expect(result).toMatchObject({ candidates: 5, judged: 5, partial: false });
    const recallRanks = result.results.map(({ recallRank }) => recallRank).toSorted();
    expect(recallRanks).toEqual([1, 2, 3, 4, 5]);
  });

  test("without a reranker the first stage's order is the final one", async () => {
    const { reranker: _unused, ...deps } = dependencies();
    const result = await search("capital of china", deps, OPTIONS);
    expect(result.results.map(({ rank, recallRank }) => rank - recallRank)).toEqual([0, 0, 0, 0, 0]);
    expect(result.results.every(({ judgment }) => judgment === null)).toBe(true);
    expect(result).toMatchObject({ partial: false, judged: 0, timings: { rerankMs: null } });
  });

  test("the path filter works inside the recall: it never costs candidates", async () => {
    const pathFilter = { globs: ["b/**"], matches: (path: string) => path.startsWith("b/") };
    const result = await search("kettle", dependencies(), { ...OPTIONS, candidateCount: 2, pathFilter });
    expect(result.results.map(({ passage }) => passage.path)).toEqual(["b/markets.md", "b/markets.md"]);
  });

  test("hybrid recall finds what only the words match, and still knows its similarity", async () => {
    const result = await search("vinegar", dependencies(), { ...OPTIONS, hybrid: true, candidateCount: 2 });
    expect(result.recalled.length).toBe(2);
    const kettle = result.results.find(({ passage }) => passage.text.includes("vinegar"));
    expect(kettle?.similarity).toBeTypeOf("number");
  });

  test("per document keeps the best passage of each", async () => {
    const result = await search("capital markets of china", dependencies(), { ...OPTIONS, perDocument: true });
    expect(result.results.map(({ passage }) => passage.path).toSorted()).toEqual(["a/capital.md", "a/kettle.md", "b/markets.md"]);
  });

  test("whoever has seen enough gets the judgments so far, marked", async () => {
    const enough = new AbortController();
    const slow = createFakeReranker(() => 1, 5);
    const result = await search("capital", dependencies(slow), {
      ...OPTIONS,
      enough: enough.signal,
      onEvent(event) {
        if (event.type === "judged" && event.done === 2) enough.abort();
      },
    });
    expect(result).toMatchObject({ partial: true, judged: 2, candidates: 5 });
    expect(result.results).toHaveLength(5);
  });

  test("tells with each judgment how many tokens it has cost so far", async () => {
    const computed: (number | undefined)[] = [];
    await search("capital of china", dependencies(), {
      ...OPTIONS,
      onEvent(event) {
        if (event.type === "judged") computed.push(event.usage?.computedTokens);
      },
    });
    expect(computed).toHaveLength(5);
    expect(computed).toEqual(computed.toSorted((a, b) => (a ?? 0) - (b ?? 0)));
    expect(computed[0]).toBeGreaterThan(0);
  });

  test("a spent budget keeps the judgments so far and marks the result", async () => {
    const slow = createFakeReranker(() => 1, 40);
    const result = await search("capital", dependencies(slow), { ...OPTIONS, budgetMs: 100 });
    expect(result.partial).toBe(true);
    expect(result.judged).toBeGreaterThan(0);
    expect(result.judged).toBeLessThan(5);
    expect(result.results.at(-1)?.judgment).toBeNull();
    expect(result.settings.budgetMs).toBe(100);
  });

  test("counts the tokens of what was judged, and those of the query that were kept", async () => {
    const whole = await search("capital of china", dependencies(), OPTIONS);
    // Three words of the query, read once and kept for the four passages that follow.
    expect(whole.usage).toEqual({ computedTokens: 3 + 7 + 2 + 6 + 4 + 7, savedTokens: 4 * 3 });
    const slow = createFakeReranker(() => 1, 40);
    const cut = await search("capital of china", dependencies(slow), { ...OPTIONS, budgetMs: 100 });
    expect(cut.usage?.savedTokens).toBe((cut.judged - 1) * 3);
    const { reranker: _unused, ...deps } = dependencies();
    expect((await search("capital of china", deps, OPTIONS)).usage).toBeNull();
  });

  test("an instruction reaches both stages, and the result says that it was heard", async () => {
    const listening = createFakeEmbedder({ spec: fakeSpec("embedder", "qwen", true) });
    const reranker = createFakeReranker(() => 1, 0, fakeSpec("reranker", "qwen", true));
    const deps = { ...dependencies(reranker), embedder: listening };
    const result = await search("capital", deps, { ...OPTIONS, instruction: "Find the city" });
    expect([listening.instructions, reranker.instructions]).toEqual([["Find the city"], ["Find the city"]]);
    expect(result).toMatchObject({ instruction: "Find the city", notices: [] });
  });

  test("without an instruction the result names the one that the models have of their own", async () => {
    const reranker = createFakeReranker(() => 1, 0, fakeSpec("reranker", "qwen", true));
    expect(await search("capital", dependencies(reranker), OPTIONS)).toMatchObject({ instruction: null, ownInstruction: DEFAULT_TASK });
    expect(await search("capital", dependencies(), OPTIONS)).not.toHaveProperty("ownInstruction");
  });

  test("where only one model reads instructions, the result says which one did not", async () => {
    const reranker = createFakeReranker(() => 1, 0, fakeSpec("reranker", "qwen", true));
    const result = await search("capital", dependencies(reranker), { ...OPTIONS, instruction: "Find the city" });
    expect(result.instruction).toBe("Find the city");
    expect(result.notices).toEqual(["fake (embedder) reads no instruction: it ignores the one that was given"]);
  });

  test("a minimum relevance leaves out the rest, down to nothing", async () => {
    const some = await search("capital", dependencies(), { ...OPTIONS, minRelevance: 0.5 });
    expect(some.results.length).toBe(1);
    const none = await search("capital", dependencies(createFakeReranker(() => -9)), { ...OPTIONS, minRelevance: 0.5 });
    expect(none.results).toEqual([]);
  });

  test("passages that read the same are judged once", async () => {
    const vectorKey = TEXTS["a/capital.md"][0] ?? "";
    store.saveDocument(
      { path: "copy.md", sizeBytes: 1, mtimeMs: 1, contentHash: "c", format: "text", title: "copy" },
      [{ text: vectorKey, headings: [], location: { startLine: 1, endLine: 1 }, vectorKey }],
    );
    const reranker = createFakeReranker(() => 1);
    const result = await search("capital", dependencies(reranker), OPTIONS);
    expect(result.judged).toBe(6);
    expect(reranker.scored.length).toBe(5);
  });

  test("more candidates than the index holds are no error", async () => {
    const result = await search("capital", dependencies(), { candidateCount: 5000, resultCount: 5000 });
    expect(result.results.length).toBe(5);
  });

  test.each(["", "   \n"])("an empty query (%j) is the user's error", async (query) => {
    await expect(search(query, dependencies(), OPTIONS)).rejects.toThrow("the query is empty");
  });

  test("NaN from the reranker is an error, not an order", async () => {
    await expect(search("capital", dependencies(createFakeReranker(() => Number.NaN)), OPTIONS)).rejects.toThrow(/NaN/);
  });

  test("an aborted search rejects with the reason and does not keep half an order", async () => {
    const stop = new AbortController();
    const slow = createFakeReranker(() => {
      stop.abort(new Error("stopped by the user"));
      return 1;
    });
    await expect(search("capital", dependencies(slow), { ...OPTIONS, signal: stop.signal })).rejects.toThrow("stopped by the user");
  });
});
