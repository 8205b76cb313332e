import { beforeEach, describe, expect, test } from "vitest";
import { createExactIndex } from "../../src/adapters/exact-index.ts";
import type { JudgedQuery, QueryAnswer } from "../../src/domain/evaluation.ts";
import { answerQueries, type AnswerOptions } from "../../src/pipeline/answer-queries.ts";
import type { EvaluationEvent } from "../../src/pipeline/evaluation.ts";
import type { SearchDependencies } from "../../src/pipeline/search.ts";
import type { PassageStore } from "../../src/ports/passage-store.ts";
import { createFakeEmbedder, createFakeReranker } from "../support/fake-models.ts";
import { filledStore } from "../support/filled-store.ts";

const OPTIONS: AnswerOptions = { label: "fake", depth: 10, candidateCount: 10, hybrid: false };
const TEXTS: Readonly<Record<string, readonly string[]>> = {
  kettle: ["how to descale a kettle with vinegar", "kettle history", "kettle kettle kettle"],
  capital: ["the capital of china is beijing"],
  markets: ["capital markets of china", "the capital markets of china are large"],
  tyre: ["check the tyre pressure"],
};
const CHINA: JudgedQuery = { id: "q1", text: "capital of china", grades: new Map([["capital", 1]]) };
const KETTLE: JudgedQuery = { id: "q2", text: "kettle", grades: new Map([["tyre", 2]]) };

let store: PassageStore;
const embedder = createFakeEmbedder();

beforeEach(async () => {
  store = await filledStore(TEXTS, embedder);
});

function dependencies(reranker = createFakeReranker((_query, text) => (text.includes("beijing") ? 5 : -5))): SearchDependencies {
  return { store, vectorIndex: createExactIndex(store.vectors(), embedder.spec.dimensions), embedder, reranker };
}

const idsOf = (answer: QueryAnswer | undefined, stage: string): string[] =>
  answer?.stages.find((each) => each.stage === stage)?.documents.map(({ documentId }) => documentId) ?? [];

