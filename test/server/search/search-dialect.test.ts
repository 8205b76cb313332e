import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { UserError } from "../../../src/domain/errors.ts";
import { startSearch } from "./start-search.ts";

const QUERY = "remove limescale vinegar";
const schema = JSON.parse(readFileSync("docs/search-result.schema.json", "utf8")) as object;
const isSearchResult = new Ajv2020({ strict: false }).compile(schema);

describe("POST /v1/search", () => {
  test("answers what rerank search --json prints, and what it cost", async () => {
    const { search } = await startSearch();
    const response = await search({ query: QUERY });
    const body: any = await response.json();
    expect(response.status).toBe(200);
    expect(isSearchResult(body), JSON.stringify(isSearchResult.errors)).toBe(true);
    expect(body.results.map((result: any) => [result.rank, result.path, result.startLine])).toEqual([
      [1, "kettle.md", 1], [2, "../../../elsewhere/of/ana/secret.md", 1], [3, "deep/garden.md", 2], [4, "deep/garden.md", 1], [5, "kettle.md", 2],
    ]);
    expect(body).toMatchObject({ query: QUERY, candidates: 5, judged: 5, partial: false });
    expect(Number(response.headers.get("x-compute-tokens"))).toBeGreaterThan(0);
    expect(response.headers.get("x-queue-time")).toBe("2");
  });

  test("names no folder of the machine", async () => {
    const { search } = await startSearch();
    const text = await (await search({ query: QUERY })).text();
    expect(text).toContain("secret.md");
    expect(text).not.toContain('"/elsewhere');
    expect(text).not.toContain("/home/ana");
    expect(JSON.parse(text).results.every((result: any) => result.absolutePath === null)).toBe(true);
  });

  test("hears every option", async () => {
    const { search, models } = await startSearch();
    const response = await search({
      query: QUERY, limit: 2, candidates: 4, hybrid: true, paths: ["*.md", "!deep"], min_relevance: 0.5, instruction: "find remedies", budget_ms: 9000, per_document: true, model: "rerank-v3.5", rerank: true, stream: null,
    });
    const body: any = await response.json();
    expect(response.status).toBe(200);
    expect(body.settings).toMatchObject({ hybrid: true, candidateCount: 4, resultCount: 2, minRelevance: 0.5, budgetMs: 9000, perDocument: true, paths: ["*.md", "!deep"] });
    expect(body.instruction).toBe("find remedies");
    expect(body.results.map((result: any) => result.path)).toEqual(["kettle.md", "../../../elsewhere/of/ana/secret.md"]);
    expect(models.scored[0]?.instruction).toBe("find remedies");
  });

  test("keeps the first stage's order when nothing is to be reranked, and asks no reranker", async () => {
    const { search, models } = await startSearch();
    const body: any = await (await search({ query: QUERY, rerank: false })).json();
    expect(body.models.reranker).toBeNull();
    expect(body.results.map((result: any) => result.movement)).toEqual([0, 0, 0, 0, 0]);
    expect(models.scored).toEqual([]);
  });

  test("recalls more where more are to be shown", async () => {
    const { search } = await startSearch();
    const body: any = await (await search({ query: QUERY, limit: 70 })).json();
    expect(body.settings.candidateCount).toBe(70);
  });

  test("gives the best order so far, marked, when the budget is spent", async () => {
    const { search } = await startSearch({ fake: { delayMs: 120 } });
    const body: any = await (await search({ query: QUERY, budget_ms: 300 })).json();
    expect(body.partial).toBe(true);
    expect(body.judged).toBeLessThan(5);
    expect(body.results).toHaveLength(5);
    expect(body.results.at(-1).relevance).toBeNull();
  });

  test("gives the best order so far shortly before the server's deadline, and says why", async () => {
    const { search } = await startSearch({ fake: { delayMs: 150 }, limits: { deadlineMs: 500 } });
    const response = await search({ query: QUERY });
    const body: any = await response.json();
    expect(response.status).toBe(200);
    expect(body.partial).toBe(true);
    expect(body.settings.budgetMs).toBeNull();
    expect(body.notices.join()).toMatch(/the server gives a request 0\.5 s: \d of 5 candidates were judged/);
  });

  test.each([
    ["an empty query", { query: " " }, 400, "query"],
    ["no query", {}, 400, "query"],
    ["a misspelt option", { query: "x", min_relevence: 1 }, 400, "min_relevence"],
    ["a limit of none", { query: "x", limit: 0 }, 400, "limit"],
    ["a limit as text", { query: "x", limit: "3" }, 400, "limit"],
    ["a relevance above one", { query: "x", min_relevance: 2 }, 400, "min_relevance"],
    ["an empty glob", { query: "x", paths: ["!"] }, 400, "paths"],
    ["a glob that would take forever", { query: "x", paths: ["docs", "*a*b*c*d*e"] }, 400, "paths[1]"],
    ["a glob of patterns", { query: "x", paths: ["+(a|aa)+(b)"] }, 400, "paths[0]"],
    ["more candidates than a request may have", { query: "x", candidates: 101 }, 400, "candidates"],
    ["more results than a request may have", { query: "x", limit: 101 }, 400, "limit"],
    ["a query that is too long for so many candidates", { query: "word ".repeat(400) }, 400, "query"],
    ["a model that is not here", { query: "x", model: "other" }, 404, "model"],
  ])("refuses %s", async (_what, body, status, param) => {
    const { search } = await startSearch();
    const response = await search(body);
    expect(response.status).toBe(status);
    const answer: any = await response.json();
    expect(answer).toMatchObject({ message: answer.error.message, error: { param, code: status } });
  });

  test("says that there is no index", async () => {
    const { search, url } = await startSearch({ texts: "none" });
    const response = await search({ query: QUERY });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ message: "no index here; run rerank index" });
    expect((await fetch(`${url}/v1/index`)).status).toBe(404);
  });

  test("tells clients less than the log about an index that cannot be used", async () => {
    const { search, notices } = await startSearch({ failure: () => new UserError("the index is damaged: /home/ana/.rerank", { hint: "build it anew" }) });
    const response = await search({ query: QUERY });
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("60");
    expect(await response.text()).not.toContain("/home");
    expect(notices).toEqual(["the index is damaged: /home/ana/.rerank (build it anew)"]);
  });
});

