import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { embedDialectOf } from "../../../src/adapters/remote/embed-providers.ts";
import { prepareTexts } from "../../../src/adapters/remote/embed-sides.ts";
import type { EmbedDialectName } from "../../../src/domain/remote-model.ts";
import type { RemoteCost, RemoteEndpoint } from "../../../src/ports/remote-provider.ts";
import { KEY, startEmbedServer, testEmbedder, testEndpoint } from "./embed-server.ts";

const DOCUMENTED: Readonly<Record<EmbedDialectName, any>> = JSON.parse(readFileSync(new URL("../../fixtures/remote/embed-documented.json", import.meta.url), "utf8"));

describe("answers as each provider documents them", () => {
  test.each([
    ["openai", "/v1/embeddings", 8, (answer: any) => answer.data.map(({ embedding }: any) => embedding)],
    ["tei", "/embed", undefined, (answer: any) => answer],
    ["dashscope", "/api/v1/services/embeddings/text-embedding/text-embedding", 27, (answer: any) => answer.output.embeddings.map(({ embedding }: any) => embedding)],
    ["cohere", "/v2/embed", 2, (answer: any) => answer.embeddings.float],
  ] as const)("%s: two vectors, brought to unit length, with the tokens that it counts", async (dialect, path, tokens, vectorsOf) => {
    const server = await startEmbedServer(() => DOCUMENTED[dialect]);
    let cost: RemoteCost | undefined;
    const embedder = testEmbedder(dialect, server.url, { spec: { dimensions: 3 }, onCost: (told) => (cost = told) });
    const embeddings = await embedder.embedPassages(["hello", "goodbye"]);
    for (const [position, raw] of (vectorsOf(DOCUMENTED[dialect]) as number[][]).entries()) {
      const { vector = new Float32Array(), truncated } = embeddings[position] ?? {};
      expect(truncated).toBe(false);
      expect(Math.hypot(...vector)).toBeCloseTo(1, 6);
      expect((vector[0] ?? 0) / (vector[1] ?? 0)).toBeCloseTo((raw[0] ?? 0) / (raw[1] ?? 0), 3);
    }
    expect(server.seen).toHaveLength(1);
    expect(server.seen[0]).toMatchObject({ method: "POST", path, headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" } });
    // "hello" and "goodbye" are about four tokens.
    expect(cost).toEqual({ requests: 1, tokens: tokens ?? 4, isEstimated: tokens === undefined, cacheHits: 0 });
  });

  test("vectors that come in another order are put in that of the texts", async () => {
    for (const dialect of ["openai", "dashscope"] as const) {
      const answer = structuredClone(DOCUMENTED[dialect]);
      (dialect === "openai" ? answer.data : answer.output.embeddings).reverse();
      const server = await startEmbedServer(() => answer);
      const ordered = await startEmbedServer(() => DOCUMENTED[dialect]);
      const texts = ["hello", "goodbye"];
      const wishes = { spec: { dimensions: 3 } };
      expect(await testEmbedder(dialect, server.url, wishes).embedPassages(texts)).toEqual(await testEmbedder(dialect, ordered.url, wishes).embedPassages(texts));
    }
  });

  test("text-embeddings-inference counts tokens in a header", async () => {
    const server = await startEmbedServer(() => (response) => {
      response.writeHead(200, { "content-type": "application/json", "x-compute-tokens": "11" });
      response.end(JSON.stringify(DOCUMENTED.tei));
    });
    let cost: RemoteCost | undefined;
    await testEmbedder("tei", server.url, { spec: { dimensions: 3 }, onCost: (told) => (cost = told) }).embedPassages(["a", "b"]);
    expect(cost).toMatchObject({ tokens: 11, isEstimated: false });
  });

  test("a server without a key is sent none", async () => {
    const server = await startEmbedServer(() => DOCUMENTED.tei);
    await testEmbedder("tei", server.url, { endpoint: { key: undefined, model: undefined }, spec: { dimensions: 3 } }).embedPassages(["a", "b"]);
    expect(server.seen[0]?.headers.authorization).toBeUndefined();
  });
});

/** What is sent for one text. */
function bodyFor(use: "query" | "passage", endpoint: RemoteEndpoint<EmbedDialectName>, { instruction, dimensions }: { instruction?: string; dimensions?: number } = {}): Record<string, unknown> {
  const { text, side } = prepareTexts(endpoint, "", use, instruction);
  return embedDialectOf(endpoint).requestBody({ texts: [text("kettle")], use, model: endpoint.model, side, dimensions });
}

const QWEN3 = "Qwen/Qwen3-Embedding-0.6B";
const TASK = "Find manuals";
const WRAPPED = `Instruct: ${TASK}\nQuery:kettle`;
const DEFAULT = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:kettle";

describe("what requests say", () => {
  const gpu = "http://gpu:8000";
  const plain = { model: "bge-m3", input: ["kettle"], encoding_format: "base64" };

  test("a Qwen3 model's instruction stands before queries, once, and the server is told nothing of sides", () => {
    const endpoint = testEndpoint("openai", gpu, { model: QWEN3 });
    expect(bodyFor("query", endpoint)).toEqual({ model: QWEN3, input: [DEFAULT], encoding_format: "base64" });
    expect(bodyFor("query", endpoint, { instruction: TASK })).toEqual({ model: QWEN3, input: [WRAPPED], encoding_format: "base64" });
    expect(bodyFor("passage", endpoint)).toEqual({ model: QWEN3, input: ["kettle"], encoding_format: "base64" });
    for (const dialect of ["tei", "cohere"] as const) {
      const query = JSON.stringify(bodyFor("query", testEndpoint(dialect, gpu, { model: QWEN3 })));
      expect(query.split("Instruct:")).toHaveLength(2);
      expect(query).not.toMatch(/prompt_name|input_type|instruction/);
    }
  });

  test("with the template on the server's side texts go bare, with the dialect's own word for the side", () => {
    const server = { model: QWEN3, template: "server" } as const;
    const asOpenai = testEndpoint("openai", gpu, server);
    expect(bodyFor("query", asOpenai, { instruction: TASK })).toEqual({ ...plain, model: QWEN3, input_type: "query", instruction: TASK });
    expect(bodyFor("passage", asOpenai, { instruction: TASK })).toEqual({ ...plain, model: QWEN3, input_type: "passage" });
    const asTei = testEndpoint("tei", gpu, server);
    expect(bodyFor("query", asTei, { instruction: TASK })).toEqual({ inputs: ["kettle"], truncate: true, prompt_name: "query" });
    expect(bodyFor("passage", asTei)).toEqual({ inputs: ["kettle"], truncate: true });
  });

  test("a model that is no Qwen3 gets no prefix, and the side where the dialect has one", () => {
    expect(bodyFor("query", testEndpoint("openai", gpu, { model: "bge-m3" }), { instruction: TASK })).toEqual({ ...plain, input_type: "query" });
    // Which prompts a model has there is not known: an unknown one would be refused.
    expect(bodyFor("query", testEndpoint("tei", gpu, { model: undefined }))).toEqual({ inputs: ["kettle"], truncate: true });
  });

  test("OpenAI and those that refuse what they do not know are told no side", () => {
    expect(bodyFor("query", testEndpoint("openai", "https://api.openai.com", { model: "bge-m3" }))).toEqual(plain);
    expect(bodyFor("query", testEndpoint("openai", "https://api.siliconflow.cn/v1", { model: "bge-m3" }))).toEqual(plain);
    expect(bodyFor("query", testEndpoint("openai", "https://api.mistral.ai/v1", { model: "mistral-embed" }))).toEqual({ model: "mistral-embed", input: ["kettle"] });
    expect(bodyFor("query", testEndpoint("openai", "https://dashscope.aliyuncs.com/compatible-mode/v1", { model: "text-embedding-v4" }))).toEqual({
      model: "text-embedding-v4",
      input: ["kettle"],
      encoding_format: "float",
    });
  });

  test("Jina and Voyage are told the side in their own words", () => {
    const jina = testEndpoint("openai", "https://api.jina.ai", { model: "jina-embeddings-v3" });
    expect(bodyFor("query", jina)).toMatchObject({ task: "retrieval.query", truncate: true });
    expect(bodyFor("passage", jina)).toMatchObject({ task: "retrieval.passage" });
    expect(bodyFor("query", testEndpoint("openai", "https://api.jina.ai", { model: "jina-embeddings-v2-base-en" }))).not.toHaveProperty("task");
    const voyage = testEndpoint("openai", "https://api.voyageai.com", { model: "voyage-4" });
    expect(bodyFor("query", voyage)).toMatchObject({ input_type: "query" });
    expect(bodyFor("passage", voyage, { dimensions: 256 })).toMatchObject({ input_type: "document", output_dimension: 256 });
  });

  test("DashScope is told the side, the instruction and the length", () => {
    const endpoint = testEndpoint("dashscope", "https://dashscope.aliyuncs.com", { model: "text-embedding-v4" });
    expect(bodyFor("query", endpoint, { instruction: TASK, dimensions: 256 })).toEqual({
      model: "text-embedding-v4",
      input: { texts: ["kettle"] },
      parameters: { text_type: "query", instruct: TASK, dimension: 256 },
    });
    expect(bodyFor("passage", endpoint, { instruction: TASK })).toEqual({ model: "text-embedding-v4", input: { texts: ["kettle"] }, parameters: { text_type: "document" } });
    expect(bodyFor("query", testEndpoint("dashscope", "https://dashscope.aliyuncs.com", { model: "text-embedding-v3" }), { instruction: TASK })).toMatchObject({
      parameters: { text_type: "query" },
    });
  });

  test("Cohere is told the side and the length", () => {
    const endpoint = testEndpoint("cohere", "https://api.cohere.com", { model: "embed-v4.0" });
    expect(bodyFor("query", endpoint, { dimensions: 256 })).toEqual({
      model: "embed-v4.0",
      texts: ["kettle"],
      input_type: "search_query",
      embedding_types: ["float"],
      truncate: "END",
      output_dimension: 256,
    });
    expect(bodyFor("passage", endpoint)).toMatchObject({ input_type: "search_document" });
  });

  test("a length is asked for only where somebody chose one", () => {
    expect(bodyFor("passage", testEndpoint("openai", gpu, { model: QWEN3 }), { dimensions: 256 })).toMatchObject({ dimensions: 256 });
    expect(bodyFor("passage", testEndpoint("tei", gpu), { dimensions: 256 })).toMatchObject({ dimensions: 256 });
    expect(bodyFor("passage", testEndpoint("openai", gpu))).not.toHaveProperty("dimensions");
  });
});
