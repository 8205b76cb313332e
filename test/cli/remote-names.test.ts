import { describe, expect, test } from "vitest";
import { findEmbedEndpoint, findRerankEndpoint } from "../../src/cli/remote-endpoint.ts";
import { withServers } from "../../src/cli/remote-names.ts";
import { createRemoteLocator } from "../../src/cli/remote-specs.ts";
import type { IndexManifest } from "../../src/ports/passage-store.ts";
import { REMOTE_SETTINGS } from "../support/remote-settings.ts";
import { MANIFEST } from "../support/synthetic-index.ts";

const NAMES = { models: undefined, embedder: undefined, reranker: undefined };

describe("names", () => {
  test.each([
    [{ reranker: "Qwen/Qwen3-Reranker-0.6B", rerankUrl: "http://gpu:8000" }, { reranker: "server:Qwen/Qwen3-Reranker-0.6B" }],
    [{ reranker: "cohere:rerank-v3.5" }, { reranker: "cohere:rerank-v3.5" }],
    [{ reranker: "server:judge", rerankUrl: "http://gpu:8000" }, { reranker: "server:judge" }],
    [{ models: "mini+judge", rerankUrl: "http://gpu:8000" }, { models: "mini+server:judge" }],
    [{ models: "mini+bge-reranker-base" }, { models: "mini+bge-reranker-base" }],
    [{ embedder: "mini", embedUrl: "none" }, { embedder: "mini" }],
  ])("%j becomes %j", (wish, expected) => {
    expect(withServers({ ...NAMES, ...wish })).toEqual({ ...NAMES, ...expected });
  });
});

describe("endpoints", () => {
  test("a provider's name leads to its address, with its key", () => {
    const { endpoint, id, keySource } = findRerankEndpoint("cohere:rerank-v3.5", REMOTE_SETTINGS, { COHERE_API_KEY: "secret" });
    expect([new URL(endpoint.url).host, endpoint.model, id, keySource]).toEqual(["api.cohere.com", "rerank-v3.5", "cohere:rerank-v3.5", "COHERE_API_KEY"]);
  });

  test("a provider's key does not go to another server, whatever dialect that speaks", () => {
    const settings = { ...REMOTE_SETTINGS, rerankUrl: "https://api.cohere.com.evil.example/v2/rerank", embedUrl: "https://evil.example/v1" };
    const env = { COHERE_API_KEY: "secret", OPENAI_API_KEY: "secret" };
    expect(findRerankEndpoint("cohere:rerank-v3.5", settings, env).endpoint.key).toBeUndefined();
    expect(findEmbedEndpoint("openai:text-embedding-3-small", settings, env).endpoint.key).toBeUndefined();
    expect(findEmbedEndpoint("openai:text-embedding-3-small", settings, { ...env, RERANK_EMBED_KEY: "ours" }).keySource).toBe("RERANK_EMBED_KEY");
  });

  test("a model at an address of one's own is called by no provider's name, and its query is not shown", () => {
    const found = findEmbedEndpoint("openai:bge-m3", { ...REMOTE_SETTINGS, embedUrl: "http://gpu:8000/v1?key=secret" }, {});
    expect([found.id, found.url]).toEqual(["server:bge-m3", "http://gpu:8000/v1"]);
  });

  test.each([
    ["server:judge", { rerankUrl: "http://gpu:8000" }, "does not say how its reranker is asked", "--rerank-dialect cohere|jina"],
    ["server:judge", {}, "its address is not set", "--rerank-url"],
    ["vllm:judge", {}, "its address is not set", "--rerank-url"],
    ["openai:gpt", {}, "openai:gpt is no reranker", "cohere, jina"],
    ["cohere:rerank-v3.5", { rerankDialect: "jina" as const }, "is asked as cohere, not as jina", "leave --rerank-dialect out"],
    ["server", { rerankUrl: "http://gpu:8000", rerankDialect: "vllm" as const }, "vllm servers ask for a name", "--reranker"],
  ])("%s with %j is an error that names the remedy", (name, settings, message, hint) => {
    const find = () => findRerankEndpoint(name, { ...REMOTE_SETTINGS, ...settings }, {});
    expect(find).toThrow(expect.objectContaining({ message: expect.stringContaining(message) as string, hint: expect.stringContaining(hint) as string }) as Error);
  });
});

describe("specs", () => {
  const locator = createRemoteLocator({ settings: { ...REMOTE_SETTINGS, embedUrl: "http://127.0.0.1:1/v1" }, env: {} });
  const manifest: IndexManifest = { ...MANIFEST, embedderId: "server:bge-m3", dimensions: 256, embedTokens: 8192 };

  test("an index tells what its embedder is, so that nobody is asked", async () => {
    const spec = await locator.locateEmbedder("server:bge-m3", {}, manifest);
    expect(spec).toMatchObject({ family: "remote", id: "server:bge-m3", dimensions: 256, maxTokens: 8192 });
    expect(spec.askedDimensions).toBeUndefined();
  });

  test("a length that was asked for is asked for again", async () => {
    expect((await locator.locateEmbedder("server:bge-m3", {}, { ...manifest, asksDimensions: true })).askedDimensions).toBe(256);
  });

  test("the same model at another address has the same fingerprint, another model another one", async () => {
    const moved = createRemoteLocator({ settings: { ...REMOTE_SETTINGS, embedUrl: "http://127.0.0.2:1/v1" }, env: {} });
    const [here, there] = [await locator.locateEmbedder("server:bge-m3", {}, manifest), await moved.locateEmbedder("server:bge-m3", {}, manifest)];
    expect(there.fingerprint).toBe(here.fingerprint);
    const other = await locator.locateEmbedder("server:e5", {}, { ...manifest, embedderId: "server:e5" });
    expect(other.fingerprint).not.toBe(here.fingerprint);
  });

  test("a template of ours goes to servers alone that read texts as they come", () => {
    const client = createRemoteLocator({ settings: { ...REMOTE_SETTINGS, rerankTemplate: "client" }, env: {} });
    expect(() => client.locateReranker("cohere:rerank-v3.5", {})).toThrow("puts its models' template around texts itself");
  });
});
