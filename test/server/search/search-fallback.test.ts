import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { RerankClient, type SearchEvent } from "../../../src/client/rerank-client.ts";
import { ModelProcessDied, RemoteFailure, UserError } from "../../../src/domain/errors.ts";
import { portFailure } from "../../../src/server/service/failures.ts";
import { ServiceError } from "../../../src/server/service-error.ts";
import { fakeSpec } from "../../support/fake-models.ts";
import { startSearch, type StartedSearch } from "./start-search.ts";

const QUERY = "remove limescale vinegar";
const SPEC = fakeSpec("reranker", "mini", true);
const DIED = portFailure(SPEC, new ModelProcessDied("the model process is gone")) as ServiceError;
const UNREACHABLE = portFailure(SPEC, new RemoteFailure("unreachable", "https://rerank.example.com cannot be reached: ECONNREFUSED")) as ServiceError;
const NOT_A_NUMBER = new ServiceError("model-failed", "mini has failed: a relevance is NaN, which no order can be built on");
const schema = JSON.parse(readFileSync("docs/search-result.schema.json", "utf8")) as object;
const isSearchResult = new Ajv2020({ strict: false }).compile(schema);

/** A server whose reranker fails after it has judged so many texts. */
function startFailing(error: Error, { judged = 0, onFailure = "cosine" }: { readonly judged?: number; readonly onFailure?: "error" | "cosine" } = {}): Promise<StartedSearch> {
  let count = 0;
  const logitOf = (_query: string, text: string): number => {
    if (count++ < judged) return text.length;
    throw error;
  };
  return startSearch({ onFailure, fake: { logitOf } });
}

describe("POST /v1/search without its reranker", () => {
  test.each([
    ["a process that died", DIED, "the model process is gone"],
    ["a server that cannot be reached", UNREACHABLE, "https://rerank.example.com cannot be reached: ECONNREFUSED"],
    ["an answer that is no number", NOT_A_NUMBER, NOT_A_NUMBER.message],
  ])("answers in the order of the first stage, marked: %s", async (_what, error, why) => {
    const failure = error.message;
    const { search, notices } = await startFailing(error, { judged: 2 });
    const response = await search({ query: QUERY });
    const body: any = await response.json();
    expect(response.status).toBe(200);
    expect(response.headers.get("x-reranked")).toBe("false");
    expect(isSearchResult(body), JSON.stringify(isSearchResult.errors)).toBe(true);
    expect(body).toMatchObject({ reranked: false, rerankFailure: failure, judged: 0, partial: false, usage: null });
    expect(body.notices).toEqual([`the reranker did not run: ${failure}; this is the order of the first stage`]);
    const coarse: any = await (await search({ query: QUERY, rerank: false })).json();
    expect(body.results).toEqual(coarse.results);
    // The log says more than clients are told.
    expect(notices).toEqual([`a search is answered without its reranker mini: ${why}`]);
  });

  test("says X-Reranked: true of one that was reranked, and lets pages of other origins read it", async () => {
    const { search } = await startSearch({ onFailure: "cosine" });
    const response = await search({ query: QUERY });
    expect(response.headers.get("x-reranked")).toBe("true");
    expect(await response.json()).toMatchObject({ reranked: true, rerankFailure: null });
    const coarse = await search({ query: QUERY, rerank: false });
    expect(coarse.headers.get("x-reranked")).toBe("false");
    expect(await coarse.json()).toMatchObject({ reranked: false, rerankFailure: null, notices: [] });
  });

  test("a request may ask for the other thing than the server's setting", async () => {
    const strict = await startFailing(DIED, { onFailure: "error" });
    const refused = await strict.search({ query: QUERY });
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
    expect((await strict.search({ query: QUERY, on_failure: null })).status).toBe(503);
    expect(await (await strict.search({ query: QUERY, on_failure: "cosine" })).json()).toMatchObject({ reranked: false });
    expect(await (await fetch(`${strict.url}/v1/search?q=limescale&on_failure=cosine`)).json()).toMatchObject({ reranked: false });
    expect(strict.notices).toHaveLength(2);
    const lenient = await startFailing(DIED, { onFailure: "cosine" });
    expect((await lenient.search({ query: QUERY, on_failure: "error" })).status).toBe(503);
    expect(lenient.notices).toEqual([]);
    expect(await (await fetch(`${lenient.url}/v1/index`)).json()).toMatchObject({ defaults: { onFailure: "cosine" } });
  });

  test.each(["coarse", true, ""])("refuses on_failure %j", async (value) => {
    const { search } = await startSearch();
    const response = await search({ query: QUERY, on_failure: value });
    expect(response.status).toBe(400);
    expect(JSON.stringify(await response.json())).toContain("on_failure");
  });

  test.each([
    ["a full queue", new ServiceError("overloaded", "the queue is full: ask again later", { retryAfterSeconds: 3 }), 429],
    ["a server that stops", new ServiceError("unavailable", "the server is stopping", { retryAfterSeconds: 5 }), 503],
    ["a mistake of ours", new TypeError("undefined is not a function"), 500],
  ])("does not hide %s", async (_what, error, status) => {
    const { search, notices } = await startFailing(error);
    const response = await search({ query: QUERY });
    await response.text();
    expect([response.status, notices]).toEqual([status, []]);
  });

  test("a model that cannot be loaded is one that fails", async () => {
    const { search } = await startFailing(new ServiceError("unavailable", "mini cannot be loaded: its files are damaged", { cause: new UserError("its files are damaged") }));
    expect(await (await search({ query: QUERY })).json()).toMatchObject({ rerankFailure: "mini cannot be loaded: its files are damaged" });
  });
});

describe("the events of a search without its reranker", () => {
  test("say that judgments count no more, between them and the result", async () => {
    const { url } = await startFailing(UNREACHABLE, { judged: 2 });
    const events: SearchEvent[] = [];
    for await (const event of new RerankClient({ baseUrl: url }).searchEvents(QUERY)) events.push(event);
    expect(events.map(({ type }) => type)).toEqual(["recalled", "judged", "rerank-failed", "result"]);
    expect(events[2]).toEqual({ type: "rerank-failed", message: UNREACHABLE.message });
    expect(events[3]).toMatchObject({ result: { reranked: false, rerankFailure: UNREACHABLE.message, judged: 0 } });
  });

  test("a client's wish is heard", async () => {
    const { url } = await startFailing(DIED, { onFailure: "error" });
    const client = new RerankClient({ baseUrl: url, maxRetries: 0 });
    await expect(client.search(QUERY)).rejects.toMatchObject({ status: 503 });
    expect(await client.search(QUERY, { onFailure: "cosine" })).toMatchObject({ reranked: false, rerankFailure: DIED.message });
  });
});
