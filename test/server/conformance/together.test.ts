import Together from "together-ai";
import { expect, test } from "vitest";
import { rerankDialects } from "../../../src/server/dialects/rerank-dialects.ts";
import { ServiceError } from "../../../src/server/service-error.ts";
import { startApp } from "../../support/start-app.ts";

const DIALECTS = rerankDialects({ rerankShape: "superset" });

test("together-ai ranks strings and objects, and gets documents back", async () => {
  const { url } = await startApp(DIALECTS);
  const client = new Together({ apiKey: "a key", baseURL: `${url}/v1` });
  const answer = await client.rerank.create({ model: "rerank-v3.5", query: "remove limescale", documents: [{ title: "Tides" }, { title: "Remove limescale" }], return_documents: true, top_n: 1 });
  expect(answer).toMatchObject({
    model: "rerank-v3.5",
    results: [{ index: 1, relevance_score: expect.closeTo(0.731, 3), document: { text: "title: Remove limescale", title: "Remove limescale" } }],
    usage: { completion_tokens: 0, prompt_tokens: expect.any(Number), total_tokens: expect.any(Number) },
  });
  const strings = await client.rerank.create({ model: "mini", query: "limescale", documents: ["tides", "limescale"] });
  expect(strings.results.map(({ index }) => index)).toEqual([1, 0]);
});

test("together-ai throws its classes", async () => {
  const { url } = await startApp(DIALECTS);
  const client = new Together({ apiKey: "a key", baseURL: `${url}/v1`, maxRetries: 0 });
  const error = await client.rerank.create({ model: "gpt-9", query: "q", documents: ["a"] }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Together.NotFoundError);
  expect(error).toMatchObject({ status: 404, error: { error: { type: "NotFoundError", param: "model" } } });
  await expect(client.rerank.create({ model: "mini", query: "q", documents: [] })).rejects.toBeInstanceOf(Together.BadRequestError);
});

test("together-ai asks again after Retry-After", async () => {
  const asked: number[] = [];
  const failure = () => {
    asked.push(Date.now());
    return asked.length === 1 ? new ServiceError("overloaded", "full", { retryAfterSeconds: 2 }) : undefined;
  };
  const { url } = await startApp(DIALECTS, { fake: { failure } });
  await new Together({ apiKey: "a key", baseURL: `${url}/v1` }).rerank.create({ model: "mini", query: "q", documents: ["a"] });
  // Of its own accord it would have asked again within half a second.
  expect((asked[1] ?? 0) - (asked[0] ?? 0)).toBeGreaterThanOrEqual(1995);
});
