import { beforeEach, describe, expect, test } from "vitest";
import { createExactIndex } from "../../src/adapters/exact-index.ts";
import { ModelProcessDied, RemoteFailure, UserError } from "../../src/domain/errors.ts";
import { relevanceOf } from "../../src/domain/ranking.ts";
import { answerQueries } from "../../src/pipeline/answer-queries.ts";
import type { SearchEvent } from "../../src/pipeline/events.ts";
import { rank } from "../../src/pipeline/rank.ts";
import { search, type SearchDependencies, type SearchOptions } from "../../src/pipeline/search.ts";
import type { SearchResult } from "../../src/pipeline/search-result.ts";
import type { PassageStore } from "../../src/ports/passage-store.ts";
import type { Reranker } from "../../src/ports/reranker.ts";
import { jsonReport } from "../../src/reporters/json.ts";
import { createFakeEmbedder, createFakeReranker, fakeSpec } from "../support/fake-models.ts";
import { filledStore } from "../support/filled-store.ts";
import { userRejectionOf } from "../support/user-error-of.ts";

const QUERY = "capital of china";
const OPTIONS: SearchOptions = { candidateCount: 10, resultCount: 5, onFailure: "cosine" };
const TEXTS = {
  "a/kettle.md": ["how to descale a kettle with vinegar", "kettle history"],
  "a/capital.md": ["the capital of china is beijing"],
  "b/markets.md": ["capital markets of china", "the capital markets of china are large"],
};
const REFUSED = new RemoteFailure("rate-limited", "https://api.example.com asks\n to wait: 429.");

let store: PassageStore;
const embedder = createFakeEmbedder();

beforeEach(async () => {
  store = await filledStore(TEXTS, embedder);
});

function dependencies(reranker: Reranker): SearchDependencies {
  return { store, vectorIndex: createExactIndex(store.vectors(), embedder.spec.dimensions), embedder, reranker };
}

/** Turns the coarse order upside down for `judged` texts, then fails. */
function failingReranker(error: unknown, judged = 0): Reranker {
  return {
    spec: fakeSpec("reranker"),
    async score(_query, texts, { onJudgment, onUsage } = {}) {
      onUsage?.({ computedTokens: 100, savedTokens: 0 });
      for (const position of texts.slice(0, judged).keys()) onJudgment?.(position, { logit: position, relevance: relevanceOf(position), truncated: false });
      throw error;
    },
  };
}

const withoutReranker = ({ reranker: _left, ...deps }: SearchDependencies) => deps;
const withoutTimes = ({ timings: _left, ...rest }: SearchResult) => rest;

describe("a search whose reranker fails", () => {
  test.each([
    ["a server that does not answer", REFUSED],
    ["a process that died", new ModelProcessDied("the model process has died twice")],
    ["any other failure of a model", new UserError("the model cannot be loaded")],
  ])("rejects with its error, unless something else was asked for: %s", async (_what, error) => {
    const { onFailure: _left, ...usual } = OPTIONS;
    await expect(search(QUERY, dependencies(failingReranker(error)), usual)).rejects.toBe(error);
    await expect(search(QUERY, dependencies(failingReranker(error)), { ...usual, onFailure: "error" })).rejects.toBe(error);
    const result = await search(QUERY, dependencies(failingReranker(error)), OPTIONS);
    expect(result).toMatchObject({ reranked: false, partial: false, judged: 0, usage: null, timings: { rerankMs: null } });
  });

  test("answers as without a reranker, marked: judgments that had arrived are dropped", async () => {
    const deps = dependencies(failingReranker(REFUSED, 3));
    const fallback = await search(QUERY, deps, OPTIONS);
    const coarse = await search(QUERY, withoutReranker(deps), OPTIONS);
    const failure = "https://api.example.com asks to wait: 429";
    expect(withoutTimes(fallback)).toEqual({
      ...withoutTimes(coarse),
      models: { ...coarse.models, reranker: expect.objectContaining({ id: "fake" }) },
      rerankFailure: failure,
      notices: [`the reranker did not run: ${failure}; this is the order of the first stage`],
    });
    expect(coarse).toMatchObject({ reranked: false, rerankFailure: null, notices: [] });
  });

  test("prints the same JSON as without a reranker, but for what marks it", async () => {
    const deps = dependencies(failingReranker(REFUSED, 2));
    const view = { baseFolder: "/notes", cwd: "/notes", explain: true };
    const timings = { embedMs: 1, recallMs: 1, rerankMs: null, totalMs: 2 };
    const parsed = (result: SearchResult) => JSON.parse(jsonReport({ ...result, timings }, view)) as Record<string, unknown>;
    const [fallback, coarse] = [parsed(await search(QUERY, deps, OPTIONS)), parsed(await search(QUERY, withoutReranker(deps), OPTIONS))];
    const different = Object.keys(fallback).filter((key) => JSON.stringify(fallback[key]) !== JSON.stringify(coarse[key]));
    expect(different).toEqual(["models", "rerankFailure", "notices"]);
    expect(Object.keys(fallback)).toEqual(Object.keys(coarse));
  });

  test("a reranker that answers is not touched by it: the JSON is the same to the last digit", async () => {
    const view = { baseFolder: "/notes", cwd: "/notes" };
    const timings = { embedMs: 1, recallMs: 1, rerankMs: 1, totalMs: 3 };
    const deps = () => dependencies(createFakeReranker((_query, text) => text.length / 7));
    const [cosine, error] = await Promise.all((["cosine", "error"] as const).map((onFailure) => search(QUERY, deps(), { ...OPTIONS, onFailure })));
    expect(jsonReport({ ...cosine!, timings }, view)).toBe(jsonReport({ ...error!, timings }, view));
    expect(cosine).toMatchObject({ reranked: true, rerankFailure: null, judged: 5 });
  });

  test("tells those who watch that judgments count no more, after them and once", async () => {
    const events: SearchEvent[] = [];
    await search(QUERY, dependencies(failingReranker(REFUSED, 2)), { ...OPTIONS, onEvent: (event) => events.push(event) });
    expect(events.map(({ type }) => type)).toEqual(["recalled", "judged", "judged", "rerank-failed"]);
    expect(events.at(-1)).toEqual({ type: "rerank-failed", message: "https://api.example.com asks to wait: 429" });
  });

  test("judgments that come after the failure are heard by nobody", async () => {
    const events: string[] = [];
    let late = (): void => {};
    const reranker: Reranker = {
      spec: fakeSpec("reranker"),
      async score(_query, _texts, { onJudgment } = {}) {
        late = () => onJudgment?.(0, { logit: 9, relevance: 1, truncated: false });
        throw REFUSED;
      },
    };
    await search(QUERY, dependencies(reranker), { ...OPTIONS, onEvent: ({ type }) => events.push(type) });
    late();
    expect(events).toEqual(["recalled", "rerank-failed"]);
  });

  test("takes NaN for a failure, after all the other judgments too", async () => {
    const result = await search(QUERY, dependencies(createFakeReranker((_query, text) => (text.includes("beijing") ? Number.NaN : 1))), OPTIONS);
    expect(result).toMatchObject({ reranked: false, judged: 0, rerankFailure: "a relevance is NaN, which no order can be built on" });
    expect(result.results.map(({ rank, recallRank }) => rank - recallRank)).toEqual([0, 0, 0, 0, 0]);
  });

  test("shows nothing where a least relevance was asked for, and says why", async () => {
    const result = await search(QUERY, dependencies(failingReranker(REFUSED, 3)), { ...OPTIONS, minRelevance: 0.1 });
    expect(result.results).toEqual([]);
    expect(result.recalled).toHaveLength(5);
    expect(result.notices[0]).toMatch(/; this is the order of the first stage, and none of it is shown: a relevance of 0.1 or more was asked for, and none is known$/);
  });
});

