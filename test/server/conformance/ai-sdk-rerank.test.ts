import { createCohere } from "@ai-sdk/cohere";
import { createTogetherAI } from "@ai-sdk/togetherai";
import { APICallError, rerank, RetryError, type RerankingModel } from "ai";
import { beforeAll, describe, expect, test } from "vitest";
import { rerankDialects } from "../../../src/server/dialects/rerank-dialects.ts";
import { ServiceError } from "../../../src/server/service-error.ts";
import type { FakeModelServiceOptions } from "../../support/fake-model-service.ts";
import { startApp } from "../../support/start-app.ts";

type Provider = (url: string) => RerankingModel;

const PROVIDERS: readonly [string, Provider][] = [
  ["@ai-sdk/cohere", (url) => createCohere({ baseURL: `${url}/v2`, apiKey: "a key" }).reranking("rerank-v3.5")],
  ["@ai-sdk/togetherai", (url) => createTogetherAI({ baseURL: `${url}/v1`, apiKey: "a key" }).reranking("rerank-v3.5")],
];

beforeAll(() => {
  // It says on stderr that Cohere's provider turns objects into strings.
  globalThis.AI_SDK_LOG_WARNINGS = false;
});

async function modelOf(provider: Provider, fake: FakeModelServiceOptions = {}) {
  const { url, models } = await startApp(rerankDialects({ rerankShape: "superset" }), { fake });
  return { model: provider(url), models };
}

describe.each(PROVIDERS)("the AI SDK's rerank with %s", (_name, provider) => {
  test("ranks strings", async () => {
    const { model, models } = await modelOf(provider);
    const { ranking, rerankedDocuments } = await rerank({ model, query: "remove limescale", documents: ["tides", "remove limescale", "limescale"], topN: 2 });
    expect(ranking).toEqual([
      { originalIndex: 1, score: expect.closeTo(0.731, 3), document: "remove limescale" },
      { originalIndex: 2, score: 0.5, document: "limescale" },
    ]);
    expect(rerankedDocuments).toEqual(["remove limescale", "limescale"]);
    expect(models.scored[0]?.model).toBe("rerank-v3.5");
  });

  test("ranks objects", async () => {
    const { model } = await modelOf(provider);
    const documents = [{ title: "tides" }, { title: "limescale" }];
    expect((await rerank({ model, query: "limescale", documents })).rerankedDocuments).toEqual([documents[1], documents[0]]);
  });

  test("reads the message of an error, and does not ask again for a model that is not here", async () => {
    const { model, models } = await modelOf(provider, { failure: () => new ServiceError("unknown-model", 'there is no reranker "x" here') });
    const error = await rerank({ model, query: "q", documents: ["a"] }).catch((thrown: unknown) => thrown);
    expect(APICallError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ statusCode: 404, message: 'there is no reranker "x" here', isRetryable: false });
    expect(models.scored).toEqual([]);
  });

  test("asks again when the queue is full, and says so when it stays full", async () => {
    let failures = 0;
    const { model } = await modelOf(provider, { failure: () => (failures++ === 0 ? new ServiceError("overloaded", "full", { retryAfterSeconds: 1 }) : undefined) });
    expect((await rerank({ model, query: "q", documents: ["a"] })).ranking).toHaveLength(1);
    const full = await modelOf(provider, { failure: () => new ServiceError("overloaded", "the queue is full", { retryAfterSeconds: 1 }) });
    const error = await rerank({ model: full.model, query: "q", documents: ["a"], maxRetries: 1 }).catch((thrown: unknown) => thrown);
    expect(RetryError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ lastError: { statusCode: 429, message: "the queue is full" } });
  });
});

test("the AI SDK's rank fields for Together reach the model", async () => {
  const { url, models } = await startApp(rerankDialects({ rerankShape: "superset" }));
  const model = createTogetherAI({ baseURL: `${url}/v1`, apiKey: "a key" }).reranking("mini");
  await rerank({ model, query: "q", documents: [{ title: "T", text: "x", id: 7 }], providerOptions: { togetherai: { rankFields: ["title", "id"] } } });
  expect(models.scored[0]?.texts).toEqual(["title: T\nid: 7"]);
});
