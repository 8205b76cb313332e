import { describe, expect, test } from "vitest";
import type { JudgedQuery, MeasuredQuery, QueryAnswer, StageAnswer } from "../../src/domain/evaluation.ts";
import { measureQuery, pairStages, recallCurve, stageNames, summarizeStages } from "../../src/domain/measure-answers.ts";
import { bootstrapInterval, randomizationTest } from "../../src/domain/statistics.ts";

const NOTHING = { ndcg10: 0, mrr10: 0, recall10: 0, recall50: 0, recall100: 0, p1: 0 };

describe("a query", () => {
  test("is measured at each stage of its answer", () => {
    const { measures } = measureQuery(judged("q", { a: 2, b: 1, c: 0 }), answered("q", [stage("recall", "c b a"), stage("rerank", "a b c")]));
    // DCG = 1/log2(3) + 2/log2(4) = 1.63093; ideal = 2 + 1/log2(3) = 2.63093
    expect(measures.get("recall")!.ndcg10).toBeCloseTo(1.63093 / 2.63093, 5);
    expect(measures.get("recall")).toMatchObject({ mrr10: 1 / 2, recall10: 1, recall50: 1, recall100: 1, p1: 0 });
    expect(measures.get("rerank")).toEqual({ ndcg10: 1, mrr10: 1, recall10: 1, recall50: 1, recall100: 1, p1: 1 });
  });

  test("has recall at 10, 50 and 100, and nothing beyond 10 in the other measures", () => {
    const order = Array.from({ length: 120 }, (_, position) => `d${position + 1}`).join(" ");
    const { measures } = measureQuery(judged("q", { d11: 3, d50: 1, d100: 1, d101: 1 }), answered("q", [stage("recall", order)]));
    expect(measures.get("recall")).toEqual({ ndcg10: 0, mrr10: 0, recall10: 0, recall50: 2 / 4, recall100: 3 / 4, p1: 0 });
  });

  test("that no document answers, or that got none, has measures of 0", () => {
    expect(measureQuery(judged("q", { a: 0, b: -1 }), answered("q", [stage("recall", "a b")])).measures.get("recall")).toEqual(NOTHING);
    expect(measureQuery(judged("q", { a: 1 }), answered("q", [stage("recall", "")])).measures.get("recall")).toEqual(NOTHING);
  });
});

describe("the summary of a stage", () => {
  test("is the mean over the queries, with the interval of each measure", () => {
    const queries = [measured("1", "a", "a b"), measured("2", "a", "b a"), measured("3", "a", "b c")];
    const [summary] = summarizeStages(queries, 4);
    expect(summary).toMatchObject({ name: "recall", mrr10: (1 + 1 / 2) / 3, p1: 1 / 3, recall10: 2 / 3, recall50: 2 / 3, recall100: 2 / 3 });
    expect(summary!.ndcg10).toBeCloseTo((1 + 1 / Math.log2(3)) / 3, 12);
    expect(summary!.ci95.mrr10).toEqual(bootstrapInterval([1, 1 / 2, 0], 4));
    expect(Object.keys(summary!.ci95)).toEqual(["ndcg10", "mrr10", "recall10", "recall50", "recall100", "p1"]);
  });

  test("counts queries without an answer as 0, and leaves them out of the times", () => {
    const queries = [measured("1", "a", "a", 30), measureQuery(judged("2", { a: 1 }), answered("2", []))];
    expect(summarizeStages(queries, 1)).toMatchObject([{ name: "recall", ndcg10: 1 / 2, p1: 1 / 2, meanMs: 30, p95Ms: 30 }]);
  });

  test("counts queries that nothing answers as 0, as trec_eval does", () => {
    const queries = [measured("1", "a", "a"), measureQuery(judged("2", { a: 0 }), answered("2", [stage("recall", "a")]))];
    expect(summarizeStages(queries, 1)).toMatchObject([{ ndcg10: 1 / 2, recall10: 1 / 2 }]);
  });

  test("has the mean and the 95th percentile of its times", () => {
    const queries = Array.from({ length: 20 }, (_, position) => measured(`${position}`, "a", "a", position === 7 ? 1_000 : position));
    expect(summarizeStages(queries, 1)).toMatchObject([{ meanMs: (190 - 7 + 1_000) / 20, p95Ms: 19 }]);
  });

  test("has no times and no speed where the answers have none", () => {
    expect(summarizeStages([measured("1", "a", "a", null)], 1)).toMatchObject([{ meanMs: null, p95Ms: null, pairsPerSecond: null }]);
  });

  test("tells pairs a second of the stage that judges, over all its queries", () => {
    const stages = [stage("recall", "a", 5), stage("rerank", "a", 100)];
    const queries = [
      measureQuery(judged("1", { a: 1 }), { ...answered("1", stages), judgedPairs: 50, judgingMs: 400 }),
      measureQuery(judged("2", { a: 1 }), { ...answered("2", stages), judgedPairs: 10, judgingMs: 100 }),
      measureQuery(judged("3", { a: 1 }), answered("3", stages)),
    ];
    expect(summarizeStages(queries, 1).map(({ name, pairsPerSecond }) => [name, pairsPerSecond])).toEqual([["recall", null], ["rerank", 120]]);
    expect(summarizeStages(queries.slice(2), 1)[1]!.pairsPerSecond).toBe(null);
  });

  test("comes in the order of the stages, also where the first answer lacks some", () => {
    const lacking = measureQuery(judged("1", { a: 1 }), answered("1", [stage("recall", "a"), stage("rerank", "a")]));
    const full = measureQuery(judged("2", { a: 1 }), answered("2", [stage("recall", "a"), stage("hybrid", "a"), stage("rerank", "a")]));
    expect(stageNames([lacking, full])).toEqual(["recall", "hybrid", "rerank"]);
    expect(summarizeStages([lacking, full], 1).map(({ name, p1 }) => [name, p1])).toEqual([["recall", 1], ["hybrid", 1 / 2], ["rerank", 1]]);
    expect(summarizeStages([], 1)).toEqual([]);
  });
});

