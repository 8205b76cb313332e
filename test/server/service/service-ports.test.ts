import { describe, expect, test } from "vitest";
import type { Passage } from "../../../src/domain/passage.ts";
import { serviceEmbedder, serviceReranker } from "../../../src/server/service/service-ports.ts";
import { rerank } from "../../../src/stages/rerank.ts";
import { createFakeReranker, fakeSpec } from "../../support/fake-models.ts";
import { callerNamed, createFakeCache, settled, startModelService } from "../../support/start-model-service.ts";

const a = callerNamed("a");
const RERANKER = fakeSpec("reranker", "elsewhere", true);
const EMBEDDER = fakeSpec("embedder", "elsewhere", true);
const texts = (count: number): string[] => Array.from({ length: count }, (_, i) => "x".repeat(i + 1));

describe("serviceReranker", () => {
  test("answers as the model alone, though the model is on no list", async () => {
    const { service, source } = startModelService();
    const port = serviceReranker(service, RERANKER, a);
    const alone = createFakeReranker((_query, text) => text.length);
    const usages: unknown[] = [];
    expect(await port.score("q", texts(20), { instruction: "i", onUsage: (usage) => usages.push(usage) })).toEqual(await alone.score("q", texts(20)));
    expect(port.spec).toBe(RERANKER);
    expect(source.started).toContain("elsewhere reranker");
    expect(usages).toHaveLength(20);
  });

  test("tells judgments in the order given, though the known ones land first", async () => {
    const { service } = startModelService({ cache: createFakeCache() });
    const port = serviceReranker(service, RERANKER, a);
    await port.score("q", texts(30).filter((_, position) => position % 3 > 0));
    const told: number[][] = [];
    await port.score("q", texts(30), { onJudgment: (position, { logit }) => told.push([position, logit]) });
    expect(told).toEqual(texts(30).map(({ length }, position) => [position, length]));
  });

  test("ends with the call's own signal, and with the caller's", async () => {
    const { service } = startModelService({}, { delayMs: 5 });
    const connection = new AbortController();
    const call = new AbortController();
    const port = serviceReranker(service, RERANKER, callerNamed("a", connection.signal));
    const ownEnd = port.score("q", texts(100), { signal: call.signal }).catch((error: unknown) => error);
    const callersEnd = port.score("r", texts(100)).catch((error: unknown) => error);
    await settled();
    call.abort(new Error("enough"));
    expect(await ownEnd).toEqual(new Error("enough"));
    connection.abort(new Error("gone"));
    expect(await callersEnd).toEqual(new Error("gone"));
    expect(service.load()).toMatchObject({ waitingRequests: 0 });
  });

  test("a budget that ends keeps what was judged so far", async () => {
    const { service } = startModelService({}, { delayMs: 2 });
    const candidates = texts(50).map((text, i) => ({ passage: { id: i, vectorId: i, path: "p", headings: [], text } as unknown as Passage, similarity: 0, recallRank: i + 1 }));
    const budget = new AbortController();
    const onJudgment = (_position: number, _judgment: unknown, done: number): void => {
      if (done === 10) budget.abort(new Error("the budget is spent"));
    };
    const { ranked } = await rerank("q", candidates, serviceReranker(service, RERANKER, a), { budget: budget.signal, onJudgment });
    const judged = ranked.filter(({ judgment }) => judgment !== null).map(({ recallRank }) => recallRank);
    // The slices that ran, and of them the first ones without a gap.
    expect(judged.length).toBeGreaterThanOrEqual(10);
    expect(judged.length).toBeLessThanOrEqual(16);
    expect(judged.toSorted((one, other) => one - other)).toEqual(judged.map((_, position) => position + 1));
  });

  test("leaves nothing with a connection that lives on", async () => {
    const { service } = startModelService();
    const listeners = { added: 0, removed: 0 };
    const { signal } = new AbortController();
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...all: Parameters<typeof addEventListener>) => {
      listeners.added += 1;
      addEventListener.apply(signal, all);
    };
    signal.removeEventListener = (...all: Parameters<typeof removeEventListener>) => {
      listeners.removed += 1;
      removeEventListener.apply(signal, all);
    };
    const port = serviceReranker(service, RERANKER, callerNamed("a", signal));
    for (let i = 0; i < 20; i++) await port.score(`q${i}`, texts(3));
    expect(listeners.added).toBeGreaterThanOrEqual(20);
    expect(listeners.removed).toBe(listeners.added);
  });
});

describe("serviceEmbedder", () => {
  test("gives the vectors of queries and passages, counts tokens and tells progress", async () => {
    const { service, source } = startModelService();
    const port = serviceEmbedder(service, EMBEDDER, a);
    const done: number[] = [];
    const [first] = await port.embedPassages(["one", "two"], { onProgress: (count) => done.push(count) });
    expect(await port.embedQuery("one", { instruction: "i", onProgress: (count) => done.push(count) })).toEqual(first);
    expect(done).toEqual([2, 1]);
    expect(await port.countTokens(["one two"])).toEqual([2]);
    expect(source.started).toContain("elsewhere embedder");
  });

  test("gives no vectors for no texts", async () => {
    const { service } = startModelService();
    expect(await serviceEmbedder(service, EMBEDDER, a).embedPassages([])).toEqual([]);
  });

  test("ends with the call's own signal", async () => {
    const { service } = startModelService({}, { delayMs: 5 });
    const call = new AbortController();
    const outcome = serviceEmbedder(service, EMBEDDER, a).embedPassages(texts(100), { signal: call.signal }).catch((error: unknown) => error);
    await settled();
    call.abort(new Error("enough"));
    expect(await outcome).toEqual(new Error("enough"));
  });
});
