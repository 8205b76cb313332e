import { InferenceClient, InferenceClientProviderApiError } from "@huggingface/inference";
import { expect, test } from "vitest";
import { embeddingDialects } from "../../../src/server/dialects/embedding-dialects.ts";
import { ServiceError } from "../../../src/server/service-error.ts";
import { startApp } from "../../support/start-app.ts";

test("@huggingface/inference extracts features of a text and of several", async () => {
  const { url, models } = await startApp(embeddingDialects());
  const client = new InferenceClient(undefined, { endpointUrl: `${url}/embed` });
  const one = (await client.featureExtraction({ inputs: "descale the kettle" })) as number[][];
  const several = (await client.featureExtraction({ inputs: ["descale the kettle", "store the teapot"], normalize: true, prompt_name: "query", truncate: true })) as number[][];
  expect(one).toHaveLength(1);
  expect(several).toHaveLength(2);
  expect(several[0]).toEqual(one[0]);
  expect(Math.hypot(...(several[1] ?? []))).toBeCloseTo(1, 6);
  expect(models.embedded.map(({ use }) => use)).toEqual(["passage", "query"]);
});

test("@huggingface/inference compares sentences", async () => {
  const { url } = await startApp(embeddingDialects());
  const client = new InferenceClient(undefined, { endpointUrl: `${url}/similarity` });
  const similarities = await client.sentenceSimilarity({ inputs: { source_sentence: "descale the kettle", sentences: ["store the teapot", "descale the kettle", "the kettle"] } });
  expect(similarities).toHaveLength(3);
  expect(similarities[1]).toBeCloseTo(1, 6);
  expect(similarities[2]).toBeGreaterThan(similarities[0] ?? 1);
});

test("@huggingface/inference throws what the server says", async () => {
  const { url } = await startApp(embeddingDialects(), { fake: { failure: () => new ServiceError("overloaded", "the queue is full") } });
  const client = new InferenceClient(undefined, { endpointUrl: `${url}/embed` });
  const overloaded = client.featureExtraction({ inputs: "kettle" });
  await expect(overloaded).rejects.toBeInstanceOf(InferenceClientProviderApiError);
  await expect(overloaded).rejects.toMatchObject({ message: "Failed to perform inference: the queue is full", httpResponse: { status: 429, body: { error_type: "Overloaded" } } });
  await expect(client.featureExtraction({ inputs: [] })).rejects.toMatchObject({ httpResponse: { status: 400, body: { error_type: "Empty" } } });
  await expect(client.featureExtraction({ inputs: "kettle", normalize: false })).rejects.toMatchObject({ httpResponse: { status: 422, body: { error_type: "Validation" } } });
});

test("@huggingface/inference asks again after a 503, as often as it takes", async () => {
  let asked = 0;
  const { url } = await startApp(embeddingDialects(), { fake: { failure: () => (++asked < 3 ? new ServiceError("unavailable", "models are loading", { retryAfterSeconds: 1 }) : undefined) } });
  const client = new InferenceClient(undefined, { endpointUrl: `${url}/embed` });
  expect(await client.featureExtraction({ inputs: "kettle" })).toHaveLength(1);
  expect(asked).toBe(3);
});