describe("answerQueries", () => {
  test("keeps the order of each stage, each document once with its best passage", async () => {
    const [answer] = await answerQueries([CHINA], dependencies(), OPTIONS);
    expect(answer?.stages.map(({ stage }) => stage)).toEqual(["recall", "rerank"]);
    expect(idsOf(answer, "recall").toSorted()).toEqual(["capital", "kettle", "markets", "tyre"]);
    expect(idsOf(answer, "rerank")[0]).toBe("capital");
    const similarities = answer?.stages[0]?.documents.map(({ similarity }) => similarity ?? 0) ?? [];
    expect(similarities).toEqual(similarities.toSorted((a, b) => b - a));
    expect(answer?.stages[0]?.documents.every(({ relevance }) => relevance === null)).toBe(true);
    expect(answer).toMatchObject({ queryId: "q1", judgedPairs: 7 });
    expect(answer?.judgingMs).toBeGreaterThanOrEqual(0);
  });

  test("lets what was not judged follow in the order of the recall", async () => {
    const reranker = createFakeReranker((_query, text) => (text.includes("markets") ? 3 : -3));
    const [answer] = await answerQueries([KETTLE], dependencies(reranker), { ...OPTIONS, candidateCount: 3 });
    expect(answer?.judgedPairs).toBe(3);
    const documents = answer?.stages.at(-1)?.documents ?? [];
    expect(documents.map(({ documentId }) => documentId).toSorted()).toEqual(["capital", "kettle", "markets", "tyre"]);
    expect(documents[0]).toMatchObject({ documentId: "kettle" });
    expect(documents.slice(1).map(({ relevance }) => relevance)).toEqual([null, null, null]);
  });

  test("recalls until there are as many documents as are to be ranked", async () => {
    const [answer] = await answerQueries([KETTLE], dependencies(), { ...OPTIONS, depth: 3, candidateCount: 1 });
    expect(idsOf(answer, "recall")).toHaveLength(3);
    expect(idsOf(answer, "rerank")).toHaveLength(3);
  });

  test("has a stage of its own for hybrid recall, from which the reranker's candidates come", async () => {
    const [answer] = await answerQueries([{ ...KETTLE, text: "vinegar" }], dependencies(), { ...OPTIONS, hybrid: true });
    expect(answer?.stages.map(({ stage }) => stage)).toEqual(["recall", "hybrid", "rerank"]);
    expect(idsOf(answer, "hybrid")[0]).toBe("kettle");
  });

  test("without a reranker there is the recall alone", async () => {
    const { reranker: _unused, ...deps } = dependencies();
    const [answer] = await answerQueries([CHINA], deps, OPTIONS);
    expect(answer?.stages.map(({ stage }) => stage)).toEqual(["recall"]);
    expect(answer).toMatchObject({ judgedPairs: 0, judgingMs: null });
  });

  test("keeps excerpts of the first documents of each stage and of relevant ones, wherever they are", async () => {
    const [answer] = await answerQueries([{ ...CHINA, grades: new Map([["tyre", 1]]) }], dependencies(), OPTIONS);
    expect(answer?.excerpts).toMatchObject({ capital: "the capital of china is beijing", tyre: "check the tyre pressure" });
  });

  test("cuts excerpts between characters, never through one", async () => {
    const text = "𠮷".repeat(400);
    const { vector } = (await embedder.embedPassages([text]))[0]!;
    store.saveVectors([{ vectorKey: "rare", vector }]);
    const location = { startLine: 1, endLine: 1 };
    store.saveDocument({ path: "rare", sizeBytes: 1, mtimeMs: 1, contentHash: "rare", format: "text", title: "" }, [{ text, headings: [], location, vectorKey: "rare" }]);
    const [answer] = await answerQueries([{ id: "q", text, grades: new Map() }], dependencies(), OPTIONS);
    expect(answer?.excerpts["rare"]).toBe(`${"𠮷".repeat(140)}…`);
  });

  test("does not ask again what an earlier run has answered", async () => {
    const [before] = await answerQueries([CHINA], dependencies(), OPTIONS);
    const events: EvaluationEvent[] = [];
    const asked: string[] = [];
    const deps = dependencies();
    const answers = await answerQueries([CHINA, KETTLE], deps, {
      ...OPTIONS,
      known: new Map([["q1", before!]]),
      onAnswer: ({ queryId }) => asked.push(queryId),
      onEvent: (event) => events.push(event),
    });
    expect(answers.map(({ queryId }) => queryId)).toEqual(["q1", "q2"]);
    expect(answers[0]).toBe(before);
    expect(asked).toEqual(["q2"]);
    expect(events.map(({ type }) => type)).toEqual(["started", "answered", "ended"]);
    expect(events[0]).toMatchObject({ total: 2, known: 1 });
    expect(events[1]).toMatchObject({ done: 2, total: 2 });
  });

  test("loads no model when every answer is known", async () => {
    const [before] = await answerQueries([CHINA], dependencies(), OPTIONS);
    const reranker = createFakeReranker(() => 0);
    await answerQueries([CHINA], dependencies(reranker), { ...OPTIONS, known: new Map([["q1", before!]]) });
    expect(reranker.scored).toEqual([]);
  });

  test("hands on the instruction to both models", async () => {
    const asking = createFakeEmbedder();
    const reranker = createFakeReranker(() => 0);
    await answerQueries([CHINA], { ...dependencies(reranker), embedder: asking }, { ...OPTIONS, instruction: "Find capitals" });
    expect(asking.instructions.at(-1)).toBe("Find capitals");
    expect(reranker.instructions.at(-1)).toBe("Find capitals");
  });

  test("stops between queries when aborted, and what was answered by then has been handed over", async () => {
    const stop = new AbortController();
    const kept: string[] = [];
    const run = answerQueries([CHINA, KETTLE], dependencies(), {
      ...OPTIONS,
      signal: stop.signal,
      onAnswer({ queryId }) {
        kept.push(queryId);
        stop.abort(new Error("enough"));
      },
    });
    await expect(run).rejects.toThrow("enough");
    expect(kept).toEqual(["q1"]);
  });
});
