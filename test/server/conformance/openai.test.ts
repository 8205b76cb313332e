import OpenAI, { AuthenticationError, BadRequestError, InternalServerError, NotFoundError, PermissionDeniedError, RateLimitError } from "openai";
import { expect, test } from "vitest";
import type { ModelSpec } from "../../../src/domain/model-spec.ts";
import { embeddingDialects } from "../../../src/server/dialects/embedding-dialects.ts";
import { ServiceError, type ServiceErrorKind } from "../../../src/server/service-error.ts";
import { fakeSpec } from "../../support/fake-models.ts";
import { startApp } from "../../support/start-app.ts";

const MATRYOSHKA = { ...fakeSpec("embedder", "mini", true), family: "qwen3", maxTokens: 10 } as ModelSpec;
const TEXTS = ["descale the kettle with vinegar", "store the kettle in a dry place"];

async function start(options: Parameters<typeof startApp>[1] = {}, maxRetries = 0) {
  const started = await startApp(embeddingDialects(), options);
  return { ...started, openai: new OpenAI({ baseURL: `${started.url}/v1`, apiKey: "unused", maxRetries }) };
}

test("openai embeds, and its default base64 gives the numbers that floats give, to the bit", async () => {
  const { openai, models } = await start();
  const unpacked = await openai.embeddings.create({ model: "mini", input: TEXTS });
  const floats = await openai.embeddings.create({ model: "mini", input: TEXTS, encoding_format: "float" });
  expect(floats).toMatchObject({ object: "list", model: "mini", usage: { prompt_tokens: expect.any(Number), total_tokens: expect.any(Number) } });
  expect(floats.data.map(({ index }) => index)).toEqual([0, 1]);
  for (const { embedding } of floats.data) expect(Math.hypot(...embedding)).toBeCloseTo(1, 6);
  for (const [position, { embedding }] of unpacked.data.entries()) expect([...embedding]).toEqual(floats.data[position]?.embedding);
  const { vector } = (await models.embed({ inputs: TEXTS, use: "passage" }, { client: "test", signal: new AbortController().signal })).embeddings[1] ?? {};
  expect(floats.data[1]?.embedding).toEqual([...(vector ?? [])]);
});

test("openai asks for packed vectors and gets them unopened", async () => {
  const { openai } = await start();
  const { data } = await openai.embeddings.create({ model: "mini", input: TEXTS, encoding_format: "base64" });
  const packed = data[0]?.embedding as unknown as string;
  expect(Buffer.from(packed, "base64")).toHaveLength(64 * 4);
});

test("openai sends one text, token ids, and a user", async () => {
  const { openai, models } = await start();
  await openai.embeddings.create({ model: "mini", input: "kettle", user: "u-1" });
  await openai.embeddings.create({ model: "mini", input: [5, 6, 7] });
  await openai.embeddings.create({ model: "mini", input: [[5, 6], [7]] });
  expect(models.embedded.map(({ inputs }) => inputs)).toEqual([["kettle"], [[5, 6, 7]], [[5, 6], [7]]]);
});

test("openai shortens vectors of models that were trained for it", async () => {
  const { openai } = await start({ fake: { embedderSpec: MATRYOSHKA } });
  const { data } = await openai.embeddings.create({ model: "mini", input: TEXTS, dimensions: 32 });
  expect(data[0]?.embedding).toHaveLength(32);
  expect(Math.hypot(...(data[0]?.embedding ?? []))).toBeCloseTo(1, 6);
  await expect(openai.embeddings.create({ model: "mini", input: TEXTS, dimensions: 65 })).rejects.toThrow("dimensions must be 32 to 64");
});

test("openai sees which texts were cut", async () => {
  const { openai } = await start({ fake: { embedderSpec: MATRYOSHKA } });
  const { data, response } = await openai.embeddings.create({ model: "mini", input: ["kettle", "kettle ".repeat(20)] }).withResponse();
  expect(data.data.map((embedding) => "truncated" in embedding && embedding.truncated)).toEqual([false, true]);
  expect(response.headers.get("x-truncated-inputs")).toBe("1");
});

test("openai throws its own classes, with code and param", async () => {
  const { openai } = await start();
  const unknown = openai.embeddings.create({ model: "text-embedding-3-small", input: "kettle" });
  await expect(unknown).rejects.toBeInstanceOf(NotFoundError);
  await expect(unknown).rejects.toMatchObject({ status: 404, code: "model_not_found", param: "model", type: "invalid_request_error" });
  for (const input of ["", [], ["kettle", ""], [[]]]) {
    await expect(openai.embeddings.create({ model: "mini", input: input as string[] })).rejects.toBeInstanceOf(BadRequestError);
  }
  await expect(openai.models.retrieve("gpt-4")).rejects.toBeInstanceOf(NotFoundError);
});

test("openai throws its own classes for what keeps the service from answering", async () => {
  let kind: ServiceErrorKind = "internal";
  const { openai } = await start({ fake: { failure: () => new ServiceError(kind, "not now") } });
  const classes: [ServiceErrorKind, new (...args: never[]) => Error][] = [
    ["unauthorized", AuthenticationError],
    ["forbidden", PermissionDeniedError],
    ["overloaded", RateLimitError],
    ["rate-limited", RateLimitError],
    ["unavailable", InternalServerError],
    ["deadline", InternalServerError],
    ["model-failed", InternalServerError],
  ];
  for (const [next, expected] of classes) {
    kind = next;
    const failed = openai.embeddings.create({ model: "mini", input: "kettle" });
    await expect(failed).rejects.toBeInstanceOf(expected);
    await expect(failed).rejects.toThrow("not now");
  }
});

test("openai waits as long as Retry-After says after a 429, and asks again", async () => {
  const asked: number[] = [];
  const failure = (): Error | undefined => (asked.push(performance.now()) === 1 ? new ServiceError("overloaded", "the queue is full", { retryAfterSeconds: 2 }) : undefined);
  const { openai } = await start({ fake: { failure } }, 2);
  const { data } = await openai.embeddings.create({ model: "mini", input: "kettle" });
  expect(data).toHaveLength(1);
  expect(asked).toHaveLength(2);
  // Without the header it waits half a second.
  expect((asked[1] ?? 0) - (asked[0] ?? 0)).toBeGreaterThan(1900);
});

test("openai lists models, and retrieves one by a name with a slash", async () => {
  const { openai, models } = await start();
  const own = await models.models();
  const name = "Qwen/Qwen3-Embedding-0.6B";
  models.models = async () => [...own, { names: [name], role: "embedder", isDefault: false, state: "available", spec: fakeSpec("embedder", name), device: null, memoryBytes: null }];
  const listed: OpenAI.Model[] = [];
  for await (const model of openai.models.list()) listed.push(model);
  expect(listed.map(({ id, object }) => [id, object])).toEqual([
    ["mini", "model"],
    [name, "model"],
  ]);
  expect(await openai.models.retrieve(name)).toMatchObject({ id: name, object: "model", created: expect.any(Number), owned_by: "Qwen" });
  expect(await openai.models.retrieve("rerank-v3.5")).toMatchObject({ id: "mini" });
});
