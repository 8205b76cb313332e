import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { rerankDialects } from "../../../src/server/dialects/rerank-dialects.ts";
import { ServiceError } from "../../../src/server/service-error.ts";
import { startApp } from "../../support/start-app.ts";

const DIALECTS = rerankDialects({ rerankShape: "superset" });
const GOLDEN: readonly { about: string; request: object; status: number; answer: unknown }[] = JSON.parse(readFileSync("test/fixtures/http/tei-rerank.json", "utf8"));
const QUERY = "remove limescale from kettle";
const TEXTS = ["limescale", "remove limescale from taps", "tides"];

describe("text-embeddings-inference's /rerank", () => {
  test.each(GOLDEN)("answers as its documentation shows: $about", async ({ request, status, answer }) => {
    const { post } = await startApp(DIALECTS);
    const answered = await post("/rerank", request);
    expect([answered.status, withoutScores(answered.body)]).toEqual([status, withoutScores(answer)]);
    // toEqual does not see the order of members, which a careless client may.
    expect(JSON.stringify(withoutScores(answered.body))).toBe(JSON.stringify(withoutScores(answer)));
  });

  test("gives relevances from 0 to 1, or logits with raw_scores", async () => {
    const { post } = await startApp(DIALECTS);
    const { body } = await post("/rerank", { query: QUERY, texts: TEXTS });
    expect(body[0].score).toBeCloseTo(0.8808, 3);
    expect((await post("/rerank", { query: QUERY, texts: TEXTS, raw_scores: true })).body).toEqual([
      { index: 1, score: 2 },
      { index: 0, score: 0 },
      { index: 2, score: -1 },
    ]);
  });

  test.each(["/v1/rerank", "/reranking", "/v1/reranking"])("is what %s answers to texts too, as llama.cpp does", async (path) => {
    const { post } = await startApp(DIALECTS);
    expect((await post(path, { query: QUERY, texts: TEXTS })).body).toHaveLength(3);
  });

  test.each(["/v2/rerank", "/batch_rerank", "/score"])("is not what %s answers, nor words its errors", async (path) => {
    const { post } = await startApp(DIALECTS);
    expect(await post(path, { query: QUERY, texts: TEXTS })).toMatchObject({ status: 400, body: { error: { type: "BadRequestError" } } });
  });

  test("tells time and tokens under TEI's header names", async () => {
    const { post } = await startApp(DIALECTS);
    const { headers } = await post("/rerank", { query: QUERY, texts: TEXTS });
    expect([headers.get("x-queue-time"), headers.get("x-inference-time")]).toEqual(["1", "2"]);
    expect(Number(headers.get("x-compute-tokens"))).toBeGreaterThan(0);
  });

  test("cuts long texts and says so in a header, or refuses them where truncate is false", async () => {
    const { models, url } = await startApp(DIALECTS);
    const score = models.score.bind(models);
    // A model that reads three tokens of a text.
    models.score = (request, caller) => score({ ...request, maxTextTokens: 3 }, caller);
    const ask = async (truncate?: boolean | null) => {
      const response = await fetch(`${url}/rerank`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ query: QUERY, texts: TEXTS, truncate }) });
      return { status: response.status, cut: response.headers.get("x-truncated-documents"), body: await response.json() };
    };
    for (const truncate of [undefined, null, true]) expect(await ask(truncate)).toMatchObject({ status: 200, cut: "1" });
    expect(await ask(false)).toEqual({ status: 422, cut: null, body: { error: expect.stringContaining("`texts[1]` is longer than the model reads"), error_type: "Validation" } });
  });

  test("reads the beginning of a query that is too long and says so in a header, or refuses it where truncate is false", async () => {
    const { models, url } = await startApp(DIALECTS);
    const ask = async (query: string, truncate?: boolean) => {
      const response = await fetch(`${url}/rerank`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ query, texts: TEXTS, truncate }) });
      return { status: response.status, cut: response.headers.get("x-truncated-query"), body: await response.json() };
    };
    const long = "kettle ".repeat(800);
    expect(await ask(long)).toMatchObject({ status: 200, cut: "1" });
    expect(await ask(QUERY)).toMatchObject({ status: 200, cut: null });
    expect(await ask(QUERY, false)).toMatchObject({ status: 200, cut: null });
    expect(await ask(long, false)).toEqual({ status: 422, cut: null, body: { error: expect.stringContaining("`query` is longer than the model reads"), error_type: "Validation" } });
    // Also where the service tells it at the end alone.
    const score = models.score.bind(models);
    models.score = (request, caller) => score({ ...request, onQueryTruncated: undefined }, caller);
    expect(await ask(long, false)).toMatchObject({ status: 422 });
  });

  test("stops reading when the first text is too long", async () => {
    const { post, models } = await startApp(DIALECTS);
    let aborted: unknown;
    models.score = (request, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject((aborted = signal.reason)));
        request.onJudgment?.(4, { logit: 0, relevance: 0.5, truncated: true });
      });
    const { status, body } = await post("/rerank", { query: "q", texts: ["a", "b", "c", "d", "e"], truncate: false });
    expect([status, body.error_type]).toEqual([422, "Validation"]);
    expect(aborted).toBeInstanceOf(ServiceError);
  });

  test.each([
    ["no query", { texts: TEXTS }, "Validation"],
    ["a text that is a number", { query: QUERY, texts: ["a", 1] }, "Validation"],
    ["texts that are no list", { query: QUERY, texts: "a" }, "Validation"],
    ["texts to be cut at their beginning", { query: QUERY, texts: TEXTS, truncation_direction: "Left" }, "Validation"],
    ["no direction at all", { query: QUERY, texts: TEXTS, truncation_direction: "up" }, "Validation"],
    ["more texts than a request may have", { query: QUERY, texts: Array.from<string>({ length: 101 }).fill("t") }, "Validation"],
  ])("refuses %s with 422", async (_what, request, errorType) => {
    const { post, models } = await startApp(DIALECTS);
    const { status, body } = await post("/rerank", request);
    expect([status, body]).toEqual([422, { error: expect.any(String), error_type: errorType }]);
    expect(models.scored).toEqual([]);
  });

  test("reads `documents` before `texts` where both are there", async () => {
    const { post } = await startApp(DIALECTS);
    expect((await post("/rerank", { query: QUERY, texts: TEXTS, documents: ["a"] })).body.object).toBe("list");
  });
});

/** The scores of a documentation are another model's: what is left is shape and order. */
function withoutScores(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer), (key, value) => (key === "score" && typeof value === "number" && value >= 0 && value <= 1 ? "a relevance" : value));
}
