import { expect, test } from "vitest";
import { rerankDialects } from "../../../src/server/dialects/rerank-dialects.ts";
import { ServiceError } from "../../../src/server/service-error.ts";
import { startApp } from "../../support/start-app.ts";

const DIALECTS = rerankDialects({ rerankShape: "superset" });
const PAIR = { query: "remove limescale", documents: ["tides", "remove limescale", "limescale"] };

test("ranks each pair's documents for its own query", async () => {
  const { post, models } = await startApp(DIALECTS);
  const { status, body, headers } = await post("/batch_rerank", { pairs: [PAIR, { query: "tides", documents: ["tides", { text: "kettle" }], instruction: "i" }] });
  expect(status).toBe(200);
  expect(Object.keys(body.results[0])).toEqual(["query", "scores", "ranked_documents", "ranked_scores"]);
  expect(body.results.map(({ query, ranked_documents }: any) => [query, ranked_documents])).toEqual([
    ["remove limescale", ["remove limescale", "limescale", "tides"]],
    ["tides", ["tides", "kettle"]],
  ]);
  expect(body.results[0].ranked_scores).toEqual(body.results[0].scores.toSorted((a: number, b: number) => b - a));
  expect(models.scored.map(({ instruction }) => instruction)).toEqual([undefined, "i"]);
  expect(headers.get("x-queue-time")).toBe("1");
});

test("cuts rankings to top_k, the pair's own before the request's", async () => {
  const { post } = await startApp(DIALECTS);
  const { body } = await post("/batch_rerank", { pairs: [PAIR, { ...PAIR, top_k: 1 }, { ...PAIR, top_k: null }], top_k: 2, raw_scores: true });
  expect(body.results.map(({ scores, ranked_scores }: any) => [scores.length, ranked_scores])).toEqual([
    [3, [1, 0]],
    [3, [1]],
    [3, [1, 0]],
  ]);
});

test("answers a bad pair with its error, and the others all the same", async () => {
  const { post, models } = await startApp(DIALECTS, { fake: { logitOf: (_query, text) => (text === "nan" ? Number.NaN : 0) } });
  const bad = [
    null,
    "pair",
    [],
    {},
    { query: 3, documents: ["a"] },
    { query: "q" },
    { query: "q", documents: [] },
    { query: "q", documents: ["a", 4] },
    { query: "q", documents: ["a", {}] },
    { query: "q", documents: ["a"], top_k: "1" },
    { query: "q", documents: ["a"], top_k: -1 },
    { query: "q", documents: ["a"], instruction: 4 },
    { query: "q", documents: ["a"], instruction: "a", instruct: "b" },
    { query: "q", documents: ["a", "nan"] },
  ];
  const { status, body } = await post("/batch_rerank", { pairs: [...bad, PAIR] });
  expect(status).toBe(200);
  expect(body.results).toHaveLength(bad.length + 1);
  expect(body.results.map(({ param }: any) => param)).toEqual([
    "pairs[0]",
    "pairs[1]",
    "pairs[2]",
    "pairs[3].query",
    "pairs[4].query",
    "pairs[5].documents",
    "pairs[6].documents",
    "pairs[7].documents[1]",
    "pairs[8].documents[1]",
    "pairs[9].top_k",
    "pairs[10].top_k",
    "pairs[11].instruction",
    "pairs[12].instruct",
    null,
    undefined,
  ]);
  for (const result of body.results.slice(0, -1)) expect(result.error).toEqual(expect.any(String));
  expect(body.results[5].query).toBe("q");
  expect(body.results.at(-1)).toMatchObject({ query: PAIR.query, scores: [0.5, 0.5, 0.5] });
  expect(models.scored).toHaveLength(2);
});

test("answers pairs that are all bad, too", async () => {
  const { post } = await startApp(DIALECTS);
  expect(await post("/batch_rerank", { pairs: [1] })).toMatchObject({ status: 200, body: { results: [{ error: "pairs[0] must be an object" }] } });
});

test("counts the limits of a request over all of its pairs", async () => {
  const { post, models } = await startApp(DIALECTS);
  const pairOf = (count: number, text: string) => ({ query: "q", documents: Array.from<string>({ length: count }).fill(text) });
  const documents = await post("/batch_rerank", { pairs: [pairOf(60, "d"), pairOf(41, "d")] });
  const tokens = await post("/batch_rerank", { pairs: [pairOf(1, "word ".repeat(4500)), pairOf(1, "word ".repeat(4500))] });
  const pairs = await post("/batch_rerank", { pairs: Array.from<number>({ length: 101 }).fill(1) });
  for (const { status, body } of [documents, tokens, pairs]) expect([status, body.error.param]).toEqual([400, "pairs"]);
  expect(models.scored).toEqual([]);
});

test("fails as a whole when the server is what fails, so that the client sees when to ask again", async () => {
  const { post } = await startApp(DIALECTS, { fake: { failure: () => new ServiceError("overloaded", "the queue is full", { retryAfterSeconds: 7 }) } });
  const { status, headers, body } = await post("/batch_rerank", { pairs: [PAIR, PAIR] });
  expect([status, headers.get("retry-after"), body.message]).toEqual([429, "7", "the queue is full"]);
  const unknown = await startApp(DIALECTS);
  expect((await unknown.post("/batch_rerank", { pairs: [PAIR], model: "gpt-9" })).status).toBe(404);
});

test.each([{}, { pairs: [] }, { pairs: {} }, { pairs: [PAIR], top_k: -1 }])("refuses %j", async (request) => {
  const { post } = await startApp(DIALECTS);
  expect(await post("/batch_rerank", request)).toMatchObject({ status: 400, body: { error: { type: "BadRequestError" } } });
});

test("counts documents, not pairs, where all pairs together have more than a request may have", async () => {
  const { post } = await startApp(DIALECTS, { limits: { maxDocuments: 5, maxRequestTokens: 1e6, maxBodyBytes: 1e6, deadlineMs: 1e4 } });
  const { status, body } = await post("/batch_rerank", { pairs: [PAIR, PAIR] });
  expect(status).toBe(400);
  expect(JSON.stringify(body)).toContain("pairs hold 6 documents; a request may have 5");
});
