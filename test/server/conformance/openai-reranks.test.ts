import OpenAI, { BadRequestError, NotFoundError } from "openai";
import { expect, test } from "vitest";
import { rerankDialects } from "../../../src/server/dialects/rerank-dialects.ts";
import { ServiceError } from "../../../src/server/service-error.ts";
import { startApp } from "../../support/start-app.ts";

const DIALECTS = rerankDialects({ rerankShape: "superset" });
const REQUEST = { model: "rerank-v3.5", query: "remove limescale", documents: ["tides", "remove limescale", "limescale"], top_n: 2 };

test.each(["/compatible-api/v1", "/v1", ""])("openai's client posts to /reranks below %s, as DashScope's documentation does", async (base) => {
  const { url, models } = await startApp(DIALECTS);
  const client = new OpenAI({ apiKey: "a key", baseURL: url + base });
  const answer = await client.post<{ results: unknown[]; model: string }>("/reranks", { body: { ...REQUEST, instruct: "answers" } });
  expect(answer).toMatchObject({ object: "list", model: "rerank-v3.5", results: [{ index: 1 }, { index: 2 }] });
  expect(models.scored[0]?.instruction).toBe("answers");
});

test("openai's client throws its classes, with message, type, code and param", async () => {
  const { url } = await startApp(DIALECTS);
  const client = new OpenAI({ apiKey: "a key", baseURL: `${url}/compatible-api/v1`, maxRetries: 0 });
  const error = await client.post("/reranks", { body: { ...REQUEST, model: "gpt-9" } }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(NotFoundError);
  expect(error).toMatchObject({ status: 404, message: expect.stringContaining("gpt-9"), type: "NotFoundError", code: 404, param: "model" });
  await expect(client.post("/reranks", { body: { ...REQUEST, documents: [] } })).rejects.toBeInstanceOf(BadRequestError);
});

test("openai's client asks again after Retry-After", async () => {
  const asked: number[] = [];
  const failure = () => {
    asked.push(Date.now());
    return asked.length === 1 ? new ServiceError("unavailable", "models are loading", { retryAfterSeconds: 2 }) : undefined;
  };
  const { url } = await startApp(DIALECTS, { fake: { failure } });
  await new OpenAI({ apiKey: "a key", baseURL: `${url}/compatible-api/v1` }).post("/reranks", { body: REQUEST });
  // Of its own accord it would have asked again within half a second.
  expect((asked[1] ?? 0) - (asked[0] ?? 0)).toBeGreaterThanOrEqual(1995);
});