describe("GET /v1/search", () => {
  test("takes the same options from the address", async () => {
    const { url } = await startSearch();
    const address = `${url}/v1/search?q=${encodeURIComponent(QUERY)}&limit=1&candidates=3&path=*.md&path=!deep&hybrid&per_document=0&min_relevance=0.25&access_token=x`;
    const body: any = await (await fetch(address)).json();
    expect(body.settings).toMatchObject({ candidateCount: 3, resultCount: 1, hybrid: true, perDocument: false, minRelevance: 0.25, paths: ["*.md", "!deep"] });
    expect(body.results).toHaveLength(1);
  });

  test.each([
    ["?q=a&q=b", "q is there more than once"],
    ["?q=a&query=b", "query is there more than once"],
    ["?limit=3", "query is missing"],
    ["?q=a&limit=many", "limit is not a number"],
    ["?q=a&limit=1.5", "limit must be integer"],
    ["?q=a&hybrid=perhaps", "hybrid is true or false"],
    ["?q=a&candidates=0", "candidates must be >= 1"],
    ["?q=a&__proto__=b", "knows no such option"],
    ["?q=a&top_k=3", "knows no such option"],
  ])("refuses %s", async (address, message) => {
    const { url } = await startSearch();
    const response = await fetch(`${url}/v1/search${address}`);
    expect(response.status).toBe(400);
    expect((await response.json() as any).message).toContain(message);
  });
});

test("GET /v1/index tells what is searched, and with what", async () => {
  const { url } = await startSearch();
  expect(await (await fetch(`${url}/v1/index`)).json()).toMatchObject({
    documents: 3,
    passages: 5,
    defaults: { candidates: 50, limit: 10, hybrid: false },
    maxCandidates: 100,
    models: { embedder: { id: "mini", state: "loaded", device: "cpu", readsInstruction: false }, reranker: { id: "mini", readsInstruction: true } },
  });
});
