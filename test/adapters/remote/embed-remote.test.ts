import { describe, expect, test } from "vitest";
import type { RemoteCost } from "../../../src/ports/remote-provider.ts";
import { openaiAnswer, packed, startEmbedServer, testEmbedder, vectorFor } from "./embed-server.ts";

const texts = (count: number): string[] => Array.from({ length: count }, (_, at) => `${at} kettles`);
/** The slope that `vectorFor` gives a text, through unit length. */
const slopes = (embeddings: readonly { readonly vector: Float32Array }[]): number[] => embeddings.map(({ vector }) => Math.round((vector[1] ?? Number.NaN) / (vector[0] ?? Number.NaN)));

describe("many texts", () => {
  test("are split by the provider's limit, asked for at the same time, and come back in order", async () => {
    let underWay = 0;
    let most = 0;
    // The later a request, the sooner its answer.
    const server = await startEmbedServer((request, number) => (response) => {
      most = Math.max(most, ++underWay);
      setTimeout(
        () => {
          underWay -= 1;
          response.writeHead(200, { "content-type": "application/json" });
          response.end(JSON.stringify(openaiAnswer(request)));
        },
        60 - 5 * number,
      );
    });
    const progress: number[] = [];
    const costs: RemoteCost[] = [];
    const embedder = testEmbedder("openai", server.url, { limits: { maxDocuments: 10 }, bounds: { concurrency: 3 }, onCost: (cost) => costs.push(cost) });
    const embeddings = await embedder.embedPassages(texts(47), { onProgress: (done) => progress.push(done) });
    expect(slopes(embeddings)).toEqual(Array.from({ length: 47 }, (_, at) => at));
    expect(server.seen.map(({ body }) => body.input.length).toSorted()).toEqual([10, 10, 10, 10, 7]);
    expect(most).toBe(3);
    expect(progress).toEqual(Array.from({ length: 47 }, (_, at) => at + 1));
    expect(costs.at(-1)).toEqual({ requests: 5, tokens: 35, isEstimated: false, cacheHits: 0 });
  });

  test("are split by the tokens of a request, and a text over them goes alone", async () => {
    const server = await startEmbedServer(openaiAnswer);
    const embedder = testEmbedder("openai", server.url, { limits: { maxRequestTokens: 13 }, bounds: { concurrency: 1 } });
    // 5 tokens, 5, 25, 1.
    await embedder.embedPassages(["1".repeat(20), "2".repeat(20), "3".repeat(100), "4"]);
    expect(server.seen.map(({ body }) => body.input.map((text: string) => text[0]).join(""))).toEqual(["12", "3", "4"]);
  });

  test("no texts are no request", async () => {
    const server = await startEmbedServer(openaiAnswer);
    expect(await testEmbedder("openai", server.url).embedPassages([])).toEqual([]);
    expect(server.seen).toEqual([]);
  });

  test("the first failure ends the requests beside it, and no further one is made", async () => {
    let closed = 0;
    const server = await startEmbedServer(({ body }) => (response) => {
      if (body.input[0] === "0 kettles") {
        response.on("close", () => (closed += 1));
        return;
      }
      setTimeout(() => response.writeHead(400, { "content-type": "application/json" }).end("{}"), 30);
    });
    const embedder = testEmbedder("openai", server.url, { limits: { maxDocuments: 1 } });
    await expect(embedder.embedPassages(texts(20))).rejects.toMatchObject({ kind: "refused" });
    await expect.poll(() => closed).toBe(1);
    expect(server.seen).toHaveLength(2);
  });
});

