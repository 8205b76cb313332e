import { describe, expect, test } from "vitest";
import { embeddingDialects } from "../../../src/server/dialects/embedding-dialects.ts";
import { ServiceError, type ServiceErrorKind } from "../../../src/server/service-error.ts";
import type { ModelSpec } from "../../../src/domain/model-spec.ts";
import { fakeSpec } from "../../support/fake-models.ts";
import { startApp } from "../../support/start-app.ts";

/** Whose vectors may be cut. */
const MATRYOSHKA = { ...fakeSpec("embedder", "mini", true), family: "qwen3" } as ModelSpec;
const TEXTS = ["descale the kettle with vinegar", "store the kettle in a dry place"];

describe("POST /v1/embeddings", () => {
  test("answers with one vector for each text, in the order given", async () => {
    const { post, models } = await startApp(embeddingDialects());
    const { status, body, headers } = await post("/v1/embeddings", { model: "mini", input: TEXTS });
    expect(status).toBe(200);
    expect(body).toMatchObject({ object: "list", model: "mini", data: [{ object: "embedding", index: 0 }, { object: "embedding", index: 1 }] });
    for (const { embedding } of body.data) expect(Math.hypot(...embedding)).toBeCloseTo(1, 6);
    expect(body.usage.prompt_tokens).toBe(body.usage.total_tokens);
    expect(headers.get("x-compute-tokens")).toBe(String(body.usage.total_tokens));
    expect(headers.get("x-truncated-inputs")).toBeNull();
    expect(models.embedded).toMatchObject([{ inputs: TEXTS, use: "passage", model: "mini" }]);
    const alone = await post("/embeddings", { input: TEXTS[1] });
    expect(alone.body.data[0].embedding).toEqual(body.data[1].embedding);
  });

  test("packs the same numbers, to the bit, when asked for base64", async () => {
    const { post } = await startApp(embeddingDialects());
    const plain = await post("/v1/embeddings", { input: TEXTS, encoding_format: "float" });
    const packed = await post("/v1/embeddings", { input: TEXTS, encoding_format: "base64" });
    for (const [position, { embedding }] of packed.body.data.entries()) {
      const bytes = Buffer.from(embedding, "base64");
      const numbers = Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(at * 4));
      expect(numbers).toEqual(plain.body.data[position].embedding);
    }
  });

  test("takes a text, texts, token ids, and several texts' token ids", async () => {
    const { post, models } = await startApp(embeddingDialects());
    const sent = ["kettle", ["kettle", "teapot"], [5, 6, 7], [[5, 6], [7]]];
    const counts: number[] = [];
    for (const input of sent) counts.push((await post("/v1/embeddings", { input })).body.data.length);
    expect(counts).toEqual([1, 2, 1, 2]);
    expect(models.embedded.map(({ inputs }) => inputs)).toEqual([["kettle"], ["kettle", "teapot"], [[5, 6, 7]], [[5, 6], [7]]]);
  });

  test("refuses what is not as it should be with 400, and names the member", async () => {
    const { post, models } = await startApp(embeddingDialects());
    const mistakes: [unknown, string | null][] = [
      [{}, "input"],
      [{ input: null }, "input"],
      [{ input: 7 }, "input"],
      [{ input: [] }, "input"],
      [{ input: "" }, "input[0]"],
      [{ input: ["kettle", ""] }, "input[1]"],
      [{ input: [[]] }, "input[0]"],
      [{ input: [-1] }, "input"],
      [{ input: [1.5] }, "input"],
      [{ input: ["kettle", 7] }, "input"],
      [{ input: "kettle", encoding_format: "binary" }, "encoding_format"],
      [{ input: "kettle", encoding_format: "float", embedding_type: "base64" }, "embedding_type"],
      [{ input: "kettle", dimensions: "32" }, "dimensions"],
      [{ input: "kettle", dimensions: 0 }, "dimensions"],
      [{ input: "kettle", normalized: false }, "normalized"],
      [{ input: "kettle", input_type: "query", task: "retrieval.passage" }, "task"],
    ];
    for (const [request, param] of mistakes) {
      const { status, body } = await post("/v1/embeddings", request);
      expect({ request, status, body }).toEqual({ request, status: 400, body: { error: { message: expect.any(String), type: "invalid_request_error", param, code: null } } });
    }
    expect(models.embedded).toEqual([]);
  });

  test("says in one sentence what an input may be", async () => {
    const { post } = await startApp(embeddingDialects());
    const { body } = await post("/v1/embeddings", { input: { text: "kettle" } });
    expect(body.error.message).toBe("body.input must be a string, an array of strings, an array of token ids, or an array of arrays of token ids");
    const encoding = await post("/v1/embeddings", { input: "kettle", encoding_format: "ubinary" });
    expect(encoding.body.error.message).toBe("body.encoding_format must be equal to one of the allowed values: float, base64");
  });

  test("cuts vectors of models that were trained for it, and brings them back to unit length", async () => {
    const { post } = await startApp(embeddingDialects(), { fake: { embedderSpec: MATRYOSHKA } });
    const whole = await post("/v1/embeddings", { input: TEXTS });
    const cut = await post("/v1/embeddings", { input: TEXTS, dimensions: 40 });
    expect(cut.status).toBe(200);
    for (const [position, { embedding }] of cut.body.data.entries()) {
      expect(embedding).toHaveLength(40);
      expect(Math.hypot(...embedding)).toBeCloseTo(1, 6);
      const beginning: number[] = whole.body.data[position].embedding.slice(0, 40);
      const length = Math.hypot(...beginning);
      for (const [at, value] of beginning.entries()) expect(embedding[at]).toBeCloseTo(value / length, 6);
    }
  });

  test("refuses dimensions that a model does not have", async () => {
    const { post } = await startApp(embeddingDialects(), { fake: { embedderSpec: MATRYOSHKA } });
    for (const dimensions of [31, 65, 4096]) {
      expect(await post("/v1/embeddings", { input: "kettle", dimensions })).toMatchObject({
        status: 400,
        body: { error: { message: "dimensions must be 32 to 64 for this model", param: "dimensions" } },
      });
    }
    const encoder = await startApp(embeddingDialects());
    expect((await encoder.post("/v1/embeddings", { input: "kettle", dimensions: 64 })).status).toBe(200);
    const refused = await encoder.post("/v1/embeddings", { input: "kettle", dimensions: 32 });
    expect(refused).toMatchObject({ status: 400, body: { error: { message: expect.stringContaining("64 numbers"), param: "dimensions" } } });
  });

  test("marks texts that are longer than the model reads, or refuses them when asked to", async () => {
    const { post, models } = await startApp(embeddingDialects(), { fake: { embedderSpec: { ...MATRYOSHKA, maxTokens: 10 } } });
    const long = "kettle ".repeat(20);
    const { body, headers } = await post("/v1/embeddings", { input: ["kettle", long, long] });
    expect(body.data.map(({ truncated }: { truncated?: boolean }) => truncated)).toEqual([undefined, true, true]);
    expect(headers.get("x-truncated-inputs")).toBe("2");
    models.embedded.length = 0;
    const refused = await post("/v1/embeddings", { input: ["kettle", long], truncate: false });
    expect(refused).toMatchObject({ status: 400, body: { error: { message: expect.stringContaining("the 10 that the model reads"), param: "input[1]" } } });
    const ids = await post("/v1/embeddings", { input: [[1], Array.from({ length: 11 }, () => 1)], truncate: false });
    expect(ids).toMatchObject({ status: 400, body: { error: { param: "input[1]" } } });
    expect(models.embedded).toEqual([]);
    // Too long with the model's special tokens only: seen by the model alone.
    const byModel = await post("/v1/embeddings", { input: ["kettle ".repeat(5)], truncate: false });
    expect(byModel).toMatchObject({ status: 400, body: { error: { param: "input[0]" } } });
    expect(models.embedded).toHaveLength(1);
  });

  test("embeds queries as queries, with their instruction", async () => {
    const { post, models } = await startApp(embeddingDialects());
    await post("/v1/embeddings", { input: "kettle", input_type: "search_query" });
    await post("/v1/embeddings", { input: "kettle", task: "retrieval.query", instruction: "Find manuals" });
    expect(models.embedded).toMatchObject([{ use: "query" }, { use: "query", instruction: "Find manuals" }]);
    expect(models.embedded[0]).not.toHaveProperty("instruction");
  });

  test("takes null and empty names for members that are left out", async () => {
    const { post, models } = await startApp(embeddingDialects());
    const nothing = { encoding_format: null, embedding_type: null, dimensions: null, input_type: null, task: null, prompt_name: null, instruction: null, normalized: null, truncate: null, user: null };
    expect((await post("/v1/embeddings", { input: "kettle", model: null, ...nothing })).status).toBe(200);
    expect((await post("/v1/embeddings", { input: "kettle", model: "", late_chunking: false })).status).toBe(200);
    expect(models.embedded.map(({ model }) => model)).toEqual([undefined, undefined]);
  });

  test("answers an unknown model with 404 in OpenAI's shape", async () => {
    const { post } = await startApp(embeddingDialects());
    const { status, body } = await post("/v1/embeddings", { input: "kettle", model: "text-embedding-3-small" });
    expect(status).toBe(404);
    expect(body).toEqual({ error: { message: expect.any(String), type: "invalid_request_error", param: "model", code: "model_not_found" } });
  });

  test("refuses more than a request may have before anything waits", async () => {
    const { post, models } = await startApp(embeddingDialects());
    const many = await post("/v1/embeddings", { input: Array.from({ length: 101 }, () => "kettle") });
    expect(many).toMatchObject({ status: 400, body: { error: { param: "input", code: "request_too_large" } } });
    const long = await post("/v1/embeddings", { input: Array.from({ length: 10_001 }, () => 1) });
    expect(long).toMatchObject({ status: 400, body: { error: { param: "input", code: "request_too_large" } } });
    const large = await post("/v1/embeddings", { input: "kettle ".repeat(150_000) });
    expect(large).toMatchObject({ status: 413, body: { error: { code: "request_too_large" } } });
    expect(models.embedded).toEqual([]);
  });

  test("refuses a vector that is not one", async () => {
    const { post, models } = await startApp(embeddingDialects());
    const embed = models.embed.bind(models);
    models.embed = async (...call) => {
      const work = await embed(...call);
      work.embeddings[0]?.vector.fill(Number.NaN);
      return work;
    };
    expect(await post("/v1/embeddings", { input: "kettle" })).toMatchObject({ status: 502, body: { error: { code: "model_failed" } } });
  });

  test("has a status and a code for whatever keeps the service from answering", async () => {
    let kind: ServiceErrorKind = "internal";
    const { post } = await startApp(embeddingDialects(), { fake: { failure: () => new ServiceError(kind, "not now", { retryAfterSeconds: 7 }) } });
    const expected: [ServiceErrorKind, number, string | null][] = [
      ["rate-limited", 429, "rate_limit_exceeded"],
      ["overloaded", 429, "overloaded"],
      ["unavailable", 503, "unavailable"],
      ["deadline", 504, "timeout"],
      ["model-failed", 502, "model_failed"],
      ["unauthorized", 401, "invalid_api_key"],
      ["forbidden", 403, "forbidden"],
      ["internal", 500, null],
    ];
    for (const [next, status, code] of expected) {
      kind = next;
      const answer = await post("/v1/embeddings", { input: "kettle" });
      expect(answer).toMatchObject({ status, body: { error: { message: "not now", param: null, code } } });
      expect(answer.headers.get("retry-after")).toBe("7");
    }
  });

  test("never repeats a text or an unknown name in an error", async () => {
    const { post } = await startApp(embeddingDialects(), { fake: { embedderSpec: { ...MATRYOSHKA, maxTokens: 10 } } });
    const secret = "hunter2 ".repeat(20);
    for (const request of [{ input: secret, truncate: false }, { input: "kettle", task: secret }, { input: [secret, 7] }, { input: secret, dimensions: 1 }]) {
      const { status, body } = await post("/v1/embeddings", request);
      expect(status).toBe(400);
      expect(JSON.stringify(body)).not.toContain("hunter2");
    }
  });
});
