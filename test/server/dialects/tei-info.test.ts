import { describe, expect, test } from "vitest";
import { embeddingDialects } from "../../../src/server/dialects/embedding-dialects.ts";
import { fakeSpec } from "../../support/fake-models.ts";
import { startApp } from "../../support/start-app.ts";

const EMBEDDER = { ...fakeSpec("embedder", "mini"), maxTokens: 256 };

async function infoOf(query = "", dialects = embeddingDialects({ maxConcurrentRequests: 12 })) {
  const started = await startApp(dialects, { fake: { embedderSpec: EMBEDDER } });
  const response = await fetch(`${started.url}/info${query}`);
  return { ...started, status: response.status, body: JSON.parse(await response.text()) };
}

describe("GET /info", () => {
  test("tells all that text-embeddings-inference tells", async () => {
    const { status, body } = await infoOf("?role=reranker");
    expect(status).toBe(200);
    expect(body).toEqual({
      model_id: "mini",
      model_sha: "1",
      model_dtype: "fp32",
      model_type: { reranker: { id2label: { 0: "LABEL_0" }, label2id: { LABEL_0: 0 } } },
      max_concurrent_requests: 12,
      max_input_length: 512,
      max_batch_tokens: 10_000,
      max_batch_requests: null,
      max_client_batch_size: 100,
      auto_truncate: true,
      tokenization_workers: 1,
      version: "0.0.0-test",
      sha: null,
      docker_label: null,
    });
  });

  test("tells of the embedder when asked for it", async () => {
    const { body } = await infoOf("?role=embedder");
    expect(body).toMatchObject({ model_id: "mini", model_type: { embedding: { pooling: "none" } }, max_input_length: 256 });
    expect(body.model_type).not.toHaveProperty("reranker");
  });

  test("names both kinds of model, and the length that either reads, when asked for none", async () => {
    const { body } = await infoOf();
    expect(Object.keys(body.model_type)).toEqual(["reranker", "embedding"]);
    expect(body.max_input_length).toBe(256);
  });

  test("refuses a role that is none, and says when there is no model", async () => {
    expect(await infoOf("?role=poet")).toMatchObject({ status: 422, body: { error_type: "Validation" } });
    const { models, url } = await infoOf();
    models.models = async () => [];
    const response = await fetch(`${url}/info`);
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ error: expect.any(String), error_type: "NotFound" });
  });
});
