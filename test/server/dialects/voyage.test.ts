import { expect, test } from "vitest";
import { rerankDialects } from "../../../src/server/dialects/rerank-dialects.ts";
import { startApp } from "../../support/start-app.ts";

const DIALECTS = rerankDialects({ rerankShape: "superset" });
const REQUEST = { model: "mini", query: "remove limescale", documents: ["tides", "remove limescale", "limescale"] };

test("answers under data, with documents as strings when asked", async () => {
  const { post } = await startApp(DIALECTS);
  const { status, body } = await post("/voyage/v1/rerank", { ...REQUEST, top_k: 2, return_documents: true });
  expect(status).toBe(200);
  expect(body).toEqual({
    object: "list",
    data: [
      { index: 1, relevance_score: expect.closeTo(0.731, 3), document: "remove limescale" },
      { index: 2, relevance_score: 0.5, document: "limescale" },
    ],
    model: "mini",
    usage: { total_tokens: expect.any(Number) },
  });
});

test("takes null for what is optional", async () => {
  const { post } = await startApp(DIALECTS);
  const { body } = await post("/voyage/v1/rerank", { ...REQUEST, model: null, top_k: null, return_documents: null, truncation: null, instruction: null });
  expect(body.data.map((entry: object) => Object.keys(entry))).toEqual(Array.from({ length: 3 }).fill(["index", "relevance_score"]));
});

test("marks documents that were cut, or refuses them where truncation is false", async () => {
  const { post, models } = await startApp(DIALECTS);
  const score = models.score.bind(models);
  models.score = (request, caller) => score({ ...request, maxTextTokens: 2 }, caller);
  const { body } = await post("/voyage/v1/rerank", { ...REQUEST, top_k: 1 });
  expect(body.data[0]).toMatchObject({ index: 1, truncated: true });
  const refused = await post("/voyage/v1/rerank", { ...REQUEST, truncation: false });
  expect([refused.status, refused.body]).toEqual([400, { detail: expect.stringContaining("documents[1]") }]);
});

test("tells a query that was cut in a header, or refuses it where truncation is false", async () => {
  const { post } = await startApp(DIALECTS);
  const long = { ...REQUEST, query: "kettle ".repeat(800) };
  expect((await post("/voyage/v1/rerank", long)).headers.get("x-truncated-query")).toBe("1");
  const refused = await post("/voyage/v1/rerank", { ...long, truncation: false });
  expect(refused).toMatchObject({ status: 400, body: { detail: "query is longer than the model reads; send truncation: true to have it cut" } });
  expect(await post("/voyage/v1/rerank", { ...REQUEST, truncation: false })).toMatchObject({ status: 200 });
});

test.each([
  ["no documents", { documents: [] }],
  ["documents that are objects", { documents: [{ text: "a" }] }],
  ["a query that is missing", { query: undefined }],
  ["a negative top_k", { top_k: -1 }],
  ["too many documents", { documents: Array.from<string>({ length: 101 }).fill("t") }],
  ["too many tokens", { documents: ["word ".repeat(9000)] }],
])("refuses %s with 400", async (_what, members) => {
  const { post, models } = await startApp(DIALECTS);
  const { status, body } = await post("/voyage/v1/rerank", { ...REQUEST, ...members });
  expect([status, body]).toEqual([400, { detail: expect.any(String) }]);
  expect(models.scored).toEqual([]);
});
