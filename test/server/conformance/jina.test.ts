import { APICallError, embed, embedMany } from "ai";
import { createJina } from "jina-ai-provider";
import { expect, test } from "vitest";
import type { ModelSpec } from "../../../src/domain/model-spec.ts";
import { embeddingDialects } from "../../../src/server/dialects/embedding-dialects.ts";
import { ServiceError } from "../../../src/server/service-error.ts";
import { fakeSpec } from "../../support/fake-models.ts";
import { startApp } from "../../support/start-app.ts";

// The provider has the interface of ai 5: ai 6 says so at each call.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });

const MATRYOSHKA = { ...fakeSpec("embedder", "mini", true), family: "qwen3", maxTokens: 10 } as ModelSpec;

async function start(options: Parameters<typeof startApp>[1] = {}) {
  const started = await startApp(embeddingDialects(), options);
  const jina = createJina({ baseURL: `${started.url}/v1`, apiKey: "unused" });
  return { ...started, model: jina.textEmbeddingModel("mini"), jina };
}

test("ai with jina-ai-provider embeds a query and passages", async () => {
  const { model, models } = await start();
  const query = await embed({ model, value: "descale the kettle", providerOptions: { jina: { inputType: "retrieval.query" } } });
  const passages = await embedMany({ model, values: ["store the teapot", "descale the kettle"], providerOptions: { jina: { inputType: "retrieval.passage" } } });
  expect(query.embedding).toEqual(passages.embeddings[1]);
  expect(query.usage.tokens).toBeGreaterThan(0);
  expect(models.embedded.map(({ use, inputs }) => [use, inputs.length])).toEqual([
    ["query", 1],
    ["passage", 2],
  ]);
});

test("ai with jina-ai-provider says how long vectors are, and in what form", async () => {
  const { model } = await start({ fake: { embedderSpec: MATRYOSHKA } });
  const { embedding } = await embed({ model, value: "kettle", providerOptions: { jina: { outputDimension: 32, embeddingType: "float" } } });
  expect(embedding).toHaveLength(32);
});

test("ai with jina-ai-provider has no text cut, unless it asks for it", async () => {
  const { model } = await start({ fake: { embedderSpec: MATRYOSHKA } });
  const value = "kettle ".repeat(20);
  const refused = embed({ model, value, maxRetries: 0 });
  await expect(refused).rejects.toSatisfy((error) => APICallError.isInstance(error));
  await expect(refused).rejects.toMatchObject({ statusCode: 400, isRetryable: false, message: expect.stringContaining("the 10 that the model reads") });
  const cut = await embed({ model, value, providerOptions: { jina: { truncate: true } } });
  expect(cut.embedding).toHaveLength(64);
});

test("ai with jina-ai-provider throws what the server says", async () => {
  const { jina, model } = await start();
  await expect(embed({ model: jina.textEmbeddingModel("jina-embeddings-v3"), value: "kettle", maxRetries: 0 })).rejects.toMatchObject({ statusCode: 404, isRetryable: false });
  await expect(embed({ model, value: "kettle", providerOptions: { jina: { normalized: false } }, maxRetries: 0 })).rejects.toMatchObject({
    statusCode: 400,
    message: expect.stringContaining("unit length"),
  });
});

test("ai with jina-ai-provider waits as long as Retry-After says after a 429, and asks again", async () => {
  const asked: number[] = [];
  const failure = (): Error | undefined => (asked.push(performance.now()) === 1 ? new ServiceError("overloaded", "the queue is full", { retryAfterSeconds: 3 }) : undefined);
  const { model } = await start({ fake: { failure } });
  expect((await embed({ model, value: "kettle" })).embedding).toHaveLength(64);
  expect(asked).toHaveLength(2);
  // Without the header it waits two seconds.
  expect((asked[1] ?? 0) - (asked[0] ?? 0)).toBeGreaterThan(2900);
});
