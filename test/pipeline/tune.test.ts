import { beforeEach, describe, expect, test } from "vitest";
import { createExactIndex } from "../../src/adapters/exact-index.ts";
import { scanSizes } from "../../src/adapters/scan-sizes.ts";
import { openSqliteStore } from "../../src/adapters/sqlite-store/open-sqlite-store.ts";
import type { ModelSpec } from "../../src/domain/model-spec.ts";
import type { TuneEvent } from "../../src/pipeline/tune-result.ts";
import { tune, type TuneDependencies, type TuneOptions } from "../../src/pipeline/tune.ts";
import type { PassageStore } from "../../src/ports/passage-store.ts";
import type { VectorIndex } from "../../src/ports/vector-index.ts";
import { createFakeEmbedder, createFakeReranker, fakeSpec } from "../support/fake-models.ts";

const QWEN3: ModelSpec = { ...fakeSpec("embedder", "qwen", true), family: "qwen3", precision: "int8", readsInstruction: true, promptSeparator: "\n" };
const OPTIONS: TuneOptions = { queries: [{ text: "apple", source: "argument" }], maxCandidates: 200, keep: 0.95, seed: 7, currentCandidates: 50 };

let store: PassageStore;

beforeEach(() => {
  store = openSqliteStore(":memory:", { create: true });
});

/** Passages with as many other words as their number says: the first stage's order for "apple" is that of the numbers. */
async function fill(count: number): Promise<void> {
  const embedder = createFakeEmbedder();
  for (let number = 1; number <= count; number++) {
    const text = `passage${String(number).padStart(3, "0")} apple${" pear".repeat(number)}`;
    const [embedding] = await embedder.embedPassages([text]);
    if (embedding === undefined) throw new Error("nothing was embedded");
    store.saveVectors([{ vectorKey: text, vector: embedding.vector }]);
    const path = `${number}.md`;
    const draft = { text, headings: [], location: { startLine: 1, endLine: 1 }, vectorKey: text };
    store.saveDocument({ path, sizeBytes: 1, mtimeMs: 1, contentHash: path, format: "text", title: path }, [draft]);
  }
}

const numberOf = (text: string): number => Number(/passage(\d+)/.exec(text)?.[1]);

function dependencies(reranker = createFakeReranker((_query, text) => -numberOf(text)), spec?: ModelSpec): TuneDependencies {
  const embedder = createFakeEmbedder(spec === undefined ? {} : { spec });
  return { store, vectorIndex: createExactIndex(store.vectors(), embedder.spec.dimensions), embedder, reranker, scanSizes };
}

