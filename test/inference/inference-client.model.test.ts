import { afterEach, describe, expect, test } from "vitest";
import type { Judgment } from "../../src/domain/candidate.ts";
import { UserError } from "../../src/domain/errors.ts";
import type { TokenUsage } from "../../src/domain/token-usage.ts";
import { openEncoderEmbedder } from "../../src/engine/encoder/encoder-embedder.ts";
import { openTextTokenizer } from "../../src/engine/encoder/text-tokenizer.ts";
import { type Inference, type InferenceOptions, startInference } from "../../src/inference/inference-client.ts";
import { miniEmbedderSpec, miniRerankerSpec } from "../support/mini-specs.ts";
import { tinyEmbedderSpec, tinyRerankerSpec } from "../support/tiny-bert-specs.ts";
import { userRejectionOf } from "../support/user-error-of.ts";

const started: Inference[] = [];

function start(options: InferenceOptions): Inference {
  const inference = startInference(options);
  started.push(inference);
  return inference;
}

afterEach(async () => {
  for (const inference of started.splice(0)) await inference.close();
});

const PASSAGE = "The kettle boils water. Descale it with citric acid once a month, then rinse it twice. ";

describe("requests", () => {
  test("vectors from the process are those of the engine, bit for bit, in the order of the texts", async () => {
    const { embedder } = start({ embedder: miniEmbedderSpec });
    const engine = await openEncoderEmbedder(miniEmbedderSpec);
    const texts = Array.from({ length: 70 }, (_, i) => `${i}: ${PASSAGE.slice(0, (i * 37) % PASSAGE.length)}`);
    const progress: number[] = [];
    const embeddings = await embedder.embedPassages(texts, { onProgress: (done) => progress.push(done) });
    expect(progress).toEqual(texts.map((_, i) => i + 1));
    for (const [i, text] of texts.entries()) expect(embeddings[i]).toEqual(await engine.embed(text, { use: "passage", textNumber: 1 }));
    expect(await embedder.embedQuery("kettle")).toEqual(await engine.embed("kettle", { use: "query", textNumber: 1 }));
    // A view of the channel's buffer would keep that buffer in memory.
    expect(embeddings[0]?.vector.buffer.byteLength).toBe(4 * 384);
  });

  test("judgments land one by one, in the order of the texts", async () => {
    const { reranker } = start({ reranker: miniRerankerSpec });
    const landed: [number, Judgment][] = [];
    const texts = ["Beijing is the capital of China.", "Bananas are yellow.", PASSAGE.repeat(40)];
    const judgments = await reranker.score("capital of China", texts, {
      onJudgment: (position, judgment) => landed.push([position, judgment]),
    });
    expect(landed).toEqual([...judgments.entries()]);
    expect(judgments.map(({ truncated }) => truncated)).toEqual([false, false, true]);
    expect(judgments[0]?.relevance).toBeGreaterThan(judgments[1]?.relevance ?? 1);
    expect(Object.keys(judgments[0] ?? {}).sort()).toEqual(["logit", "relevance", "truncated"]);
  });

  test("tokens are told before each judgment, summed up over the texts of a request", async () => {
    const { reranker } = start({ reranker: tinyRerankerSpec });
    const told: (TokenUsage | string)[] = [];
    const score = () =>
      reranker.score("red", ["blue", "blue green"], { onUsage: (usage) => told.push(usage), onJudgment: () => told.push("judged") });
    await score();
    await score();
    const once = [{ computedTokens: 5, savedTokens: 0 }, "judged", { computedTokens: 11, savedTokens: 0 }, "judged"];
    expect(told).toEqual([...once, ...once]);
  });

  test("thousands of counts, a long text among them", async () => {
    const { embedder } = start({ embedder: miniEmbedderSpec });
    const texts = Array.from({ length: 5000 }, (_, i) => "kettle ".repeat(i % 5));
    texts[4321] = "kettle ".repeat(300_000);
    const counts = await embedder.countTokens(texts);
    const one = counts[1] ?? 0;
    expect(counts).toEqual(texts.map((text) => (text.length / 7) * one));
  });

  test("token ids come back as the texts that they are of, in both languages, and tell which id there is not", async () => {
    const { embedder } = start({ embedder: miniEmbedderSpec });
    const tokenizer = await openTextTokenizer(miniEmbedderSpec.folder);
    const texts = Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? `${i}: ${PASSAGE.trim()}` : `${i}:水壶每月用柠檬酸除垢一次。`));
    const ids = texts.map((text) => tokenizer.encode({ prefix: "", text }, 512).ids);
    expect(await embedder.decodeTokens?.(ids)).toEqual(texts.map((text) => text.normalize("NFKC")));
    expect(await embedder.decodeTokens?.([])).toEqual([]);
    const error = await userRejectionOf(embedder.decodeTokens?.([[5], [6, 250_002]]) ?? Promise.resolve());
    expect(error.message).toMatch(/no token 250002/);
    expect(await embedder.countTokens(["red"])).toHaveLength(1);
  });

  test("a limit that cuts no text changes nothing; one that does cuts and says so", async () => {
    const { reranker } = start({ reranker: miniRerankerSpec });
    const texts = ["Beijing is the capital of China.", PASSAGE.repeat(2)];
    const free = await reranker.score("capital of China", texts);
    expect(await reranker.score("capital of China", texts, { maxTextTokens: 400 })).toEqual(free);
    const limited = await reranker.score("capital of China", texts, { maxTextTokens: 20 });
    expect(limited.map(({ truncated }) => truncated)).toEqual([false, true]);
    expect(limited[0]).toEqual(free[0]);
    expect(limited[1]?.logit).not.toBe(free[1]?.logit);
  });

  test("no texts are no work", async () => {
    const { embedder, reranker } = start({ embedder: tinyEmbedderSpec, reranker: tinyRerankerSpec });
    expect(await embedder.embedPassages([])).toEqual([]);
    expect(await embedder.countTokens([])).toEqual([]);
    expect(await reranker.score("red", [])).toEqual([]);
  });

  test("a query's vector goes ahead of a long indexing request", async () => {
    const { embedder } = start({ embedder: miniEmbedderSpec });
    let done = 0;
    const indexing = embedder.embedPassages(Array.from({ length: 40 }, () => PASSAGE.repeat(2)), {
      onProgress: (count) => (done = count),
    });
    await embedder.embedQuery("kettle");
    expect(done).toBeLessThan(40);
    await indexing;
  });

  test("a query that is cut for the reranker is mentioned once", async () => {
    const notices: string[] = [];
    const { reranker } = start({ reranker: tinyRerankerSpec, onNotice: (line) => notices.push(line) });
    await reranker.score("red ".repeat(8), Array.from({ length: 100 }, () => "blue blue blue"));
    expect(notices).toEqual([expect.stringContaining("only its beginning")]);
  });

  test("memory and load times are known", async () => {
    const inference = start({ embedder: miniEmbedderSpec, reranker: miniRerankerSpec });
    expect((await inference.loaded("embedder")).loadMs).toBeGreaterThan(0);
    expect((await inference.loaded("reranker")).loadMs).toBeGreaterThan(0);
    expect(["cpu", "cuda"]).toContain((await inference.loaded("reranker")).device);
    const bytes = await inference.memoryBytes();
    expect(bytes).toBeGreaterThan(50e6);
    expect(bytes).toBeLessThan(700e6);
  });
});

