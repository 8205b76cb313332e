import { describe, expect, test } from "vitest";
import { probeEmbedder } from "../../../src/adapters/remote/embed-probe.ts";
import { type Answer, KEY, openaiAnswer, startEmbedServer, testEndpoint, testTransport } from "./embed-server.ts";

const running = (): AbortSignal => new AbortController().signal;
const notFound: Answer = (response) => response.writeHead(404, { "content-type": "application/json" }).end("{}");

describe("probing an embedder", () => {
  test("tells the length of its vectors, its name, and what models of this name read", async () => {
    const server = await startEmbedServer((request) => (request.method === "GET" ? notFound : { ...openaiAnswer(request), model: "BAAI/bge-m3" }));
    expect(await probeEmbedder(testEndpoint("openai", server.url), testTransport(), running())).toEqual({ dimensions: 2, modelId: "BAAI/bge-m3", maxTokens: 8192 });
    expect(server.seen.map(({ method, path }) => `${method} ${path}`)).toEqual(["POST /v1/embeddings", "GET /v1/models"]);
    expect(server.seen[0]?.body).toMatchObject({ input: ["kettle"], model: "some-model" });
  });

  test("believes text-embeddings-inference what it tells about its model", async () => {
    const info = { model_id: "Qwen/Qwen3-Embedding-0.6B", max_input_length: 4000, model_type: { embedding: { pooling: "last_token" } } };
    const server = await startEmbedServer(({ method }) => (method === "GET" ? info : [[1, 2, 3]]));
    const endpoint = testEndpoint("tei", `${server.url}?access_token=1`, { model: undefined });
    expect(await probeEmbedder(endpoint, testTransport(), running())).toEqual({ dimensions: 3, modelId: "Qwen/Qwen3-Embedding-0.6B", maxTokens: 4000 });
    expect(server.seen.map(({ path }) => path)).toEqual(["/embed?access_token=1", "/info?role=embedder&access_token=1"]);
    expect(server.seen[1]?.headers.authorization).toBe(`Bearer ${KEY}`);
  });

  test("believes vLLM how much its model reads", async () => {
    const models = { object: "list", data: [{ id: "another", max_model_len: 1 }, { id: "some-model", max_model_len: 2048 }] };
    const server = await startEmbedServer((request) => (request.method === "GET" ? models : openaiAnswer(request)));
    expect(await probeEmbedder(testEndpoint("openai", server.url), testTransport(), running())).toMatchObject({ maxTokens: 2048 });
  });

  test.each([["a page", "<html>"], ["null", "null"], ["nonsense", '{"data": 3, "max_input_length": "many", "model_id": 7}'], ["nothing to read", '{"max_input_length": 0}']])(
    "does without what the server tells where that is %s",
    async (_, body) => {
      for (const dialect of ["tei", "openai"] as const) {
        const server = await startEmbedServer((request) => {
          if (request.method === "GET") return (response) => response.writeHead(200, { "content-type": "application/json" }).end(body);
          return dialect === "tei" ? [[1, 2]] : openaiAnswer(request);
        });
        expect(await probeEmbedder(testEndpoint(dialect, server.url, { model: "some-model" }), testTransport(), running())).toEqual({ dimensions: 2, modelId: "some-model", maxTokens: 512 });
      }
    },
  );

  test("asks for the length that somebody chose, and refuses another", async () => {
    const server = await startEmbedServer((request) => (request.method === "GET" ? notFound : openaiAnswer(request)));
    expect(await probeEmbedder(testEndpoint("openai", server.url), testTransport(), running(), 2)).toMatchObject({ dimensions: 2 });
    expect(server.seen[0]?.body.dimensions).toBe(2);
    await expect(probeEmbedder(testEndpoint("openai", server.url), testTransport(), running(), 3)).rejects.toMatchObject({ kind: "bad-answer", hint: expect.stringContaining("--dimensions") });
  });

  test("fails where the key is wrong, and ends when aborted", async () => {
    const server = await startEmbedServer(() => (response) => response.writeHead(401, { "content-type": "application/json" }).end("{}"));
    await expect(probeEmbedder(testEndpoint("cohere", server.url), testTransport(), running())).rejects.toMatchObject({ kind: "unauthorized" });
    const reason = new Error("enough");
    await expect(probeEmbedder(testEndpoint("cohere", server.url), testTransport(), AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  test("ends when aborted while the server tells about its model", async () => {
    const stop = new AbortController();
    const reason = new Error("enough");
    const server = await startEmbedServer((request) => {
      if (request.method !== "GET") return openaiAnswer(request);
      return () => stop.abort(reason);
    });
    await expect(probeEmbedder(testEndpoint("openai", server.url), testTransport(), stop.signal)).rejects.toBe(reason);
  });
});
