import { describe, expect, test } from "vitest";
import { requestAddress, requirePrivacy, shownAddress } from "../../../src/adapters/remote/request-address.ts";
import { GENERIC_RERANK_KEY, guessRerankDialect, RERANK_PROVIDERS } from "../../../src/adapters/remote/rerank-providers.ts";
import { userErrorOf } from "../../support/user-error-of.ts";

describe("the address of a request", () => {
  test.each([
    ["http://localhost:8000", "/v1/rerank", "http://localhost:8000/v1/rerank"],
    ["http://localhost:8000/", "/v1/rerank", "http://localhost:8000/v1/rerank"],
    ["http://localhost:8000/v1", "/v1/rerank", "http://localhost:8000/v1/rerank"],
    ["http://localhost:8000/v1", "/v2/rerank", "http://localhost:8000/v1/rerank"],
    ["http://localhost:8000/v1", "/rerank", "http://localhost:8000/v1/rerank"],
    ["https://a.example/gpu/", "/rerank", "https://a.example/gpu/rerank"],
    ["https://a.example/my/route", "/rerank", "https://a.example/my/route"],
    ["https://a.example/api/v1", "/api/v1/services/rerank/text-rerank/text-rerank", "https://a.example/api/v1/services/rerank/text-rerank/text-rerank"],
    ["https://a.example/v1?version=3#x", "/v1/rerank", "https://a.example/v1/rerank?version=3"],
  ])("of %s with %s is %s", (address, path, expected) => {
    expect(requestAddress(address, path)).toBe(expected);
  });

  test.each(["localhost:8000", "ftp://a.example", "", "https://"])("cannot be %j", (address) => {
    expect(userErrorOf(() => requestAddress(address, "/rerank")).hint).toContain("https://");
  });

  test("holds no password, and the message does not repeat it", () => {
    const { message, hint } = userErrorOf(() => requestAddress("https://me:hidden@a.example/", "/rerank"));
    expect(`${message} ${hint}`).not.toMatch(/hidden|\bme\b:/);
  });

  test("is shown without its query", () => {
    expect(shownAddress("https://a.example:8443/v1/rerank?token=7")).toBe("a.example:8443/v1/rerank");
  });
});

describe("plain http", () => {
  test.each([
    "http://localhost:1",
    "http://127.0.0.1",
    "http://127.9.9.9",
    "http://[::1]:80",
    "http://10.1.2.3",
    "http://172.16.0.1",
    "http://172.31.255.255",
    "http://192.168.7.7",
    "http://169.254.1.1",
    "http://[fd12::1]",
    "http://[fc00::1]",
    "http://[fe80::1]",
    "http://[febf::1]",
    "http://[::ffff:192.168.1.1]",
    "http://gpu-box:8000",
    "http://gpu.local",
    "http://GPU.LOCAL.",
    "https://a.example",
  ])("is taken for %s", (url) => {
    requirePrivacy({ url, allowPlainHttp: false });
  });

  test.each([
    "http://a.example",
    "http://8.8.8.8",
    "http://172.15.0.1",
    "http://172.32.0.1",
    "http://192.169.0.1",
    "http://11.0.0.1",
    "http://127.0.0.1.example",
    "http://local.example",
    "http://notlocal.example.com",
    "http://[2001:db8::1]",
    "http://[fec0::1]",
    "http://[::ffff:8.8.8.8]",
    "http://134744072",
  ])("is refused for %s, unless it is allowed", (url) => {
    expect(userErrorOf(() => requirePrivacy({ url, allowPlainHttp: false })).hint).toContain("--plain-http");
    requirePrivacy({ url, allowPlainHttp: true });
  });
});

describe("the dialect", () => {
  test.each([
    ["https://dashscope.aliyuncs.com", "dashscope"],
    ["https://dashscope-intl.aliyuncs.com/compatible-api/v1", "dashscope-compatible"],
    ["https://dashscope.aliyuncs.com/compatible-api/v1/reranks", "dashscope-compatible"],
    ["http://box:8000/api/v1/services/rerank/text-rerank/text-rerank", "dashscope"],
    ["https://api.cohere.com/v2/rerank", "cohere"],
    ["https://api.jina.ai/v1/rerank", "jina"],
    ["https://api.voyageai.com/v1", "voyage"],
    ["https://api.siliconflow.com", "siliconflow"],
    ["http://box:8000/v1/score", "vllm-score"],
    ["http://box:8080/v1/reranking/", "llamacpp"],
    ["http://box:8000/voyage/v1/rerank", "voyage"],
    ["http://box:8000/v1/rerank", undefined],
    ["http://box:8000", undefined],
    ["https://api.cohere.com.evil.example", undefined],
    ["nonsense", undefined],
  ])("of %s is %s", (url, dialect) => {
    expect(guessRerankDialect(url)).toBe(dialect);
  });

  test("of every provider's own address is its own, and every provider has a place for its key", () => {
    for (const [dialect, { url, keyVariables }] of Object.entries(RERANK_PROVIDERS)) {
      if (url !== undefined) expect(guessRerankDialect(url)).toBe(dialect);
      expect(keyVariables.at(-1)).toBe(GENERIC_RERANK_KEY);
    }
  });
});
