import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { rerankDialects } from "../../../src/server/dialects/rerank-dialects.ts";
import { startApp } from "../../support/start-app.ts";

const DIALECTS = rerankDialects({ rerankShape: "superset" });
const NATIVE = "/api/v1/services/rerank/text-rerank/text-rerank";
const GOLDEN: readonly { about: string; path: string; request: object; status: number; order: number[]; answer: unknown }[] = JSON.parse(
  readFileSync("test/fixtures/http/dashscope.json", "utf8"),
);
const INPUT = { query: "remove limescale", documents: ["tides", "remove limescale", "limescale"] };

describe("DashScope", () => {
  test.each(GOLDEN)("answers as its documentation shows: $about", async ({ path, request, status, order, answer }) => {
    const { post } = await startApp(DIALECTS, {
      // The documents of the documentation, in the order in which it ranks them.
      fake: { logitOf: (_query, text) => 3 - order.findIndex((position) => documentsOf(request)[position] === text) },
    });
    const { body, ...answered } = await post(path, { ...request, model: null });
    expect(answered.status).toBe(status);
    const expected = masked(answer);
    expect(pick(masked(body), expected)).toEqual(expected);
  });

  test("takes null for what is optional, and reads nothing but the members that it checks", async () => {
    const { post, models } = await startApp(DIALECTS);
    const parameters = { top_n: null, return_documents: null, instruct: null, max_tokens_per_doc: null, top_k: "x", raw_scores: "yes", instruction: [] };
    for (const request of [{ input: INPUT }, { input: INPUT, parameters: null }, { input: { ...INPUT, documents: ["tides", "remove limescale", { text: "limescale" }], top_n: "many", rank_fields: 7 }, parameters }]) {
      const { status, body } = await post(NATIVE, { model: "", ...request });
      expect(status).toBe(200);
      expect(Object.keys(body)).toEqual(["output", "usage", "request_id"]);
      expect(body.output.results.map(({ index }: { index: number }) => index)).toEqual([1, 2, 0]);
    }
    expect(models.scored[0]?.model).toBeUndefined();
  });

  test("passes instruct on, and marks documents that were cut", async () => {
    const { post, models } = await startApp(DIALECTS);
    const parameters = { instruct: "answers", top_n: 1, max_tokens_per_doc: 2 };
    const { body } = await post(NATIVE, { model: "rerank-v3.5", input: INPUT, parameters });
    expect(models.scored[0]).toMatchObject({ instruction: "answers", model: "rerank-v3.5", maxTextTokens: 2 });
    expect(body.output.results).toEqual([{ index: 1, relevance_score: expect.any(Number), truncated: true }]);
  });

  test.each([
    ["no input", {}],
    ["no query", { input: { documents: ["a"] } }],
    ["no documents", { input: { query: "q", documents: [] } }],
    ["a document that is a number", { input: { query: "q", documents: [1] } }],
    ["a negative top_n", { input: INPUT, parameters: { top_n: -1 } }],
    ["parameters that are a list", { input: INPUT, parameters: [] }],
    ["too many documents", { input: { query: "q", documents: Array.from<string>({ length: 101 }).fill("t") } }],
  ])("refuses %s with InvalidParameter", async (_what, request) => {
    const { post, models } = await startApp(DIALECTS);
    const { status, body } = await post(NATIVE, { model: "mini", ...request });
    expect([status, body]).toEqual([400, { request_id: expect.any(String), code: "InvalidParameter", message: expect.any(String) }]);
    expect(models.scored).toEqual([]);
  });
});

describe("DashScope's compatible mode", () => {
  test.each(["/compatible-api/v1/reranks", "/v1/reranks", "/reranks"])("%s answers the flat request", async (path) => {
    const { post, models } = await startApp(DIALECTS);
    const { status, body } = await post(path, { model: "mini", ...INPUT, top_n: 2, instruct: "answers" });
    expect(status).toBe(200);
    expect(body).toMatchObject({ object: "list", model: "mini", results: [{ index: 1 }, { index: 2 }], usage: { total_tokens: expect.any(Number) } });
    expect(models.scored[0]?.instruction).toBe("answers");
  });

  test("words an error for DashScope's clients and for OpenAI's", async () => {
    const { post } = await startApp(DIALECTS);
    const { status, body } = await post("/compatible-api/v1/reranks", { model: "gpt-9", ...INPUT });
    expect(status).toBe(404);
    expect(body).toEqual({
      error: { message: body.message, type: "NotFoundError", param: "model", code: 404 },
      message: expect.stringContaining("gpt-9"),
      id: body.request_id,
      request_id: expect.any(String),
      code: "ModelNotFound",
    });
  });
});

function documentsOf(request: any): string[] {
  return (request.input ?? request).documents;
}

/** Another model's scores, tokens and ids: what is left is shape and order. */
function masked(answer: unknown): unknown {
  const mask: Record<string, string> = { relevance_score: "number", total_tokens: "number", request_id: "string", id: "string", model: "string" };
  return JSON.parse(JSON.stringify(answer), (key, value) => (typeof value === mask[key] ? `a ${mask[key]}` : value));
}

/** Of an answer the members that the documentation shows: others may stand beside them at the top, and in usage. */
function pick(answer: any, expected: any): unknown {
  if ("output" in expected || "code" in expected) return answer;
  const top = Object.fromEntries(Object.keys(expected).map((key) => [key, answer[key]]));
  return { ...top, usage: { total_tokens: answer.usage.total_tokens } };
}
