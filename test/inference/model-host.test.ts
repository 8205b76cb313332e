import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { LocalSpec } from "../../src/domain/model-spec.ts";
import type { EngineOptions, EmbeddingUse, Pair } from "../../src/engine/loaded-models.ts";
import { type ModelEngine, ModelHost } from "../../src/inference/model-host.ts";
import type { FromChild, LoadOptions, ToChild } from "../../src/inference/protocol.ts";
import { fakeSpec } from "../support/fake-models.ts";

const EMBEDDER = fakeSpec("embedder", "qwen", true);
const RERANKER = fakeSpec("reranker", "qwen", true);
const LOAD: ToChild = { type: "load", specs: [EMBEDDER, RERANKER], options: {} };

interface FakeEngine extends ModelEngine {
  readonly opened: { spec: LocalSpec; options: EngineOptions }[];
  readonly used: EmbeddingUse[];
  readonly pairs: Pair[];
}

/** @param rerankerLoad what loading the reranker waits for. */
function fakeEngine(rerankerLoad: () => Promise<void> = async () => {}): FakeEngine {
  const engine = { opened: [] as FakeEngine["opened"], used: [] as EmbeddingUse[], pairs: [] as Pair[] };
  return {
    ...engine,
    async openEmbedder(spec, options) {
      engine.opened.push({ spec, options });
      return {
        async embed(_text, use) {
          engine.used.push(use);
          return { vector: Float32Array.of(1, 0), truncated: false, tokens: 4 };
        },
        countTokens: (text) => text.length,
        decodeTokens: (ids) => ids.map((id) => `word${id}`).join(" "),
      };
    },
    async openReranker(spec, options) {
      engine.opened.push({ spec, options });
      await rerankerLoad();
      return {
        async judge(pair) {
          engine.pairs.push(pair);
          const savedTokens = pair.textNumber === 1 ? 0 : 70;
          return { logit: 0, relevance: 0.5, truncated: false, queryTruncated: pair.query.startsWith("long"), computedTokens: 30, savedTokens };
        },
      };
    },
  };
}

/** A host whose messages are collected; `until` resolves when one of a kind has come. */
function startHost(engine: ModelEngine) {
  const messages: FromChild[] = [];
  const host = new ModelHost((message) => messages.push(message), engine);
  return {
    host,
    messages,
    async until(holds: (message: FromChild) => boolean): Promise<void> {
      while (!messages.some(holds)) await delay(1);
    },
  };
}

const isDone = (id: number) => (message: FromChild) => message.type === "done" && message.id === id;
const query = (id: number): ToChild => ({ type: "embed", use: "query", id, texts: ["kettle"], firstNumber: 1, instruction: "Find the manual" });

describe("loading", () => {
  test("a query that waits gets its vector before the reranker begins to load", async () => {
    const sentBefore: string[][] = [];
    const { host, messages, until } = startHost(
      fakeEngine(async () => {
        sentBefore.push(messages.map(({ type }) => type));
      }),
    );
    host.receive(LOAD);
    host.receive(query(1));
    await until((message) => message.type === "loaded" && message.role === "reranker");
    expect(sentBefore).toEqual([["loaded", "embedding", "done"]]);
  });

  test("a query that comes while the reranker loads is answered where the load waits", async () => {
    let finishLoad: () => void = () => {};
    const { host, messages, until } = startHost(fakeEngine(() => new Promise((resolve) => (finishLoad = resolve))));
    host.receive(LOAD);
    await until((message) => message.type === "loaded");
    await delay(5);
    host.receive(query(1));
    await until(isDone(1));
    expect(messages.map(({ type }) => type)).toEqual(["loaded", "embedding", "done"]);
    finishLoad();
    await until((message) => message.type === "loaded" && message.role === "reranker");
  });

  test("other work waits for both models", async () => {
    let finishLoad: () => void = () => {};
    const { host, messages, until } = startHost(fakeEngine(() => new Promise((resolve) => (finishLoad = resolve))));
    host.receive(LOAD);
    host.receive({ type: "score", id: 1, query: "kettle", texts: ["a"], firstNumber: 1 });
    await until((message) => message.type === "loaded");
    await delay(5);
    expect(messages).toHaveLength(1);
    finishLoad();
    await until(isDone(1));
    expect(messages.map(({ type }) => type)).toEqual(["loaded", "loaded", "judgment", "done"]);
  });

  test("threads, device and the wish for long documents reach both models; a device is settled first", async () => {
    const engine = fakeEngine();
    const { host, until } = startHost(engine);
    const options: LoadOptions = { threads: 3, device: "cpu", longDocuments: "windows" };
    host.receive({ ...LOAD, options });
    await until((message) => message.type === "loaded" && message.role === "reranker");
    expect(engine.opened.map(({ spec }) => spec.role)).toEqual(["embedder", "reranker"]);
    for (const opened of engine.opened) expect(opened.options).toEqual(options);
  });

  test("tells of each model how long it took and where it runs", async () => {
    const { host, messages, until } = startHost(fakeEngine());
    host.receive({ ...LOAD, options: { device: "cpu" } });
    await until((message) => message.type === "loaded" && message.role === "reranker");
    expect(messages).toEqual(["embedder", "reranker"].map((role) => ({ type: "loaded", role, device: "cpu", loadMs: expect.any(Number) })));
  });

  test("a device that cannot be had fails the load of each model, naming what is there", async () => {
    const { host, messages, until } = startHost(fakeEngine());
    const missing = process.platform === "darwin" ? "dml" : "coreml";
    host.receive({ ...LOAD, options: { device: missing } });
    await until((message) => message.type === "load-failed" && message.role === "reranker");
    expect(messages).toMatchObject([{ role: "embedder" }, { role: "reranker", error: { user: true, hint: expect.stringContaining("cpu") as string } }]);
  });
});

