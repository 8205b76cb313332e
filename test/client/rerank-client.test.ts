import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { RerankClient, RerankError, type SearchEvent } from "../../src/client/rerank-client.ts";
import { embeddingDialects } from "../../src/server/dialects/embedding-dialects.ts";
import { rerankDialects } from "../../src/server/dialects/rerank-dialects.ts";
import { ServiceError } from "../../src/server/service-error.ts";
import { startSearch } from "../server/search/start-search.ts";
import { startApp } from "../support/start-app.ts";

const QUERY = "remove limescale vinegar";
const DIALECTS = [...rerankDialects({ rerankShape: "superset" }), ...embeddingDialects()];

async function rejection(promise: Promise<unknown>): Promise<RerankError> {
  const error = await promise.then(() => undefined, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(RerankError);
  return error as RerankError;
}

async function start(options: Parameters<typeof startApp>[1] = {}) {
  const app = await startApp(DIALECTS, options);
  return { ...app, client: new RerankClient({ baseUrl: app.url }) };
}

describe("rerank", () => {
  const documents = [{ text: "Tides follow the moon.", id: 7 }, { text: "Vinegar does remove limescale.", id: 8 }, { text: "Vinegar is sour.", id: 9 }];

  test("gives documents back best first, as they were sent, with facts about the answer", async () => {
    const { client, models } = await start();
    const answer = await client.rerank(QUERY, documents, { instruction: "find remedies", maxTokensPerDocument: 50, model: "rerank-v3.5" });
    expect(answer.results.map(({ index, document }) => [index, document.id])).toEqual([[1, 8], [2, 9], [0, 7]]);
    expect(answer.results[1]?.document).toBe(documents[2]);
    expect(answer.results.every(({ relevance }) => relevance >= 0 && relevance <= 1)).toBe(true);
    expect(answer).toMatchObject({ model: "rerank-v3.5", inputTokens: expect.any(Number) });
    expect(models.scored[0]).toMatchObject({ instruction: "find remedies", maxTextTokens: 50, model: "rerank-v3.5" });
  });

  test("gives as many as are wanted, all for more than there are, and marks what was cut", async () => {
    const { client } = await start();
    const texts = documents.map(({ text }) => text);
    expect((await client.rerank(QUERY, texts, { resultCount: 1 })).results).toEqual([expect.objectContaining({ index: 1, document: texts[1] })]);
    expect((await client.rerank(QUERY, texts, { resultCount: 9 })).results).toHaveLength(3);
    const cut = await client.rerank(QUERY, texts, { maxTokensPerDocument: 5 });
    expect(cut.results.map(({ index, truncated }) => [index, truncated])).toEqual([[1, true], [2, false], [0, true]]);
  });

  test("reads the fields of objects that are named", async () => {
    const { client, models } = await start();
    await client.rerank(QUERY, [{ title: "Vinegar", body: "sour" }], { rankFields: ["title"] });
    expect(models.scored[0]?.texts).toEqual(["title: Vinegar"]);
  });

  test("rejects with the server's words, the status and the member that is wrong", async () => {
    const { client } = await start();
    expect(await rejection(client.rerank(QUERY, []))).toMatchObject({ code: "invalid", status: 400, param: "documents", requestId: expect.any(String) });
    expect(await rejection(client.rerank(QUERY, ["a"], { model: "gpt-4" }))).toMatchObject({ code: "not-found", status: 404, message: expect.stringContaining("gpt-4") });
  });

  test("asks again when the queue was full", async () => {
    let failures = 1;
    const { client, models } = await start({ fake: { failure: () => (failures-- > 0 ? new ServiceError("overloaded", "the queue is full", { retryAfterSeconds: 1 }) : undefined) } });
    expect((await client.rerank(QUERY, ["a", "b"])).results).toHaveLength(2);
    expect(models.scored).toHaveLength(1);
  });

  test("ends with the caller's own reason, and the server drops the work", async () => {
    const { client, models } = await start({ fake: { delayMs: 200 } });
    const abort = new AbortController();
    const reason = new Error("the user went on");
    const call = client.rerank(QUERY, Array.from({ length: 50 }, () => "vinegar"), { signal: abort.signal });
    await Promise.all([expect(call).rejects.toBe(reason), expect.poll(() => models.scored.length).toBe(1).then(() => abort.abort(reason))]);
    await expect.poll(() => models.scored[0]?.signal.aborted).toBe(true);
    await expect(client.rerank(QUERY, ["a"], { signal: abort.signal })).rejects.toBe(reason);
    expect(models.scored).toHaveLength(1);
  });
});

describe("score and embed", () => {
  test("score keeps the order of the texts", async () => {
    const { client } = await start();
    const texts = ["Tides follow the moon.", "Vinegar does remove limescale.", "Vinegar is sour."];
    const { relevances } = await client.score(QUERY, texts);
    const { results } = await client.rerank(QUERY, texts);
    expect(relevances).toEqual(results.toSorted((a, b) => a.index - b.index).map(({ relevance }) => relevance));
  });

  test("embed gives the same numbers as a list of digits would", async () => {
    const { client, post } = await start();
    const { embeddings, inputTokens } = await client.embed(["limescale", "vinegar"]);
    const { body } = await post("/v1/embeddings", { input: ["limescale", "vinegar"] });
    expect(embeddings.map(({ vector }) => [...vector])).toEqual(body.data.map(({ embedding }: { embedding: number[] }) => embedding));
    expect(embeddings.every(({ vector, truncated }) => vector instanceof Float32Array && !truncated)).toBe(true);
    expect(inputTokens).toBe(body.usage.prompt_tokens);
  });

  test("embed says which side of a search the text is, and takes one text or token ids", async () => {
    const { client, models } = await start();
    expect((await client.embed("limescale", { use: "query", instruction: "find remedies" })).embeddings).toHaveLength(1);
    expect((await client.embed([[1, 2, 3], "x"])).embeddings).toHaveLength(2);
    await client.embed(["x"], { use: "query" });
    expect(models.embedded).toMatchObject([
      { use: "query", instruction: "find remedies", inputs: ["limescale"] },
      { use: "passage", inputs: [[1, 2, 3], "x"] },
      { use: "query", inputs: ["x"] },
    ]);
  });

  test("models lists what a request may name", async () => {
    const { client } = await start();
    expect(await client.models()).toEqual([expect.objectContaining({ id: "mini", roles: expect.objectContaining({ reranker: expect.objectContaining({ state: "loaded" }) }) })]);
  });
});

describe("search", () => {
  test("gives the answer of both stages", async () => {
    const { url } = await startSearch();
    const client = new RerankClient({ baseUrl: url });
    const answer = await client.search(QUERY, { resultCount: 2, candidateCount: 4, paths: ["*.md"], minRelevance: 0.5, perDocument: true, budgetMs: 9000 });
    expect(answer.results.map(({ path, rank }) => [path, rank])).toEqual([["kettle.md", 1], [expect.stringContaining("secret.md"), 2]]);
    expect(answer.settings).toMatchObject({ candidateCount: 4, resultCount: 2, minRelevance: 0.5, perDocument: true, budgetMs: 9000 });
    expect(await rejection(client.search(" "))).toMatchObject({ code: "invalid", param: "query" });
  });

  test("tells candidates, judgments and the result as they come", async () => {
    const { url } = await startSearch();
    const client = new RerankClient({ baseUrl: url });
    const events: SearchEvent[] = [];
    for await (const event of client.searchEvents(QUERY)) events.push(event);
    const [first] = events;
    const last = events.at(-1);
    if (first?.type !== "recalled" || last?.type !== "result") throw new Error(events.map(({ type }) => type).join());
    expect(first.candidates.map(({ recallRank }) => recallRank)).toEqual([1, 2, 3, 4, 5]);
    const judged = events.flatMap((event) => (event.type === "judged" ? event.judgments : []));
    expect(judged.map(({ position }) => position).toSorted()).toEqual([0, 1, 2, 3, 4]);
    expect(last.result.results).toEqual((await client.search(QUERY)).results);
  });

  test("rejects before the first event as without events", async () => {
    const { url } = await startSearch();
    const client = new RerankClient({ baseUrl: url });
    expect(await rejection(client.searchEvents(QUERY, { model: "gpt-4" }).next())).toMatchObject({ code: "not-found", status: 404 });
  });
});

describe("a client", () => {
  test.each([
    [{ baseUrl: "localhost:7372" }, /^baseUrl is no address/],
    [{ baseUrl: "ftp://x" }, /^baseUrl is no address/],
    [{ baseUrl: "http://me:precious@127.0.0.1" }, /^baseUrl has a user name/],
    [{ apiKey: "precious\nkey" }, /^apiKey has characters/],
    [{ apiKey: "" }, /^apiKey has characters/],
    [{ timeoutMs: 0 }, /^timeoutMs/],
    [{ attemptTimeoutMs: Number.NaN }, /^attemptTimeoutMs/],
    [{ maxRetries: -1 }, /^maxRetries/],
  ])("refuses %j, without telling it", (options, message) => {
    expect(() => new RerankClient(options)).toThrow(TypeError);
    expect(() => new RerankClient(options)).toThrow(message);
    expect(() => new RerankClient(options)).not.toThrow(/precious/);
  });

  test("needs nothing of Node", () => {
    const folder = join(import.meta.dirname, "../../src/client");
    for (const name of readdirSync(folder)) {
      const source = readFileSync(join(folder, name), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
      expect(source, name).not.toMatch(/from "(?!\.\/)|\bBuffer\b|\bprocess\b|\brequire\b|\bNodeJS\b|setImmediate/);
    }
  });
});
