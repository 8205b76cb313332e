import { expect, test } from "vitest";
import { rerankDialects } from "../../../src/server/dialects/rerank-dialects.ts";
import { ServiceError } from "../../../src/server/service-error.ts";
import { startApp } from "../../support/start-app.ts";

const DIALECTS = rerankDialects({ rerankShape: "superset" });
const RAW = { raw_scores: true };

async function scoresOf(request: object): Promise<number[]> {
  const { post } = await startApp(DIALECTS);
  const { status, body } = await post("/score", { ...RAW, ...request });
  expect(status).toBe(200);
  expect(body.data.map(({ index }: { index: number }) => index)).toEqual(body.data.map((_entry: unknown, position: number) => position));
  return body.data.map(({ score }: { score: number }) => score);
}

test.each(["/score", "/v1/score"])("%s answers in vLLM's shape, in the order given", async (path) => {
  const { post } = await startApp(DIALECTS);
  const { status, body } = await post(path, { model: "mini", text_1: "moon and tides", text_2: ["kettle", "tides"] });
  expect(status).toBe(200);
  expect(body).toEqual({
    id: expect.any(String),
    object: "list",
    created: expect.any(Number),
    model: "mini",
    data: [
      { index: 0, object: "score", score: expect.closeTo(0.2689, 3) },
      { index: 1, object: "score", score: 0.5 },
    ],
    usage: { prompt_tokens: body.usage.total_tokens, total_tokens: expect.any(Number), completion_tokens: 0, prompt_tokens_details: null },
  });
});

test("scores one query for one text and for many, and pairs of as many queries as texts", async () => {
  expect(await scoresOf({ text_1: "a b", text_2: "a b" })).toEqual([1]);
  expect(await scoresOf({ text_1: "a b", text_2: ["a", "b a", "c"] })).toEqual([0, 1, -1]);
  expect(await scoresOf({ text_1: ["a b"], text_2: ["a", "b a"] })).toEqual([0, 1]);
  expect(await scoresOf({ queries: ["a b", "c"], documents: ["a", "c"] })).toEqual([0, 0]);
  expect(await scoresOf({ text_1: null, queries: "a b", text_2: null, documents: ["b a"] })).toEqual([1]);
});

test("asks each different query once, and puts the scores back in their places", async () => {
  const { post, models } = await startApp(DIALECTS);
  const { body } = await post("/score", { ...RAW, text_1: ["a b", "c", "a b", "d", "c"], text_2: ["a", "c", "b a", "x", "c c"] });
  expect(body.data.map(({ score }: { score: number }) => score)).toEqual([0, 0, 1, -1, 0]);
  expect(models.scored.map(({ query, texts }) => [query, texts])).toEqual([
    ["a b", ["a", "b a"]],
    ["c", ["c", "c c"]],
    ["d", ["x"]],
  ]);
});

test("answers for more queries than it has asked at a time", async () => {
  const texts = Array.from({ length: 60 }, (_, position) => `word${position}`);
  expect(await scoresOf({ text_1: texts, text_2: texts.toReversed() })).toEqual(texts.map(() => -1));
  expect(await scoresOf({ text_1: texts, text_2: texts })).toEqual(texts.map(() => 0));
});

test("ends the other queries when one fails, and asks no more of them", async () => {
  const { post, models } = await startApp(DIALECTS);
  const asked: string[] = [];
  const ended: string[] = [];
  models.score = ({ query }, { signal }) => {
    asked.push(query);
    if (query === "q3") return Promise.reject(new ServiceError("overloaded", "full", { retryAfterSeconds: 1 }));
    return new Promise((_resolve, reject) => {
      const end = (): void => {
        ended.push(query);
        reject(signal.reason);
      };
      if (signal.aborted) end();
      else signal.addEventListener("abort", end);
    });
  };
  const queries = Array.from({ length: 20 }, (_, position) => `q${position}`);
  expect((await post("/score", { text_1: queries, text_2: queries })).status).toBe(429);
  expect([asked, ended]).toEqual([["q0", "q1", "q2", "q3"], ["q0", "q1", "q2"]]);
});

test("gives logits where no activation is wanted", async () => {
  expect(await scoresOf({ raw_scores: null, use_activation: false, text_1: "a", text_2: "b" })).toEqual([-1]);
  expect(await scoresOf({ raw_scores: false, activation: false, text_1: "a", text_2: "b" })).toEqual([-1]);
});

test.each([
  ["nothing", {}, "text_1"],
  ["a query alone", { text_1: "a" }, "text_2"],
  ["no queries", { text_1: [], text_2: ["a"] }, "text_1"],
  ["no texts", { text_1: "a", text_2: [] }, "text_2"],
  ["two queries for three texts", { text_1: ["a", "b"], text_2: ["a", "b", "c"] }, "text_1"],
  ["two queries for one text", { text_1: ["a", "b"], text_2: "c" }, "text_1"],
  ["a number", { text_1: 3, text_2: "c" }, "text_1"],
  ["a list of numbers", { text_1: "a", text_2: [3] }, "text_2"],
  ["too many texts", { text_1: "a", text_2: Array.from<string>({ length: 101 }).fill("t") }, "text_2"],
  ["too many tokens", { text_1: "word ".repeat(200), text_2: Array.from<string>({ length: 100 }).fill("t") }, "text_2"],
])("refuses %s with 400", async (_what, request, param) => {
  const { post, models } = await startApp(DIALECTS);
  const { status, body } = await post("/v1/score", request);
  expect([status, body.error.type, body.error.code]).toEqual([400, "BadRequestError", 400]);
  expect(body.error.param.split(/[.[]/)[0]).toBe(param);
  expect(models.scored).toEqual([]);
});
