import { describe, expect, test } from "vitest";
import { EMBED_PROVIDERS, embedProviderOf, embedTokensOf, guessEmbedDialect, instructionSide } from "../../../src/adapters/remote/embed-providers.ts";
import { requestAddress } from "../../../src/adapters/remote/request-address.ts";
import { EMBED_DIALECTS } from "../../../src/domain/remote-model.ts";

describe("the dialect that an address says", () => {
  test.each([
    ["https://api.openai.com", "openai"],
    ["https://api.openai.com/v1", "openai"],
    ["https://api.openai.com/v1/embeddings", "openai"],
    ["https://my-team.openai.azure.com/openai/v1/", "openai"],
    ["https://dashscope.aliyuncs.com", "dashscope"],
    ["https://dashscope-intl.aliyuncs.com/api/v1", "dashscope"],
    ["https://cn-hongkong.dashscope.aliyuncs.com/api/v1", "dashscope"],
    ["https://dashscope-intl.aliyuncs.com/compatible-mode/v1", "openai"],
    ["https://api.cohere.com", "cohere"],
    ["https://api.cohere.ai/v2/embed", "cohere"],
    ["http://gpu:8000/v2/embed", "cohere"],
    ["https://api.jina.ai/v1", "openai"],
    ["https://api.voyageai.com", "openai"],
    ["https://api.siliconflow.cn", "openai"],
    ["http://gpu:8000/v1", "openai"],
    ["http://gpu:8000/v1/embeddings", "openai"],
    ["http://localhost:11434", "openai"],
    ["http://gpu:8080/embed", "tei"],
    ["http://gpu:8080", undefined],
    ["https://api.openai.com.evil.example", undefined],
    ["not an address", undefined],
  ])("%s: %s", (address, dialect) => {
    expect(guessEmbedDialect(address)).toBe(dialect);
  });

  test("each provider's own address says its dialect", () => {
    for (const dialect of EMBED_DIALECTS) {
      const { url } = EMBED_PROVIDERS[dialect];
      if (url !== undefined) expect(guessEmbedDialect(url)).toBe(dialect);
    }
  });
});

describe("where requests go", () => {
  test.each([
    ["openai", "https://api.openai.com", "https://api.openai.com/v1/embeddings"],
    ["openai", "https://dashscope.aliyuncs.com/compatible-mode/v1", "https://dashscope.aliyuncs.com/compatible-mode/v1/embeddings"],
    ["dashscope", "https://dashscope.aliyuncs.com", "https://dashscope.aliyuncs.com/api/v1/services/embeddings/text-embedding/text-embedding"],
    ["dashscope", "https://dashscope-intl.aliyuncs.com/api/v1", "https://dashscope-intl.aliyuncs.com/api/v1/services/embeddings/text-embedding/text-embedding"],
    ["cohere", "https://api.cohere.com/v2", "https://api.cohere.com/v2/embed"],
    ["tei", "http://gpu:8080/", "http://gpu:8080/embed"],
    ["tei", "http://gpu:8080/embed", "http://gpu:8080/embed"],
  ] as const)("%s at %s", (dialect, address, url) => {
    expect(requestAddress(address, EMBED_PROVIDERS[dialect].path)).toBe(url);
  });
});

describe("what is known of a server", () => {
  test("another server of OpenAI's dialect is never asked with OpenAI's key", () => {
    expect(embedProviderOf({ dialect: "openai", url: "https://api.openai.com" }).keyVariables).toEqual(["OPENAI_API_KEY", "RERANK_EMBED_KEY"]);
    expect(embedProviderOf({ dialect: "openai", url: "http://gpu:8000" }).keyVariables).toEqual(["RERANK_EMBED_KEY"]);
    expect(embedProviderOf({ dialect: "openai", url: "https://api.openai.com.evil.example" }).keyVariables).toEqual(["RERANK_EMBED_KEY"]);
    expect(embedProviderOf({ dialect: "openai", url: "https://api.siliconflow.cn/v1" }).keyVariables).toEqual(["SILICONFLOW_API_KEY", "RERANK_EMBED_KEY"]);
  });

  test("DashScope takes ten texts by either route", () => {
    expect(embedProviderOf({ dialect: "dashscope", url: "https://dashscope.aliyuncs.com" }).limits.maxDocuments).toBe(10);
    expect(embedProviderOf({ dialect: "openai", url: "https://dashscope.aliyuncs.com/compatible-mode/v1" }).limits.maxDocuments).toBe(10);
  });

  test.each([
    ["text-embedding-3-small", 8192],
    ["text-embedding-v4", 8192],
    ["text-embedding-v2", 2048],
    ["embed-multilingual-v3.0", 512],
    ["embed-v4.0", 128_000],
    ["Qwen/Qwen3-Embedding-0.6B", 32_768],
    ["qwen3-embedding:8b", 32_768],
    ["BAAI/bge-m3", 8192],
    ["BAAI/bge-large-zh-v1.5", 512],
    ["intfloat/multilingual-e5-large", 512],
    ["jina-embeddings-v3", 8192],
    ["somebody's own", 512],
    [undefined, 512],
  ])("%s reads %d tokens", (model, tokens) => {
    expect(embedTokensOf(model)).toBe(tokens);
  });
});

describe("who says what is searched for", () => {
  const gpu = "http://gpu:8000";
  test.each([
    ["openai", gpu, "client", "Qwen/Qwen3-Embedding-0.6B", "client"],
    ["openai", gpu, "server", "Qwen/Qwen3-Embedding-0.6B", "server"],
    ["openai", "https://api.siliconflow.cn", "client", "Qwen/Qwen3-Embedding-8B", "client"],
    ["openai", "https://api.siliconflow.cn", "server", "Qwen/Qwen3-Embedding-8B", "none"],
    ["openai", gpu, "client", "bge-m3", "none"],
    ["tei", gpu, "client", "qwen3-embedding", "client"],
    ["tei", gpu, "server", "qwen3-embedding", "none"],
    ["dashscope", "https://dashscope.aliyuncs.com", "client", "text-embedding-v4", "server"],
    ["dashscope", "https://dashscope.aliyuncs.com", "client", "text-embedding-v3", "none"],
    ["cohere", "https://api.cohere.com", "client", "embed-v4.0", "none"],
  ] as const)("%s at %s, template %s, %s: %s", (dialect, url, template, model, side) => {
    expect(instructionSide({ dialect, url, template }, model)).toBe(side);
  });
});