describe("what is no failure of the reranker", () => {
  test("a mistake of the program", async () => {
    const mistake = new TypeError("undefined is not a function");
    await expect(search(QUERY, dependencies(failingReranker(mistake)), OPTIONS)).rejects.toBe(mistake);
  });

  test("the caller's abort, also where the reranker makes an error of its own of it", async () => {
    const stop = new AbortController();
    const reranker: Reranker = {
      spec: fakeSpec("reranker"),
      async score() {
        stop.abort(new Error("Ctrl-C"));
        throw new RemoteFailure("unreachable", "the connection broke");
      },
    };
    const events: string[] = [];
    const searching = search(QUERY, dependencies(reranker), { ...OPTIONS, signal: stop.signal, onEvent: ({ type }) => events.push(type) });
    await expect(searching).rejects.toThrow("the connection broke");
    expect(events).toEqual(["recalled"]);
  });

  test("a budget that is over: what was judged decides, as ever", async () => {
    const enough = new AbortController();
    const result = await search(QUERY, dependencies(createFakeReranker(() => 1, 5)), {
      ...OPTIONS,
      enough: enough.signal,
      onEvent: (event) => event.type === "judged" && event.done === 2 && enough.abort(),
    });
    expect(result).toMatchObject({ partial: true, judged: 2, reranked: true, rerankFailure: null, notices: [] });
  });

  test("a budget that ends before the first judgment: partial, and the order is the first stage's", async () => {
    const result = await search(QUERY, dependencies(createFakeReranker(() => 1, 5)), { ...OPTIONS, enough: AbortSignal.abort() });
    expect(result).toMatchObject({ partial: true, judged: 0, reranked: false, rerankFailure: null });
  });

  test("the embedder's: there is no order to fall back to", async () => {
    const broken = { ...embedder, embedQuery: () => Promise.reject(REFUSED) };
    await expect(search(QUERY, { ...dependencies(failingReranker(REFUSED)), embedder: broken }, OPTIONS)).rejects.toBe(REFUSED);
  });
});

describe("where there is nothing to fall back to", () => {
  test("rank rejects, whatever is asked for", async () => {
    const passages = [{ path: "-", location: { startLine: 1, endLine: 1 }, headings: [], text: "the capital of china" }];
    const options = { resultCount: 5, onFailure: "cosine" };
    expect(await userRejectionOf(rank(QUERY, passages, failingReranker(REFUSED), options))).toBe(REFUSED);
    expect(await rank(QUERY, passages, createFakeReranker(() => 1), options)).toMatchObject({ reranked: true, rerankFailure: null });
  });

  test("an evaluation rejects: figures of another order would pass for the reranker's", async () => {
    const options = { label: "fake", depth: 10, candidateCount: 10, hybrid: false, onFailure: "cosine" };
    const answering = answerQueries([{ id: "q1", text: QUERY, grades: new Map([["a/capital.md", 1]]) }], dependencies(failingReranker(REFUSED)), options);
    expect(await userRejectionOf(answering)).toBe(REFUSED);
  });
});