describe("tune", () => {
  test("a reranker that agrees with the first stage needs ten candidates", async () => {
    await fill(60);
    const { points, verdict, pool, passages } = await tune(dependencies(), { ...OPTIONS, maxCandidates: 40 });
    expect([pool, passages]).toEqual([40, 60]);
    expect(points.map(({ candidates, survival }) => [candidates, survival])).toEqual([[5, 0.5], [10, 1], [15, 1], [20, 1], [30, 1], [40, 1]]);
    expect(verdict).toMatchObject({ outcome: "kept", point: { candidates: 10, dimensions: 64, ci95: null } });
  });

  test("one that turns the order around needs them all: they are recommended only where they are the whole index", async () => {
    await fill(60);
    const reversing = createFakeReranker((_query, text) => numberOf(text));
    const { points, verdict } = await tune(dependencies(reversing), { ...OPTIONS, maxCandidates: 40 });
    // The reference is 31 to 40.
    expect(points.map(({ survival }) => survival)).toEqual([0, 0, 0, 0, 0, 1]);
    expect(verdict).toMatchObject({ outcome: "too-few-tried", point: { candidates: 40 } });
    const whole = await tune(dependencies(reversing), OPTIONS);
    expect(whole).toMatchObject({ pool: 60, verdict: { outcome: "kept", point: { candidates: 60 } } });
  });

  test("averages over queries", async () => {
    await fill(30);
    const reranker = createFakeReranker((query, text) => (query === "apple" ? -1 : 1) * numberOf(text));
    const queries = [...OPTIONS.queries, { text: "apple apple", source: "argument" } as const];
    const { points } = await tune(dependencies(reranker), { ...OPTIONS, queries });
    expect(points.map(({ candidates, survival }) => [candidates, survival])).toEqual([[5, 0.25], [10, 0.5], [15, 0.5], [20, 0.5], [30, 1]]);
    expect(points[1]?.ci95).toEqual([0, 1]);
  });

  test("tries shorter vectors of a model that is trained for them, without judging anything again", async () => {
    await fill(30);
    const reranker = createFakeReranker((_query, text) => -numberOf(text));
    const { points, notices } = await tune(dependencies(reranker, QWEN3), OPTIONS);
    expect(points.map(({ candidates, dimensions }) => [candidates, dimensions]).slice(0, 4)).toEqual([[5, 64], [5, 32], [10, 64], [10, 32]]);
    expect(points.at(-1)).toMatchObject({ candidates: 30, dimensions: 32, survival: 1 });
    expect(notices).toEqual([]);
    const warmUp = 4;
    expect(reranker.scored).toHaveLength(30 + warmUp);
  });

  test("says why the vectors of other models are not cut", async () => {
    await fill(12);
    const { notices } = await tune(dependencies(), OPTIONS);
    expect(notices).toEqual(["fake (embedder) is not trained for shorter vectors: only its own 64 numbers are tried"]);
  });

  test("times are those of the judgments as they come", async () => {
    await fill(20);
    const slow = createFakeReranker((_query, text) => -numberOf(text), 4);
    const { points, verdict } = await tune(dependencies(slow), { ...OPTIONS, budgetMs: 1 });
    const means = points.map(({ meanMs }) => meanMs);
    expect(means).toEqual(means.toSorted((a, b) => a - b));
    expect(points[0]?.meanMs).toBeGreaterThanOrEqual(5 * 3);
    expect(verdict).toMatchObject({ outcome: "too-slow", point: { candidates: 5 } });
  });

  test("times are those of a recall of as many candidates, not of the whole pool", async () => {
    await fill(40);
    const deps = dependencies();
    const exact = await deps.vectorIndex;
    const slow: VectorIndex = {
      ...exact,
      async nearest(query, count) {
        await new Promise((resolve) => setTimeout(resolve, count * 3));
        return exact.nearest(query, count);
      },
    };
    const queries = ["apple", "pear", "apple pear"].map((text) => ({ text, source: "argument" }) as const);
    const { points } = await tune({ ...deps, vectorIndex: slow }, { ...OPTIONS, queries });
    const [first, last] = [points[0], points.at(-1)];
    expect([first?.candidates, last?.candidates]).toEqual([5, 40]);
    // 35 candidates more, 105 ms more: what fakes take to judge them is a thousandth of it.
    expect((last?.meanMs ?? 0) - (first?.meanMs ?? 0)).toBeGreaterThan(50);
  });

  test("counts a passage for every copy of it, and judges them once", async () => {
    await fill(11);
    const [text = ""] = store.passagesOfDocument("1.md").map((passage) => passage.text);
    const draft = { text, headings: [], location: { startLine: 1, endLine: 1 }, vectorKey: text };
    store.saveDocument({ path: "copy.md", sizeBytes: 1, mtimeMs: 1, contentHash: "c", format: "text", title: "copy" }, [draft]);
    const reranker = createFakeReranker((_query, each) => -numberOf(each));
    const { pool, points } = await tune(dependencies(reranker), OPTIONS);
    expect(pool).toBe(12);
    expect(points.map(({ candidates, survival }) => [candidates, survival])).toEqual([[5, 0.5], [10, 1], [12, 1]]);
  });

  test("passages that have left the index are no candidates", async () => {
    await fill(15);
    store.removeDocuments(["1.md", "2.md"]);
    const { pool, points } = await tune(dependencies(), OPTIONS);
    expect(pool).toBe(13);
    expect(points.map(({ survival }) => survival)).toEqual([0.5, 1, 1]);
  });

  test.each([1, 7, 10])("an index of %i passages has nothing to lose", async (count) => {
    await fill(count);
    const { verdict, points, pool } = await tune(dependencies(), OPTIONS);
    expect(verdict).toEqual({ outcome: "too-few-passages" });
    expect(points.at(-1)).toMatchObject({ candidates: count, survival: 1 });
    expect(pool).toBe(count);
  });

  test("a single candidate is tried when nothing else is asked for", async () => {
    await fill(15);
    const { points, verdict } = await tune(dependencies(), { ...OPTIONS, maxCandidates: 1 });
    expect(points).toMatchObject([{ candidates: 1, survival: 1 }]);
    expect(verdict.outcome).toBe("too-few-passages");
  });

  test("an instruction reaches both models, and a model that reads none is named", async () => {
    await fill(12);
    const reranker = createFakeReranker(() => 1, 0, fakeSpec("reranker", "qwen", true));
    const deps = dependencies(reranker);
    const { instruction, notices } = await tune(deps, { ...OPTIONS, instruction: "Find fruit" });
    expect(instruction).toBe("Find fruit");
    expect(new Set(reranker.instructions)).toEqual(new Set(["Find fruit"]));
    expect(notices).toContainEqual("fake (embedder) reads no instruction: it ignores the one that was given");
  });

  test("tells of every judged pair", async () => {
    await fill(12);
    const events: TuneEvent[] = [];
    const queries = ["apple", "pear"].map((text) => ({ text, source: "argument" }) as const);
    await tune(dependencies(), { ...OPTIONS, queries, onEvent: (event) => events.push(event) });
    expect(events).toHaveLength(24);
    expect(events.at(-1)).toEqual({ type: "judged", query: 2, queries: 2, done: 24, total: 24 });
  });

  test("more queries than one look at the vectors serves are asked all the same", async () => {
    await fill(12);
    const queries = Array.from({ length: 130 }, (_, number) => ({ text: `apple ${number}`, source: "file" }) as const);
    const events: TuneEvent[] = [];
    const { points } = await tune(dependencies(), { ...OPTIONS, queries, onEvent: (event) => events.push(event) });
    expect(events.at(-1)).toMatchObject({ query: 130, done: 130 * 12 });
    expect(points.at(-1)?.survival).toBe(1);
  });

  test("an empty index and no queries are the user's errors", async () => {
    await expect(tune(dependencies(), OPTIONS)).rejects.toThrow("the index holds no passages");
    await fill(3);
    await expect(tune(dependencies(), { ...OPTIONS, queries: [] })).rejects.toThrow("nothing in the index reads like a query");
  });

  test("NaN from either model is an error, not a curve", async () => {
    await fill(12);
    await expect(tune(dependencies(createFakeReranker(() => Number.NaN)), OPTIONS)).rejects.toThrow(/NaN/);
    const deps = dependencies();
    const embedder = { ...deps.embedder, embedQuery: async () => ({ vector: new Float32Array(64).fill(Number.NaN), truncated: false }) };
    await expect(tune({ ...deps, embedder }, OPTIONS)).rejects.toThrow(/NaN/);
  });

  test("rejects with the reason when it is aborted", async () => {
    await fill(12);
    const stop = new AbortController();
    const reranker = createFakeReranker((query) => {
      if (query === "apple") stop.abort(new Error("stopped by the user"));
      return 1;
    });
    await expect(tune(dependencies(reranker), { ...OPTIONS, signal: stop.signal })).rejects.toThrow("stopped by the user");
  });
});