describe("cancelling", () => {
  test("an abort rejects at once with its reason, and the process goes on with the next request", async () => {
    const { embedder } = start({ embedder: miniEmbedderSpec });
    const controller = new AbortController();
    let done = 0;
    const texts = Array.from({ length: 1000 }, () => PASSAGE.repeat(5));
    const reason = new Error("enough");
    const request = embedder.embedPassages(texts, {
      signal: controller.signal,
      onProgress(count) {
        done = count;
        if (count === 3) controller.abort(reason);
      },
    });
    await expect(request).rejects.toBe(reason);
    const after = done;
    await embedder.embedPassages(["next"]);
    expect(after).toBe(3);
    expect(done).toBe(3);
  });

  test("a signal that is already aborted sends nothing", async () => {
    const { reranker } = start({ reranker: tinyRerankerSpec });
    const reason = new Error("too late");
    await expect(reranker.score("red", ["blue"], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test("closing rejects what waits; afterwards nothing is answered, and closing again is harmless", async () => {
    const inference = start({ embedder: miniEmbedderSpec });
    const request = inference.embedder.embedPassages(Array.from({ length: 500 }, () => PASSAGE));
    const outcome = expect(request).rejects.toThrow(/was closed/);
    await inference.close();
    await outcome;
    await expect(inference.embedder.embedQuery("kettle")).rejects.toThrow(/was closed/);
    await expect(inference.loaded("embedder")).rejects.toThrow(/was closed/);
    await inference.close();
  });
});

describe("failures", () => {
  test("the port of a role that was not asked for throws", () => {
    const inference = start({ embedder: tinyEmbedderSpec });
    expect(() => inference.reranker).toThrow(/without a reranker/);
  });

  test("a model that cannot be loaded rejects its own calls, with the hint, and leaves the other model working", async () => {
    const inference = start({
      embedder: { ...tinyEmbedderSpec, output: "pooler_output" },
      reranker: tinyRerankerSpec,
    });
    const error = await inference.embedder.embedQuery("red").catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toMatch(/no output "pooler_output"/);
    expect((error as UserError).hint).toMatch(/card/);
    await expect(inference.loaded("embedder")).rejects.toBeInstanceOf(UserError);
    await expect(inference.embedder.countTokens(["red"])).rejects.toBeInstanceOf(UserError);
    expect(await inference.reranker.score("red", ["blue"])).toHaveLength(1);
  });

  test("a device that cannot be had rejects with those that can", async () => {
    const inference = start({ embedder: tinyEmbedderSpec, device: process.platform === "darwin" ? "dml" : "coreml" });
    const error = await inference.embedder.embedQuery("red").catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).hint).toMatch(/--device cpu/);
  });

  test("NaN names the text by its place in the request, beyond the first message too", async () => {
    const { embedder, reranker } = start({ embedder: tinyEmbedderSpec, reranker: tinyRerankerSpec });
    const texts = Array.from({ length: 100 }, (_, i) => (i === 70 ? "poison" : "red"));
    await expect(embedder.embedPassages(texts)).rejects.toThrow(/text 71 by tiny-bert is NaN/);
    await expect(reranker.score("red", texts)).rejects.toThrow(/text 71 by tiny-bert is NaN/);
    expect(await embedder.embedPassages(["red"])).toHaveLength(1);
  });

  test("a callback that throws rejects its own request only", async () => {
    const { embedder } = start({ embedder: tinyEmbedderSpec });
    const request = embedder.embedPassages(["red", "green"], {
      onProgress() {
        throw new Error("the screen broke");
      },
    });
    await expect(request).rejects.toThrow("the screen broke");
    expect(await embedder.embedPassages(["red"])).toHaveLength(1);
  });
});
