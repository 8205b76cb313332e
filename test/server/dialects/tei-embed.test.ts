import { describe, expect, test } from "vitest";
import { embeddingDialects } from "../../../src/server/dialects/embedding-dialects.ts";
import { ServiceError, type ServiceErrorKind } from "../../../src/server/service-error.ts";
import type { ModelSpec } from "../../../src/domain/model-spec.ts";
import { fakeSpec } from "../../support/fake-models.ts";
import { startApp } from "../../support/start-app.ts";

const SHORT_SIGHTED = { ...fakeSpec("embedder", "mini", true), family: "qwen3", maxTokens: 10 } as ModelSpec;
const LONG = "kettle ".repeat(20);

describe("POST /embed", () => {
  test("answers with a bare list of vectors, as text-embeddings-inference does", async () => {
    const { post, models } = await startApp(embeddingDialects());
    const { status, body, headers } = await post("/embed", { inputs: ["descale the kettle", "store the kettle"] });
    expect(status).toBe(200);
    expect(body).toHaveLength(2);
    for (const vector of body) expect(Math.hypot(...vector)).toBeCloseTo(1, 6);
    expect(headers.get("x-compute-tokens")).toMatch(/^\d+$/);
    expect(models.embedded).toMatchObject([{ use: "passage" }]);
    expect((await post("/embed", { inputs: "store the kettle", normalize: true })).body).toEqual([body[1]]);
  });

  test("reads prompt_name, dimensions and token ids", async () => {
    const { post, models } = await startApp(embeddingDialects(), { fake: { embedderSpec: SHORT_SIGHTED } });
    const { body } = await post("/embed", { inputs: [[1, 2], "kettle"], prompt_name: "query", dimensions: 32 });
    expect(body.map((vector: number[]) => vector.length)).toEqual([32, 32]);
    expect(models.embedded).toMatchObject([{ inputs: [[1, 2], "kettle"], use: "query" }]);
  });

  test("cuts texts that are too long, and refuses them where they may not be cut", async () => {
    const { post, models } = await startApp(embeddingDialects(), { fake: { embedderSpec: SHORT_SIGHTED } });
    const refused = await post("/embed", { inputs: ["kettle", LONG], truncate: false });
    expect(refused).toMatchObject({ status: 422, body: { error: expect.stringContaining("inputs[1]"), error_type: "Validation" } });
    expect(models.embedded).toEqual([]);
    const cut = await post("/embed", { inputs: ["kettle", LONG], truncate: true, truncation_direction: "Right" });
    expect(cut.status).toBe(200);
    expect(cut.headers.get("x-truncated-inputs")).toBe("1");
    for (const truncate of [undefined, null]) expect((await post("/embed", { inputs: ["kettle", LONG], truncate })).headers.get("x-truncated-inputs")).toBe("1");
    const fromTheLeft = await post("/embed", { inputs: "kettle", truncate: true, truncation_direction: "Left" });
    expect(fromTheLeft).toMatchObject({ status: 422, body: { error_type: "Validation" } });
    expect((await post("/embed", { inputs: "kettle", truncate: false, truncation_direction: "Left" })).status).toBe(200);
  });

  test("refuses what is not as it should be, in text-embeddings-inference's words", async () => {
    const { post, models } = await startApp(embeddingDialects());
    const mistakes: [unknown, number, string][] = [
      [{ inputs: [] }, 400, "Empty"],
      [{ inputs: ["kettle", ""] }, 422, "Validation"],
      [{}, 422, "Validation"],
      [{ inputs: 7 }, 422, "Validation"],
      [{ inputs: "kettle", normalize: false }, 422, "Validation"],
      [{ inputs: "kettle", prompt_name: "poem" }, 422, "Validation"],
      [{ inputs: "kettle", dimensions: 32 }, 422, "Validation"],
      [{ inputs: Array.from({ length: 101 }, () => "kettle") }, 422, "Validation"],
    ];
    for (const [request, status, error_type] of mistakes) {
      const answer = await post("/embed", request);
      expect({ request, status: answer.status, body: answer.body }).toEqual({ request, status, body: { error: expect.any(String), error_type } });
    }
    expect(models.embedded).toEqual([]);
  });

  test("has a status and a word for whatever keeps the service from answering", async () => {
    let kind: ServiceErrorKind = "internal";
    const { post } = await startApp(embeddingDialects(), { fake: { failure: () => new ServiceError(kind, "not now") } });
    const expected: [ServiceErrorKind, number, string][] = [
      ["overloaded", 429, "Overloaded"],
      ["unavailable", 503, "Unhealthy"],
      ["model-failed", 424, "Backend"],
      ["deadline", 504, "Overloaded"],
    ];
    for (const [next, status, error_type] of expected) {
      kind = next;
      expect(await post("/embed", { inputs: "kettle" })).toMatchObject({ status, body: { error: "not now", error_type } });
    }
  });
});

