import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { RerankDialectName } from "../../../src/domain/remote-model.ts";
import { RERANK_DIALECTS } from "../../../src/domain/remote-model.ts";
import { relevanceOf } from "../../../src/domain/ranking.ts";
import { rerankDialects } from "../../../src/server/dialects/rerank-dialects.ts";
import type { TokenUsage } from "../../../src/domain/token-usage.ts";
import type { RemoteCost } from "../../../src/ports/remote-provider.ts";
import { openRemoteReranker, REMOTE_KEY } from "../../support/remote-reranker.ts";
import { sendJson, startScriptedRemote } from "../../support/scripted-remote.ts";
import { startApp } from "../../support/start-app.ts";

interface Documented {
  readonly dialect: RerankDialectName;
  readonly model: string | null;
  readonly instruction?: string;
  readonly path: string;
  readonly request: unknown;
  readonly answer: unknown;
  readonly scores: readonly number[];
  readonly tokens: number | null;
}

/** The examples of each provider's documentation, with the request that we send. */
const DOCUMENTED = JSON.parse(readFileSync(new URL("../../fixtures/remote/rerank-answers.json", import.meta.url), "utf8")) as Documented[];
const LOGITS: readonly RerankDialectName[] = ["tei", "llamacpp"];

describe("a provider's documented answer", () => {
  test("is there for every dialect", () => {
    expect([...new Set(DOCUMENTED.map(({ dialect }) => dialect))].toSorted()).toEqual(RERANK_DIALECTS.toSorted());
  });

  test.each(DOCUMENTED)("is read from $dialect for $model, for the request that it documents", async ({ dialect, model, instruction, path, request, answer, scores, tokens }) => {
    const remote = await startScriptedRemote((response) => sendJson(response, answer));
    const costs: RemoteCost[] = [];
    const usages: TokenUsage[] = [];
    const reranker = openRemoteReranker(remote.url, dialect, { endpoint: { model: model ?? undefined }, onCost: (cost) => costs.push(cost) });
    const judgments = await reranker.score("Q", ["a", "b", "c"], { ...(instruction !== undefined && { instruction }), onUsage: (usage) => usages.push(usage) });
    expect(remote.calls).toMatchObject([{ path, headers: { authorization: `Bearer ${REMOTE_KEY}` } }]);
    expect(remote.calls[0]?.body).toEqual(request);
    const isLogit = LOGITS.includes(dialect);
    expect(judgments.map(({ logit, relevance }) => (isLogit ? logit : relevance))).toEqual(scores);
    for (const { logit, relevance, truncated } of judgments) {
      expect(Number.isFinite(logit)).toBe(true);
      expect(relevance).toBeCloseTo(relevanceOf(logit), 12);
      expect(truncated).toBe(false);
    }
    // Three pairs of a query and a document of one token each, where the provider does not tell.
    expect(costs).toEqual([{ requests: 1, tokens: tokens ?? 6, isEstimated: tokens === null, cacheHits: 0 }]);
    expect(usages).toHaveLength(3);
    expect(usages.at(-1)).toEqual({ computedTokens: tokens ?? 6, savedTokens: 0 });
  });
});

describe("our own server as a peer", () => {
  const PEERS: readonly (readonly [RerankDialectName, string])[] = [
    ["cohere", "/"],
    ["cohere", "/v1"],
    ["jina", "/"],
    ["siliconflow", "/"],
    ["vllm", "/"],
    ["vllm", "/rerank"],
    ["vllm-score", "/"],
    ["tei", "/"],
    ["llamacpp", "/"],
    ["dashscope", "/"],
    ["dashscope-compatible", "/"],
    ["dashscope-compatible", "/v1/reranks"],
    ["voyage", "/voyage/v1/rerank"],
  ];
  const TEXTS = ["tides follow the moon", "vinegar removes limescale from kettles", "limescale is calcium carbonate", "how to remove limescale with vinegar", "tides follow the moon"];

  test.each(PEERS)("judges by way of %s at %s as its model does", async (dialect, path) => {
    const { url, models } = await startApp(rerankDialects({ rerankShape: "superset" }));
    const reranker = openRemoteReranker(url + path, dialect, { endpoint: { model: dialect === "tei" ? undefined : "mini" }, limits: { maxDocuments: 2 } });
    const told: number[] = [];
    const judgments = await reranker.score("remove limescale with vinegar", TEXTS, { onJudgment: (position) => told.push(position) });
    const direct = await models.score({ model: "mini", query: "remove limescale with vinegar", texts: TEXTS }, { signal: new AbortController().signal } as never);
    judgments.forEach(({ logit, relevance }, position) => {
      expect(relevance).toBeCloseTo(direct.judgments[position]!.relevance, 12);
      expect(logit).toBeCloseTo(direct.judgments[position]!.logit, 9);
    });
    expect(told).toEqual([0, 1, 2, 3, 4]);
    // Three requests of two documents at most, and the one that was compared with.
    expect(models.scored).toHaveLength(4);
  });

  test.each([
    ["dashscope", "qwen3-rerank"],
    ["dashscope-compatible", "qwen3-rerank"],
    ["vllm", "mini"],
    ["vllm-score", "mini"],
    ["siliconflow", "Qwen/Qwen3-Reranker-8B"],
  ] as const)("gets the instruction by way of %s", async (dialect, model) => {
    const { url, models } = await startApp(rerankDialects({ rerankShape: "superset" }));
    await openRemoteReranker(url, dialect, { endpoint: { model } }).score("limescale", TEXTS, { instruction: "chemistry only" }).catch(() => {});
    expect(models.scored[0]).toMatchObject({ query: "limescale", instruction: "chemistry only" });
  });
});