describe("paired stages", () => {
  const stagesOf = (...names: string[]) => [1, 2].map((number) =>
    measureQuery(judged(`${number}`, { a: 1 }), answered(`${number}`, names.map((name, position) => stage(name, position < number ? "b a" : "a b")))));

  test("are each one and the one before it, and of three also the last and the first", () => {
    const pairsOf = (...names: string[]) => pairStages(stagesOf(...names), 1).map(({ from, to }) => `${from} ${to}`);
    expect(pairsOf("recall")).toEqual([]);
    expect(pairsOf("recall", "rerank")).toEqual(["recall rerank"]);
    expect(pairsOf("recall", "hybrid", "rerank")).toEqual(["recall hybrid", "hybrid rerank", "recall rerank"]);
  });

  test("tell the mean difference in nDCG@10, its interval and its p-value", () => {
    const gain = 1 - 1 / Math.log2(3);
    const [first, second, whole] = pairStages(stagesOf("recall", "hybrid", "rerank"), 9);
    expect([first!.ndcg10Difference, second!.ndcg10Difference, whole!.ndcg10Difference]).toEqual([gain / 2, gain / 2, gain]);
    expect(first).toMatchObject({ ci95: bootstrapInterval([gain, 0], 9), pValue: randomizationTest([gain, 0], 9) });
    // Of two queries that both gain, one choice of signs in four is as good and one as bad.
    expect(whole!.pValue).toBe(1 / 2);
  });

  test("count a missing stage as an empty order", () => {
    const queries = [measureQuery(judged("1", { a: 1 }), answered("1", [stage("one", "a"), stage("two", "a")])), measureQuery(judged("2", { a: 1 }), answered("2", [stage("one", "a")]))];
    expect(pairStages(queries, 1)).toMatchObject([{ from: "one", to: "two", ndcg10Difference: -1 / 2 }]);
  });
});

describe("the recall curve", () => {
  const queries = [measured("1", "a b", "a x b"), measured("2", "c", "x c"), measureQuery(judged("3", { d: 1 }), answered("3", []))];

  test("is the mean recall at each cutoff", () => {
    expect(recallCurve(queries, "recall", [1, 2, 3, 100])).toEqual([0.5 / 3, 1.5 / 3, 2 / 3, 2 / 3]);
  });

  test("is 0 for a stage that no answer has", () => {
    expect(recallCurve(queries, "hybrid", [1, 10])).toEqual([0, 0]);
  });

  test("agrees with the recall of the summary", () => {
    const [summary] = summarizeStages(queries, 1);
    expect(recallCurve(queries, "recall", [10, 50, 100])).toEqual([summary!.recall10, summary!.recall50, summary!.recall100]);
  });
});

function judged(id: string, grades: Readonly<Record<string, number>>): JudgedQuery {
  return { id, text: `text of ${id}`, grades: new Map(Object.entries(grades)) };
}

/** A query that the documents of `relevant` answer, with one stage. */
function measured(id: string, relevant: string, order: string, elapsedMs: number | null = 10): MeasuredQuery {
  return measureQuery(judged(id, Object.fromEntries(relevant.split(" ").map((document) => [document, 1]))), answered(id, [stage("recall", order, elapsedMs)]));
}

function stage(name: string, order: string, elapsedMs: number | null = 10): StageAnswer {
  const documents = order.split(" ").filter((id) => id !== "").map((documentId) => ({ documentId, similarity: null, relevance: null }));
  return { stage: name, documents, elapsedMs };
}

function answered(queryId: string, stages: readonly StageAnswer[]): QueryAnswer {
  return { queryId, stages, judgedPairs: 0, judgingMs: null, excerpts: {} };
}
