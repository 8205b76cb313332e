import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Judgment } from "../../../src/domain/candidate.ts";
import { relevanceOf } from "../../../src/domain/ranking.ts";
import type { ModelService } from "../../../src/server/model-service.ts";
import { createFakeSource } from "../../support/fake-model-source.ts";
import { createFakeReranker } from "../../support/fake-models.ts";
import { callerNamed, createFakeCache, serviceErrorOf, settled, startModelService } from "../../support/start-model-service.ts";

const a = callerNamed("a");
const b = callerNamed("b");

function judgmentOf(logit: number): Judgment {
  return { logit, relevance: relevanceOf(logit), truncated: false };
}

/** "text 0", "text 1", ...: of a length that grows now and then. */
function textsNamed(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${name} ${i}`);
}

async function untilReady(service: ModelService): Promise<void> {
  while (service.state === "loading") await settled();
}

describe("score", () => {
  test("answers as the reranker does, with the model's name, its tokens and the times", async () => {
    const { service, source } = startModelService();
    const usages: number[] = [];
    const reply = await service.score({ query: "two words", texts: ["a", "bbb", "cc"], onUsage: (usage) => usages.push(usage.computedTokens) }, a);
    expect(reply.judgments).toEqual([1, 3, 2].map(judgmentOf));
    expect(reply).toMatchObject({ modelName: "mini", cachedCount: 0, usage: { computedTokens: 5, savedTokens: 4 }, inputTokens: 9 });
    expect(reply.spec).toBe(source.specs["mini reranker"]);
    expect(usages).toEqual([3, 4, 5]);
    expect(reply.queueMs).toBeGreaterThanOrEqual(0);
    expect(reply.inferenceMs).toBeGreaterThanOrEqual(0);
  });

  test("hands a long request over in slices of eight, in the order of its texts", async () => {
    const { service, source } = startModelService();
    const texts = textsNamed("text", 20);
    await service.score({ query: "q", texts }, a);
    expect(source.slices.map((slice) => slice.texts)).toEqual([texts.slice(0, 8), texts.slice(8, 16), texts.slice(16)]);
  });

  test("answers no texts without a model's work", async () => {
    const { service, source } = startModelService();
    expect(await service.score({ query: "q", texts: [] }, a)).toMatchObject({ judgments: [], inputTokens: 0, inferenceMs: 0 });
    expect(source.slices).toEqual([]);
  });

  test("judges equal texts once, and tells each of them", async () => {
    const { service, source } = startModelService();
    const told: number[] = [];
    const { judgments, inputTokens, usage } = await service.score({ query: "q", texts: ["x", "yy", "x"], onJudgment: (position) => told.push(position) }, a);
    expect(source.slices.map(({ texts }) => texts)).toEqual([["x", "yy"]]);
    expect(judgments).toEqual([1, 2, 1].map(judgmentOf));
    expect(told.toSorted()).toEqual([0, 1, 2]);
    expect({ inputTokens, usage }).toEqual({ inputTokens: 6, usage: { computedTokens: 3, savedTokens: 1 } });
  });

  test("a long request does not hold up a short one", async () => {
    const { service } = startModelService({}, { delayMs: 1 });
    await untilReady(service);
    const order: string[] = [];
    const long = service.score({ query: "q", texts: textsNamed("long", 200) }, a).then(() => order.push("long"));
    const short = service.score({ query: "q", texts: textsNamed("short", 3) }, b).then(() => order.push("short"));
    const alsoShort = service.score({ query: "r", texts: textsNamed("short", 3) }, a).then(() => order.push("short of the same client"));
    await Promise.all([long, short, alsoShort]);
    expect(order.at(-1)).toBe("long");
  });

  test("tells the queue what waits and what runs", async () => {
    const { service } = startModelService({}, { delayMs: 1 });
    await untilReady(service);
    const done = service.score({ query: "q", texts: textsNamed("text", 100) }, a);
    await settled();
    expect(service.load()).toMatchObject({ waitingRequests: 1, runningTexts: 16, loadedModels: 2, deaths: 0 });
    await done;
    expect(service.load()).toMatchObject({ waitingRequests: 0, waitingTokens: 0, runningTexts: 0, runningTokens: 0 });
  });

  test("whatever the interleaving, each reply is what the reranker alone would say", async () => {
    const logitOf = (query: string, text: string): number => query.length * 7 - text.length;
    const request = fc.record({
      client: fc.constantFrom("a", "b"),
      query: fc.string({ minLength: 1, maxLength: 5 }),
      texts: fc.array(fc.string({ maxLength: 6 }), { maxLength: 30 }),
      isCancelled: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 6 }), fc.boolean(), async (requests, hasCache) => {
        const { service } = startModelService(hasCache ? { cache: createFakeCache() } : {}, { logitOf });
        await Promise.all(
          requests.map(async ({ client, query, texts, isCancelled }) => {
            const gone = new AbortController();
            const reply = service.score({ query, texts }, callerNamed(client, gone.signal));
            if (isCancelled) {
              await settled();
              gone.abort(new Error("gone"));
              await reply.catch(() => {});
              return;
            }
            expect((await reply).judgments).toEqual(await createFakeReranker(logitOf).score(query, texts));
          }),
        );
        await service.close();
      }),
      { numRuns: 60 },
    );
  });
});

describe("cancellation", () => {
  test("drops what waits, cancels what runs, and rejects with the reason at once", async () => {
    const { service, source } = startModelService({}, { delayMs: 5 });
    await untilReady(service);
    const gone = new AbortController();
    const reason = new Error("the client has left");
    const outcome = service.score({ query: "q", texts: textsNamed("text", 1000) }, callerNamed("a", gone.signal)).catch((error: unknown) => error);
    await settled();
    gone.abort(reason);
    expect(await outcome).toBe(reason);
    expect(service.load()).toMatchObject({ waitingRequests: 0, waitingTokens: 0 });
    // The slices that ran had one text each to finish.
    await service.score({ query: "q", texts: ["next"] }, b);
    expect(source.slices.map(({ texts }) => texts.length)).toEqual([8, 8, 1]);
  });

  test("works while the model loads, and the load goes on", async () => {
    let finishLoad = (): void => {};
    const { service, source } = startModelService({}, { load: ({ role }) => (role === "reranker" ? new Promise<void>((resolve) => (finishLoad = resolve)) : Promise.resolve()) });
    const gone = new AbortController();
    const outcome = service.score({ query: "q", texts: ["x"] }, callerNamed("a", gone.signal)).catch((error: unknown) => error);
    await settled();
    expect(service.load().waitingRequests).toBe(1);
    gone.abort(new Error("late"));
    expect(await outcome).toEqual(new Error("late"));
    expect(service.load().waitingRequests).toBe(0);
    finishLoad();
    await service.score({ query: "q", texts: ["x"] }, a);
    expect(source.started).toEqual(["mini embedder", "mini reranker"]);
  });

  test("does not wait for a slice that cannot be stopped, which keeps its place until it is done", async () => {
    // The fake embedder looks at its signal after all texts of a slice.
    const { service } = startModelService({}, { delayMs: 10 });
    await untilReady(service);
    const gone = new AbortController();
    const outcome = service.embed({ inputs: textsNamed("passage", 100), use: "passage" }, callerNamed("a", gone.signal)).catch((error: unknown) => error);
    await settled();
    gone.abort(new Error("gone"));
    expect(await outcome).toEqual(new Error("gone"));
    expect(service.load()).toMatchObject({ waitingRequests: 0, waitingTokens: 0, runningTexts: 16 });
    while (service.load().runningTexts > 0) await settled();
  });

  test("a caller who has left already is not worked for", async () => {
    const { service, source } = startModelService();
    await expect(service.score({ query: "q", texts: ["x"] }, callerNamed("a", AbortSignal.abort(new Error("gone"))))).rejects.toThrow("gone");
    expect(source.slices).toEqual([]);
  });
});

describe("limits", () => {
  test("more requests than may wait are turned away with the time to come back", async () => {
    const { service } = startModelService({ queueRequests: 2 }, { delayMs: 2 });
    await untilReady(service);
    const taken: Promise<unknown>[] = [];
    for (const query of ["running", "waiting"]) {
      taken.push(service.score({ query, texts: textsNamed("text", 40) }, a));
      await settled();
    }
    const error = await serviceErrorOf(service.score({ query: "q", texts: ["x"] }, a));
    expect(error.kind).toBe("overloaded");
    expect(error.retryAfterSeconds).toBeGreaterThanOrEqual(1);
    expect((await service.score({ query: "q", texts: ["x"] }, b)).judgments).toHaveLength(1);
    await Promise.all(taken);
    expect((await service.score({ query: "q", texts: ["x"] }, b)).judgments).toHaveLength(1);
  });

  test("so are more tokens; a request whose relevances are all known is answered all the same", async () => {
    const { service } = startModelService({ queueTokens: 50, cache: createFakeCache() }, { delayMs: 2 });
    await service.score({ query: "known", texts: ["x"] }, a);
    const long = service.score({ query: "q", texts: textsNamed("a text of some words", 40) }, a);
    await settled();
    const { cacheMisses } = service.load();
    const refused = Array.from({ length: 2 }, () => serviceErrorOf(service.score({ query: "q", texts: ["x".repeat(400)] }, b)));
    for (const { kind } of await Promise.all(refused)) expect(kind).toBe("overloaded");
    // What was turned away was looked up, and is no miss.
    expect(service.load().cacheMisses).toBe(cacheMisses);
    expect(await service.score({ query: "known", texts: ["x"] }, b)).toMatchObject({ cachedCount: 1 });
    expect(service.load().waitingRequests).toBe(1);
    await long;
  });
});

describe("the cache", () => {
  test("answers what was judged before without the model, and tells its tokens and judgments", async () => {
    const { service, source } = startModelService({ cache: createFakeCache() });
    await service.score({ query: "q", texts: ["x", "yy"] }, a);
    const told: number[] = [];
    const { judgments, usage, inputTokens, cachedCount } = await service.score({ query: "q", texts: ["new", "yy", "x"], onJudgment: (position) => told.push(position) }, b);
    expect(judgments).toEqual([3, 2, 1].map(judgmentOf));
    expect({ usage, inputTokens, cachedCount, told }).toEqual({ usage: { computedTokens: 2, savedTokens: 0 }, inputTokens: 6, cachedCount: 2, told: [1, 2, 0] });
    expect(source.slices.map(({ texts }) => texts)).toEqual([["x", "yy"], ["new"]]);
    expect(service.load()).toMatchObject({ cacheHits: 2, cacheMisses: 3 });
  });

  test.each([
    ["query", { query: "other" }],
    ["instruction", { instruction: "other" }],
    ["cap on the tokens of a text", { maxTextTokens: 5 }],
    ["model", { model: "other" }],
  ])("another %s is another judgment", async (_what, change) => {
    const { service, source } = startModelService({ cache: createFakeCache(), allowed: ["other"] });
    const request = { query: "q", texts: ["x"], instruction: "i", maxTextTokens: 4 };
    await service.score(request, a);
    await service.score({ ...request, ...change }, a);
    expect(source.slices).toHaveLength(2);
  });

  test("remembers that only the query's beginning was read", async () => {
    const cache = createFakeCache();
    const { service } = startModelService({ cache });
    const query = "word ".repeat(300);
    const ask = async (texts: string[]) => {
      const told: string[] = [];
      const { queryTruncated } = await service.score({ query, texts, onQueryTruncated: () => told.push("cut"), onJudgment: () => told.push("judged") }, a);
      return { queryTruncated, told };
    };
    const expected = { queryTruncated: true, told: ["cut", "judged", "cut", "judged"] };
    expect(await ask(["x", "y"])).toEqual(expected);
    expect(await ask(["x", "y"])).toEqual(expected);
    expect(service.load().cacheHits).toBe(2);
    expect(await service.score({ query: "short", texts: ["x"] }, a)).toMatchObject({ queryTruncated: false });
  });

  test("another scope is another judgment, and an instruction that the model does not read is none", async () => {
    const cache = createFakeCache();
    const ready = { deaf: ["embedder", "reranker"] } as const;
    const defaults = { embedder: "deaf", reranker: "deaf" };
    for (const cacheScope of ["truncate", "windows"]) {
      const { service } = startModelService({ cache, cacheScope, defaults }, { ready });
      await service.score({ query: "q", texts: ["x"], instruction: "one" }, a);
      await service.score({ query: "q", texts: ["x"], instruction: "two" }, a);
    }
    expect(cache.entryCount).toBe(2);
  });

  test("keeps only what was judged: nothing of a failed text, and no text in its keys", async () => {
    const cache = createFakeCache();
    const { service } = startModelService({ cache }, { logitOf: (_query, text) => (text === "bad" ? Number.NaN : 1) });
    await serviceErrorOf(service.score({ query: "secret", texts: ["good", "bad"] }, a));
    expect([...cache.entries]).toEqual([[expect.stringMatching(/^[0-9a-f]{64}$/), { judgment: judgmentOf(1), tokens: 2 }]]);
  });
});

describe("failures", () => {
  test("a relevance that is no number is not kept, though its logit is one", async () => {
    const cache = createFakeCache();
    const source = createFakeSource();
    const start: typeof source.start = (spec, listeners) => {
      const started = source.start(spec, listeners);
      return { ...started, reranker: { spec, score: async () => [{ logit: 1, relevance: Number.NaN, truncated: false }] } };
    };
    const { service } = startModelService({ cache, source: { ...source, start } });
    expect((await serviceErrorOf(service.score({ query: "q", texts: ["x"] }, a))).kind).toBe("model-failed");
    expect(cache.entryCount).toBe(0);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])("a relevance that is %d is the model's failure, and never an answer", async (logit) => {
    const { service } = startModelService({}, { logitOf: () => logit });
    const told: unknown[] = [];
    const error = await serviceErrorOf(service.score({ query: "q", texts: ["x"], onJudgment: (...all) => told.push(all) }, a));
    expect(error.kind).toBe("model-failed");
    expect(told).toEqual([]);
  });

  test("what cannot be ordered ends the whole request, and the next one is answered", async () => {
    const { service, source } = startModelService({}, { logitOf: (_query, text) => (text === "text 0" ? Number.NaN : 1) });
    await serviceErrorOf(service.score({ query: "q", texts: textsNamed("text", 100) }, a));
    expect(source.slices.length).toBeLessThanOrEqual(3);
    expect((await service.score({ query: "q", texts: ["x"] }, a)).judgments).toEqual([judgmentOf(1)]);
  });

  test("an error of the caller's own callback reaches the caller as it is", async () => {
    const { service } = startModelService();
    const thrown = new Error("ours");
    const onJudgment = (): void => {
      throw thrown;
    };
    await expect(service.score({ query: "q", texts: ["x"], onJudgment }, a)).rejects.toBe(thrown);
  });
});

describe("embed", () => {
  test("gives a vector for each text and each list of token ids, in the order given", async () => {
    const { service, source } = startModelService();
    const { embeddings, modelName, inputTokens } = await service.embed({ inputs: ["1 2", [3, 4], "5", [6]], use: "passage" }, a);
    const direct = await service.embed({ inputs: ["1 2", "3 4", "5", "6"], use: "passage" }, a);
    expect(embeddings).toEqual(direct.embeddings);
    expect(modelName).toBe("mini");
    expect(inputTokens).toBeGreaterThan(0);
    expect(source.slices[0]?.texts).toEqual(["1 2", "3 4", "5", "6"]);
  });

  test("a query's vector goes before passages that wait", async () => {
    const { service } = startModelService({}, { delayMs: 1 });
    await untilReady(service);
    const order: string[] = [];
    const passages = service.embed({ inputs: textsNamed("passage", 100), use: "passage" }, a).then(() => order.push("passages"));
    const others = service.score({ query: "q", texts: textsNamed("text", 30) }, b).then(() => order.push("texts"));
    const query = service.embed({ inputs: ["query"], use: "query", instruction: "find" }, b).then(() => order.push("query"));
    await Promise.all([passages, others, query]);
    expect(order[0]).toBe("query");
  });

  test("tells its progress", async () => {
    const { service } = startModelService();
    const done: number[] = [];
    await service.embed({ inputs: textsNamed("text", 20), use: "passage", onProgress: (count) => done.push(count) }, a);
    expect(done).toEqual([8, 16, 20]);
  });

  test("a token id that the model does not have is the client's error", async () => {
    const { service } = startModelService();
    const { kind, param, message } = await serviceErrorOf(service.embed({ inputs: [[1, 5000]], use: "passage" }, a));
    expect({ kind, param, message }).toEqual({ kind: "invalid", param: "input", message: "mini has no token 5000" });
  });

  test("counts tokens as the embedder does", async () => {
    const { service } = startModelService();
    expect(await service.countTokens(["one", "one two", ""], undefined, a)).toEqual([1, 2, 0]);
  });
});

describe("draining", () => {
  test("takes no new work, and is done when what was taken is done", async () => {
    const { service } = startModelService({}, { delayMs: 1 });
    await untilReady(service);
    expect(service.state).toBe("ready");
    const taken = service.score({ query: "q", texts: textsNamed("text", 40) }, a);
    let isDrained = false;
    const drained = service.drain().then(() => (isDrained = true));
    expect(service.state).toBe("draining");
    const error = await serviceErrorOf(service.score({ query: "q", texts: ["x"] }, b));
    expect(error.kind).toBe("unavailable");
    expect(error.retryAfterSeconds).toBeGreaterThanOrEqual(1);
    expect(isDrained).toBe(false);
    expect((await taken).judgments).toHaveLength(40);
    await drained;
  });

  test("is done at once where nothing runs, and closing ends the processes and what waits", async () => {
    const { service, source } = startModelService({}, { load: ({ role }) => (role === "reranker" ? new Promise(() => {}) : Promise.resolve()) });
    const waiting = service.score({ query: "q", texts: ["x"] }, a);
    await settled();
    await service.close();
    await service.close();
    expect((await serviceErrorOf(waiting)).kind).toBe("unavailable");
    await service.drain();
    expect(source.closed.toSorted()).toEqual(["mini embedder", "mini reranker"]);
  });
});

test("nothing is left of ten thousand requests", async () => {
  const { service } = startModelService({ queueRequests: 10_000 });
  const connection = new AbortController();
  await untilReady(service);
  for (let i = 0; i < 100; i++) {
    await Promise.all(Array.from({ length: 100 }, (_, j) => service.score({ query: `q${i}`, texts: [`x${j}`] }, callerNamed(`client ${i} ${j}`, connection.signal))));
  }
  expect(service.load()).toMatchObject({ waitingRequests: 0, waitingTokens: 0, runningTexts: 0, runningTokens: 0 });
});