describe("requests", () => {
  test("queries without end do not keep passages from being read", async () => {
    const { host, messages, until } = startHost(fakeEngine());
    host.receive({ ...LOAD, specs: [EMBEDDER] });
    await until(({ type }) => type === "loaded");
    host.receive({ type: "embed", use: "passage", id: 1, texts: ["a", "b", "c"], firstNumber: 1 });
    for (let id = 2; id < 12; id++) host.receive(query(id));
    await until(isDone(11));
    const order = messages.flatMap((message) => (message.type === "embedding" ? [message.id] : []));
    expect(order.slice(0, 7)).toEqual([2, 1, 3, 1, 4, 1, 5]);
  });

  test("an instruction goes with the query to both models, and not to passages", async () => {
    const engine = fakeEngine();
    const { host, until } = startHost(engine);
    host.receive(LOAD);
    host.receive(query(1));
    host.receive({ type: "embed", use: "passage", id: 2, texts: ["text"], firstNumber: 1 });
    host.receive({ type: "score", id: 3, query: "kettle", instruction: "Be strict", texts: ["text"], firstNumber: 1 });
    await until(isDone(3));
    expect(engine.used.map(({ use, instruction }) => [use, instruction])).toEqual([
      ["query", "Find the manual"],
      ["passage", undefined],
    ]);
    expect(engine.pairs).toEqual([{ query: "kettle", text: "text", instruction: "Be strict", textNumber: 1 }]);
  });

  test("a limit for texts goes with each of a request's pairs", async () => {
    const engine = fakeEngine();
    const { host, until } = startHost(engine);
    host.receive(LOAD);
    host.receive({ type: "score", id: 1, query: "kettle", texts: ["a", "b"], firstNumber: 1, maxTextTokens: 7 });
    await until(isDone(1));
    expect(engine.pairs.map(({ maxTextTokens }) => maxTextTokens)).toEqual([7, 7]);
  });

  test("a vector comes with the tokens that were read, and ids come back as texts", async () => {
    const { host, messages, until } = startHost(fakeEngine());
    host.receive(LOAD);
    host.receive({ type: "embed", use: "passage", id: 1, texts: ["text"], firstNumber: 1 });
    host.receive({ type: "decode", id: 2, idLists: [[1, 2], [], [3]], firstNumber: 1 });
    await until(isDone(2));
    expect(messages.slice(2)).toEqual([
      { type: "embedding", id: 1, vector: Float32Array.of(1, 0), truncated: false, tokens: 4 },
      { type: "done", id: 1 },
      { type: "decoded", id: 2, texts: ["word1 word2", "", "word3"] },
      { type: "done", id: 2 },
    ]);
  });

  test("each judgment carries its tokens beside it", async () => {
    const { host, messages, until } = startHost(fakeEngine());
    host.receive(LOAD);
    host.receive({ type: "score", id: 1, query: "kettle", texts: ["a", "b"], firstNumber: 1 });
    await until(isDone(1));
    const judgment = { logit: 0, relevance: 0.5, truncated: false };
    expect(messages.slice(2, 4)).toEqual([
      { type: "judgment", id: 1, judgment, usage: { computedTokens: 30, savedTokens: 0 } },
      { type: "judgment", id: 1, judgment, usage: { computedTokens: 30, savedTokens: 70 } },
    ]);
  });
});

test.each([
  ["the query", undefined, RERANKER],
  ["instruction and query", "Find the manual", RERANKER],
  ["the query", "Find the manual", { ...RERANKER, readsInstruction: false } as LocalSpec],
])("that %s was cut is said where the instruction is %s", async (what, instruction, reranker) => {
  const { host, messages, until } = startHost(fakeEngine());
  host.receive({ type: "load", specs: [reranker], options: {} });
  host.receive({ type: "score", id: 1, query: "long", texts: ["a"], firstNumber: 1, instruction });
  await until(isDone(1));
  expect(messages.flatMap((message) => (message.type === "notice" ? [message.line] : []))).toEqual([expect.stringMatching(new RegExp(`^${what} (is|are) longer than half`))]);
});