describe("POST /similarity", () => {
  test("answers with a cosine for each sentence, in the order given", async () => {
    const { post, models } = await startApp(embeddingDialects());
    const inputs = { source_sentence: "descale the kettle", sentences: ["store the teapot", "descale the kettle", "kettle"] };
    const { status, body, headers } = await post("/similarity", { inputs });
    expect(status).toBe(200);
    expect(body).toHaveLength(3);
    expect(body[1]).toBeCloseTo(1, 6);
    expect(body[2]).toBeCloseTo(1 / Math.sqrt(3), 6);
    for (const similarity of body) expect(Math.abs(similarity)).toBeLessThanOrEqual(1);
    expect(headers.get("x-compute-tokens")).toMatch(/^\d+$/);
    expect(models.embedded).toMatchObject([{ use: "passage" }]);
  });

  test("gives a pair the same similarity either way round", async () => {
    const { post } = await startApp(embeddingDialects());
    const [there] = (await post("/similarity", { inputs: { source_sentence: "descale the kettle", sentences: ["store the kettle"] } })).body;
    const [back] = (await post("/similarity", { inputs: { source_sentence: "store the kettle", sentences: ["descale the kettle"] }, parameters: null })).body;
    expect(there).toBe(back);
  });

  test("reads its parameters", async () => {
    const { post, models } = await startApp(embeddingDialects(), { fake: { embedderSpec: SHORT_SIGHTED } });
    const inputs = { source_sentence: "kettle", sentences: [LONG] };
    expect(await post("/similarity", { inputs, parameters: { truncate: false } })).toMatchObject({ status: 422, body: { error: expect.stringContaining("sentences[0]") } });
    const cut = await post("/similarity", { inputs, parameters: { truncate: true, prompt_name: "query" } });
    expect(cut.status).toBe(200);
    expect(cut.headers.get("x-truncated-inputs")).toBe("1");
    expect(models.embedded).toMatchObject([{ use: "query" }]);
  });

  test("names a source that is too long by its own name", async () => {
    const { post } = await startApp(embeddingDialects(), { fake: { embedderSpec: SHORT_SIGHTED } });
    const { status, body } = await post("/similarity", { inputs: { source_sentence: LONG, sentences: ["kettle"] }, parameters: { truncate: false } });
    expect(status).toBe(422);
    expect(body.error).toContain("source_sentence");
  });

  test("refuses what is not as it should be", async () => {
    const { post, models } = await startApp(embeddingDialects());
    const mistakes: [unknown, number, string][] = [
      [{ source_sentence: "kettle", sentences: [] }, 400, "Empty"],
      [{ source_sentence: "", sentences: ["kettle"] }, 422, "Validation"],
      [{ source_sentence: "kettle", sentences: ["kettle", ""] }, 422, "Validation"],
      ["kettle", 422, "Validation"],
      [{ source_sentence: "kettle", sentences: [1] }, 422, "Validation"],
      [{ source_sentence: "kettle", sentences: Array.from({ length: 101 }, () => "kettle") }, 422, "Validation"],
    ];
    for (const [inputs, status, error_type] of mistakes) {
      const answer = await post("/similarity", { inputs });
      expect({ inputs, status: answer.status, body: answer.body }).toEqual({ inputs, status, body: { error: expect.any(String), error_type } });
    }
    expect(models.embedded).toEqual([]);
  });

  test("takes as many sentences as a request may have", async () => {
    const { post } = await startApp(embeddingDialects());
    const { status, body } = await post("/similarity", { inputs: { source_sentence: "kettle", sentences: Array.from({ length: 100 }, () => "kettle") } });
    expect(status).toBe(200);
    expect(body).toHaveLength(100);
  });
});

test.each([
  ["/embed", { inputs: "kettle" }],
  ["/similarity", { inputs: { source_sentence: "kettle", sentences: ["tea"] } }],
])("%s takes a model's name, and is a 404 for one that is not here", async (path, body) => {
  const { post, models } = await startApp(embeddingDialects());
  expect(await post(path, { ...body, model: "nope" })).toMatchObject({ status: 404, body: { error_type: "NotFound" } });
  expect(models.embedded).toEqual([]);
  for (const model of ["mini", "", null]) expect(await post(path, { ...body, model })).toMatchObject({ status: 200 });
  expect(models.embedded.map((asked) => asked.model)).toEqual(["mini", undefined, undefined]);
});
