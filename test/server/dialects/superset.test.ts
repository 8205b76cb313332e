import { describe, expect, test } from "vitest";
import { rerankDialects } from "../../../src/server/dialects/rerank-dialects.ts";
import { startApp } from "../../support/start-app.ts";

const SUPERSET = rerankDialects({ rerankShape: "superset" });
const ROUTES = ["/v1/rerank", "/v2/rerank", "/rerank", "/reranking", "/v1/reranking"];
const QUERY = "remove limescale from kettle";
/** Shared words with the query: 1, 3, 0. */
const DOCUMENTS = ["limescale", "remove limescale from taps", "tides"];

describe("superset", () => {
  test.each(ROUTES)("%s ranks documents in the one shape that all rerank clients take", async (path) => {
    const { post } = await startApp(SUPERSET);
    const { status, body, headers } = await post(path, { model: "rerank-v3.5", query: QUERY, documents: DOCUMENTS });
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual(["id", "object", "model", "created", "results", "usage", "meta"]);
    expect(body).toMatchObject({ object: "list", model: "rerank-v3.5", usage: { completion_tokens: 0 } });
    expect(body.results.map(({ index }: { index: number }) => index)).toEqual([1, 0, 2]);
    expect(Object.keys(body.results[0])).toEqual(["index", "relevance_score"]);
    expect(body.results[0].relevance_score).toBeCloseTo(1 / (1 + Math.exp(-2)), 6);
    expect(body.usage.prompt_tokens).toBe(body.usage.total_tokens);
    expect(body.meta).toEqual({
      api_version: { version: path === "/v2/rerank" ? "2" : "1" },
      billed_units: { search_units: 1 },
      tokens: { input_tokens: body.usage.prompt_tokens, output_tokens: 0 },
    });
    expect(Math.abs(body.created - Date.now() / 1000)).toBeLessThan(60);
    expect(headers.get("x-compute-tokens")).toBe(String(body.usage.prompt_tokens));
    expect(headers.get("x-truncated-documents")).toBeNull();
  });

  test("takes null for every optional member, and ignores members that it does not know", async () => {
    const { post, models } = await startApp(SUPERSET);
    const nothing = { model: null, top_n: null, top_k: null, return_documents: null, rank_fields: null, instruction: null, instruct: null, max_tokens_per_doc: null };
    const more = { max_chunks_per_doc: null, overlap_tokens: null, truncate_prompt_tokens: null, raw_scores: null, user: "u", priority: 3, truncation: { left: true } };
    const { status, body } = await post("/v1/rerank", { ...nothing, ...more, query: QUERY, documents: DOCUMENTS });
    expect(status).toBe(200);
    expect(body.results).toHaveLength(3);
    expect(models.scored[0]).toMatchObject({ model: undefined, instruction: undefined, maxTextTokens: undefined });
  });

  test("answers with as many results as top_n or top_k asks for, and with all for 0 or too many", async () => {
    const { post } = await startApp(SUPERSET);
    const countOf = async (members: object) => (await post("/v1/rerank", { query: QUERY, documents: DOCUMENTS, ...members })).body.results.length;
    expect(await countOf({ top_n: 2 })).toBe(2);
    expect(await countOf({ top_k: 1 })).toBe(1);
    expect(await countOf({ top_n: 2, top_k: 2 })).toBe(2);
    expect(await countOf({ top_n: 0 })).toBe(3);
    expect(await countOf({ top_n: 1e300 })).toBe(3);
  });

  test("orders documents of the same relevance by index", async () => {
    const { post } = await startApp(SUPERSET);
    const { body } = await post("/rerank", { query: "tides", documents: ["kettle", "tides", "lamp", "tides and moon", ""] });
    expect(body.results.map(({ index }: { index: number }) => index)).toEqual([1, 3, 0, 2, 4]);
  });

  test("orders by logit where relevances have saturated, and answers with logits when asked", async () => {
    const { post } = await startApp(SUPERSET, { fake: { logitOf: (_query, text) => Number(text) } });
    const request = { query: "q", documents: ["50", "60", "-800"] };
    const { body } = await post("/v1/rerank", request);
    expect(body.results).toEqual([
      { index: 1, relevance_score: 1 },
      { index: 0, relevance_score: 1 },
      { index: 2, relevance_score: 0 },
    ]);
    const raw = await post("/v1/rerank", { ...request, raw_scores: true });
    expect(raw.body.results.map(({ relevance_score }: { relevance_score: number }) => relevance_score)).toEqual([60, 50, -800]);
  });

  test("repeats documents when asked, with the members that they came with", async () => {
    const { post } = await startApp(SUPERSET);
    const documents = ["tides", { text: "kettle and tides", source: { page: 3 } }, { title: "Limescale", year: 2024, note: null }];
    const { body } = await post("/v1/rerank", { query: "kettle tides", documents, return_documents: true });
    expect(body.results.map(({ document }: { document: unknown }) => document)).toEqual([
      { text: "kettle and tides", source: { page: 3 } },
      { text: "tides" },
      { text: "title: Limescale\nyear: 2024", title: "Limescale", year: 2024, note: null },
    ]);
  });

  test("reads the fields of a document that rank_fields names, as lines of name and value", async () => {
    const { post, models } = await startApp(SUPERSET);
    const documents = [{ text: "the body", title: "The title", tags: ["a", "b"], constructor: "x" }, "plain"];
    const textsOf = async (rank_fields: unknown) => {
      await post("/v1/rerank", { query: "q", documents, rank_fields });
      return models.scored.at(-1)?.texts;
    };
    expect(await textsOf(["title", "tags"])).toEqual(['title: The title\ntags: ["a","b"]', "plain"]);
    expect(await textsOf(["text"])).toEqual(["the body", "plain"]);
    expect(await textsOf([])).toEqual(["the body", "plain"]);
  });

  test("passes instruction, its other name and the limit of a document's tokens to the model", async () => {
    const { post, models } = await startApp(SUPERSET);
    const ask = (members: object) => post("/v1/rerank", { query: QUERY, documents: DOCUMENTS, ...members });
    await ask({ instruction: "answers", max_tokens_per_doc: 100, truncate_prompt_tokens: 80 });
    await ask({ instruct: "answers", truncate_prompt_tokens: -1 });
    await ask({ instruct: "answers", instruction: "answers" });
    expect(models.scored.map(({ instruction, maxTextTokens }) => [instruction, maxTextTokens])).toEqual([
      ["answers", 80],
      ["answers", undefined],
      ["answers", undefined],
    ]);
  });

  test("marks documents of which only the beginning was read, and counts them in a header", async () => {
    const { post } = await startApp(SUPERSET);
    const { body, headers } = await post("/v1/rerank", { query: QUERY, documents: ["remove limescale from a kettle with vinegar", "no"], max_tokens_per_doc: 3 });
    expect(body.results.map(({ index, truncated }: { index: number; truncated?: boolean }) => [index, truncated])).toEqual([
      [0, true],
      [1, undefined],
    ]);
    expect(headers.get("x-truncated-documents")).toBe("1");
  });

  test("tells in a header that only the beginning of the query was read", async () => {
    const { post } = await startApp(SUPERSET);
    const { headers } = await post("/v1/rerank", { query: "kettle ".repeat(800), documents: ["a kettle", "tides"] });
    expect(headers.get("x-truncated-query")).toBe("1");
    expect((await post("/v1/rerank", { query: "kettle", documents: ["a kettle"] })).headers.get("x-truncated-query")).toBeNull();
  });

  test("bills a unit for every hundred documents begun", async () => {
    const { post } = await startApp(SUPERSET, { limits: { maxDocuments: 1000, maxRequestTokens: 1e6, maxBodyBytes: 1e6, deadlineMs: 1e4 } });
    const unitsFor = async (count: number) => (await post("/v2/rerank", { query: "q", documents: Array.from<string>({ length: count }).fill("d") })).body.meta.billed_units.search_units;
    expect([await unitsFor(100), await unitsFor(101)]).toEqual([1, 2]);
  });
});