describe("a text that is too long", () => {
  test("is cut by estimate before it is sent, and marked", async () => {
    const server = await startEmbedServer(openaiAnswer);
    const embedder = testEmbedder("openai", server.url, { spec: { maxTokens: 20 } });
    const [short, long] = await embedder.embedPassages(["1 short", `2 ${"long ".repeat(100)}`]);
    expect([short?.truncated, long?.truncated]).toEqual([false, true]);
    expect(server.seen[0]?.body.input[0]).toBe("1 short");
    expect(server.seen[0]?.body.input[1]).toHaveLength(64);
  });

  test("is cut where the provider reads less than the model", async () => {
    const server = await startEmbedServer(openaiAnswer);
    const [embedding] = await testEmbedder("openai", server.url, { spec: { maxTokens: 1000 }, limits: { maxDocumentTokens: 10 } }).embedPassages(["1".repeat(400)]);
    expect(embedding?.truncated).toBe(true);
    expect(server.seen[0]?.body.input[0]).toHaveLength(32);
  });

  test("is marked where the server says that it was cut there", async () => {
    const server = await startEmbedServer((request) => {
      const answer = openaiAnswer(request);
      answer.data[1].truncated = true;
      return answer;
    });
    expect((await testEmbedder("openai", server.url).embedPassages(texts(2))).map(({ truncated }) => truncated)).toEqual([false, true]);
  });
});

test("packed vectors are those that came as numbers", async () => {
  const server = await startEmbedServer((request) => {
    expect(request.body.encoding_format).toBe("base64");
    const answer = openaiAnswer(request);
    for (const entry of answer.data) entry.embedding = packed(entry.embedding);
    return answer;
  });
  const plain = await startEmbedServer(openaiAnswer);
  expect(await testEmbedder("openai", server.url).embedPassages(texts(3))).toEqual(await testEmbedder("openai", plain.url).embedPassages(texts(3)));
});

test("a query goes with its instruction, a passage bare, and text with half characters is mended", async () => {
  const server = await startEmbedServer((request) => openaiAnswer({ body: { input: request.body.input.map(() => "1") } }));
  const embedder = testEmbedder("openai", server.url, { endpoint: { model: "Qwen/Qwen3-Embedding-0.6B" } });
  await embedder.embedQuery("kettle", { instruction: "Find manuals" });
  await embedder.embedPassages(["kettle\ud800"]);
  expect(server.seen.map(({ body }) => body.input)).toEqual([["Instruct: Find manuals\nQuery:kettle"], ["kettle\ufffd"]]);
});

test("the model's name in the spec tells a Qwen3 model where the server asks for no name", async () => {
  const server = await startEmbedServer(() => [vectorFor("1")]);
  await testEmbedder("tei", server.url, { endpoint: { model: undefined }, spec: { id: "server:Qwen/Qwen3-Embedding-4B" } }).embedQuery("kettle");
  expect(server.seen[0]?.body.inputs[0]).toMatch(/^Instruct: /);
});

test("tokens are estimated, of any text, without a request", async () => {
  const server = await startEmbedServer(openaiAnswer);
  expect(await testEmbedder("openai", server.url).countTokens(["", "four", "水垢", "x".repeat(4000)])).toEqual([0, 1, 2, 1000]);
  expect(server.seen).toEqual([]);
});

describe("aborting", () => {
  test("ends a request that is under way at once, with the signal's reason", async () => {
    let closed = false;
    const stop = new AbortController();
    const reason = new Error("enough");
    const server = await startEmbedServer(() => (response) => {
      response.on("close", () => (closed = true));
      stop.abort(reason);
    });
    await expect(testEmbedder("openai", server.url).embedPassages(texts(3), { signal: stop.signal })).rejects.toBe(reason);
    await expect.poll(() => closed).toBe(true);
  });

  test("before the start makes no request", async () => {
    const server = await startEmbedServer(openaiAnswer);
    const reason = new Error("enough");
    await expect(testEmbedder("openai", server.url).embedQuery("kettle", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(server.seen).toEqual([]);
  });

  test("between two requests makes no further one", async () => {
    const stop = new AbortController();
    const reason = new Error("enough");
    const server = await startEmbedServer(openaiAnswer);
    const embedder = testEmbedder("openai", server.url, { limits: { maxDocuments: 1 }, bounds: { concurrency: 1 } });
    await expect(embedder.embedPassages(texts(5), { signal: stop.signal, onProgress: (done) => done === 2 && stop.abort(reason) })).rejects.toBe(reason);
    expect(server.seen).toHaveLength(2);
  });
});