describe("a superset's request that is not answered", () => {
  const GOOD = { query: QUERY, documents: DOCUMENTS };

  test.each([
    ["no query", { documents: DOCUMENTS }, "query"],
    ["a query that is not text", { ...GOOD, query: 3 }, "query"],
    ["no documents", { query: QUERY }, "documents"],
    ["an empty list of documents", { ...GOOD, documents: [] }, "documents"],
    ["a document that is a number", { ...GOOD, documents: ["a", 3] }, "documents[1]"],
    ["a document that is null", { ...GOOD, documents: [null] }, "documents[0]"],
    ["an object with nothing to read", { ...GOOD, documents: ["a", {}] }, "documents[1]"],
    ["an object without the named fields", { ...GOOD, documents: [{ text: "a" }], rank_fields: ["title"] }, "documents[0]"],
    ["an object with nothing but what every object has", { ...GOOD, documents: [{ text: "a" }], rank_fields: ["toString"] }, "documents[0]"],
    ["a negative top_n", { ...GOOD, top_n: -1 }, "top_n"],
    ["a fraction of a result", { ...GOOD, top_n: 1.5 }, "top_n"],
    ["a number as text", { ...GOOD, top_n: "3" }, "top_n"],
    ["top_n and top_k that differ", { ...GOOD, top_n: 1, top_k: 2 }, "top_k"],
    ["instructions that differ", { ...GOOD, instruction: "a", instruct: "b" }, "instruct"],
    ["no tokens of a document", { ...GOOD, max_tokens_per_doc: 0 }, "max_tokens_per_doc"],
    ["no tokens of a prompt", { ...GOOD, truncate_prompt_tokens: 0 }, "truncate_prompt_tokens"],
    ["more documents than a request may have", { ...GOOD, documents: Array.from<string>({ length: 101 }).fill("d") }, "documents"],
    ["more tokens than a request may have", { ...GOOD, documents: ["word ".repeat(9000)] }, "documents"],
  ])("is a 400 that names the member: %s", async (_what, request, param) => {
    const { post, models } = await startApp(SUPERSET);
    for (const path of ROUTES) {
      const { status, body } = await post(path, request);
      expect(status).toBe(400);
      expect(body).toEqual({ error: { message: body.message, type: "BadRequestError", param: body.error.param, code: 400 }, message: expect.any(String), id: expect.any(String) });
      // Ajv names a member that is missing in its message alone.
      if (body.error.param === null) expect(body.message).toContain(param);
      else expect(body.error.param).toBe(param);
    }
    expect(models.scored).toEqual([]);
  });

  test("is a 404 for a model that is not here", async () => {
    const { post } = await startApp(SUPERSET);
    const { status, body } = await post("/v1/rerank", { ...GOOD, model: "gpt-9" });
    expect(status).toBe(404);
    expect(body.error).toMatchObject({ type: "NotFoundError", param: "model", code: 404 });
  });

  test("is a 413 when its body is larger than the server reads", async () => {
    const { post } = await startApp(SUPERSET);
    const { status, body } = await post("/v1/rerank", { ...GOOD, user: "x".repeat(1_100_000) });
    expect([status, body.error.type]).toEqual([413, "RequestTooLargeError"]);
  });

  test.each(["{", "null", "[]", '"text"', '{"__proto__": {"query": "q"}}', ""])("is a 400 when its body is %s", async (text) => {
    const { url } = await startApp(SUPERSET);
    const response = await fetch(`${url}/v1/rerank`, { method: "POST", headers: { "content-type": "application/json" }, body: text });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { type: "BadRequestError" } });
  });

  test("is a 400 when a document has a number that no answer can repeat", async () => {
    const { url } = await startApp(SUPERSET);
    for (const path of ["/v1/rerank", "/v2/rerank"]) {
      const response = await fetch(url + path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: '{"query":"q","return_documents":true,"documents":["a",{"text":"t","price":[1e400]}]}',
      });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error: { message: "documents[1] has a number that is out of range", param: "documents[1]" } });
    }
  });

  test("is a 400, not a fault, when a document is nested deeper than it can be written again", async () => {
    const { url } = await startApp(SUPERSET);
    const nested = `{"text":"t","deep":${"[".repeat(20_000)}${"]".repeat(20_000)}}`;
    const response = await fetch(`${url}/v1/rerank`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: `{"query":"q","return_documents":true,"documents":["a",${nested}]}`,
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param: "documents[1]" } });
  });

  test("never answers with what is not a number", async () => {
    const { post } = await startApp(SUPERSET, { fake: { logitOf: () => Number.NaN } });
    const { status, body } = await post("/v1/rerank", GOOD);
    expect([status, body.error.type]).toEqual([502, "BadGatewayError"]);
  });
});

describe("the tutorial's shape", () => {
  const TUTORIAL = rerankDialects({ rerankShape: "tutorial" });

  test("is what /rerank answers when it is chosen, and no other route", async () => {
    const { post } = await startApp(TUTORIAL);
    const { body } = await post("/rerank", { query: QUERY, documents: DOCUMENTS, instruction: "i", top_k: 2 });
    expect(Object.keys(body)).toEqual(["scores", "ranked_documents", "ranked_scores"]);
    expect(body.scores).toHaveLength(3);
    expect(body.ranked_documents).toEqual([DOCUMENTS[1], DOCUMENTS[0]]);
    expect(body.ranked_scores).toEqual([body.scores[1], body.scores[0]]);
    expect((await post("/v1/rerank", { query: QUERY, documents: DOCUMENTS })).body.object).toBe("list");
    expect((await post("/rerank", { query: QUERY, texts: DOCUMENTS })).body[0]).toEqual({ index: 1, score: body.scores[1] });
  });
});
