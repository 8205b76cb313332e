import { describe, expect, test } from "vitest";
import { compareAnswers, type AnsweredVariant } from "../../src/domain/compare-answers.ts";
import type { MeasuredQuery } from "../../src/domain/evaluation.ts";
import { measureQuery } from "../../src/domain/measure-answers.ts";
import { bootstrapInterval, randomizationTest } from "../../src/domain/statistics.ts";

const SECOND = 1 / Math.log2(3);

describe("the difference between two variants", () => {
  test("is that of their final stages, query by query, whatever the order of the queries", () => {
    const from = variant("A", [query("1", "a", ["b a", "b c a"]), query("2", "a", ["b a", "a"])]);
    const to = variant("B", [query("2", "a", ["x", "a"]), query("1", "a", ["x", "a"])]);
    const difference = compareAnswers(from, to, 3);
    expect(difference).toMatchObject({ from: "A", to: "B", ci95: bootstrapInterval([1 / 2, 0], 3), pValue: randomizationTest([1 / 2, 0], 3) });
    expect(difference.ndcg10Difference).toBeCloseTo(1 / 4, 12);
  });

  test("is none between a variant and itself", () => {
    const one = variant("A", [query("1", "a", ["b a"]), query("2", "a", ["a b"]), query("3", "a", [])]);
    expect(compareAnswers(one, one, 1)).toEqual({
      from: "A", to: "A", ndcg10Difference: 0, ci95: [0, 0], pValue: 1, kendallTau: 1, gains: [], losses: [],
    });
  });

  test("takes an answer without the final stage for an empty order", () => {
    const from = variant("A", [query("1", "a", ["a"]), query("2", "a", ["a"])]);
    const to = variant("B", [query("1", "a", ["a"]), query("2", "a", [])]);
    const difference = compareAnswers(from, to, 1);
    expect(difference.ndcg10Difference).toBe(-1 / 2);
    expect(difference.losses).toMatchObject([{ queryId: "2", toNdcg10: 0, documents: [{ documentId: "a", fromRank: 1, toRank: null }] }]);
  });

  test("is refused between answers to different queries", () => {
    const one = variant("A", [query("1", "a", ["a"])]);
    expect(() => compareAnswers(one, variant("B", [query("2", "a", ["a"])]), 1)).toThrow("B does not answer query 1, A does");
    expect(() => compareAnswers(one, variant("B", []), 1)).toThrow("A answers 1 queries, B 0");
  });
});

describe("Kendall's tau of two variants", () => {
  const tauOf = (from: string, to: string) => compareAnswers(variant("A", [query("1", "z", [from])]), variant("B", [query("1", "z", [to])]), 1).kendallTau;

  test("is 1 for the same first ten, -1 for the opposite order", () => {
    expect(tauOf("a b c d", "a b c d")).toBe(1);
    expect(tauOf("a b c d", "d c b a")).toBe(-1);
    expect(tauOf("1 2 3 4 5 6 7 8 9 10 x y", "1 2 3 4 5 6 7 8 9 10 y x")).toBe(1);
  });

  test("takes documents that one list lacks for tied behind it", () => {
    // scipy.stats.kendalltau([4, 3, 2, 1, 0], [4, 3, 0, 0, 2]) is 0.5270: of a b c d e, the first list lacks e, the second c and d.
    expect(tauOf("a b c d", "a b e")).toBeCloseTo(0.527, 4);
    // Two lists with nothing in common: scipy.stats.kendalltau([2, 1, 0, 0], [0, 0, 2, 1]) is -0.8.
    expect(tauOf("a b", "c d")).toBeCloseTo(-0.8, 12);
  });

  test("is the mean over the queries", () => {
    const from = variant("A", [query("1", "z", ["a b"]), query("2", "z", ["a b"])]);
    expect(compareAnswers(from, variant("B", [query("1", "z", ["a b"]), query("2", "z", ["b a"])]), 1).kendallTau).toBe(0);
  });
});

describe("the queries that moved most", () => {
  test("are at most five each way, largest change first, and none that did not change", () => {
    const at = (rank: number) => [...Array.from({ length: rank - 1 }, (_, position) => `x${position}`), "a"].join(" ");
    const ranks = [[1, 2], [1, 3], [1, 4], [1, 5], [1, 6], [1, 7], [4, 4], [2, 1], [9, 1], [11, 12]] as const;
    const from = variant("A", ranks.map(([rank], position) => query(`${position}`, "a", [at(rank)])));
    const to = variant("B", ranks.map(([, rank], position) => query(`${position}`, "a", [at(rank)])));
    const { gains, losses } = compareAnswers(from, to, 1);
    expect(losses.map(({ queryId }) => queryId)).toEqual(["5", "4", "3", "2", "1"]);
    expect(gains.map(({ queryId }) => queryId)).toEqual(["8", "7"]);
    expect(gains[1]).toMatchObject({ text: "text of 7", fromNdcg10: SECOND, toNdcg10: 1 });
  });

  test("keep the order of the queries where they changed alike", () => {
    const ids = ["q3", "q1", "q2"];
    const from = variant("A", ids.map((id) => query(id, "a", ["b a"])));
    expect(compareAnswers(from, variant("B", ids.map((id) => query(id, "a", ["a"]))), 1).gains.map(({ queryId }) => queryId)).toEqual(ids);
  });
});

describe("the documents that explain a moved query", () => {
  const explain = (relevant: string, from: string, to: string) => {
    const { gains, losses } = compareAnswers(variant("A", [query("1", relevant, [from])]), variant("B", [query("1", relevant, [to])]), 1);
    return [...gains, ...losses][0]!.documents.map(({ documentId, grade, fromRank, toRank }) => [documentId, grade, fromRank, toRank]);
  };

  test("are the relevant ones whose move changes most, then what stands first in each order", () => {
    expect(explain("a b c d", "x a b c d", "y d x c a b")).toEqual([["a", 1, 2, 5], ["d", 1, 5, 2], ["b", 1, 3, 6], ["x", 0, 1, 3], ["y", 0, null, 1]]);
  });

  test("are told once where a relevant one stands first", () => {
    expect(explain("a", "x a", "a x")).toEqual([["a", 1, 2, 1], ["x", 0, 1, 2]]);
  });

  test("hold no first one that is the first of both", () => {
    expect(explain("a", "x y a", "x a y")).toEqual([["a", 1, 3, 2]]);
  });

  test("weigh a move by the document's grade", () => {
    expect(explain("a best:3", "best b c a", "b best c x a").map(([id]) => id)).toEqual(["best", "a", "b"]);
  });

  test("hold those that came into the first ten from behind them, with their ranks there, and none that moved behind them", () => {
    const behind = "1 2 3 4 5 6 7 8 9 10";
    expect(explain("a b", `${behind} x a b`, `1 a 2 3 4 5 6 7 8 9 10 b`)).toEqual([["a", 1, 12, 2]]);
  });

  test("hold no document that is judged and not relevant, unless it stands first", () => {
    expect(explain("a bad:0 worse:-1", "bad x a worse", "worse a x bad")).toEqual([["a", 1, 3, 2], ["bad", 0, 1, 4], ["worse", -1, 4, 1]]);
  });

  test("bring the passage that stands for them, of either variant", () => {
    const withExcerpts = (id: string, order: string, excerpts: Record<string, string>) => {
      const { query: judged, answer } = query(id, "a constructor", [order]);
      return measureQuery(judged, { ...answer, excerpts });
    };
    const from = variant("A", [withExcerpts("1", "x y a constructor", { a: "a before", x: "x before" })]);
    const to = variant("B", [withExcerpts("1", "a constructor x", { a: "a after" })]);
    expect(compareAnswers(from, to, 1).gains[0]!.documents.map(({ documentId, excerpt }) => [documentId, excerpt])).toEqual([
      ["a", "a after"], ["constructor", ""], ["x", "x before"],
    ]);
  });
});

function variant(label: string, queries: readonly MeasuredQuery[]): AnsweredVariant {
  return { label, queries };
}

/** `relevant`: ids, with a grade other than 1 behind a colon. `orders`: those of the stages, the last of which is the final one. */
function query(id: string, relevant: string, orders: readonly string[]): MeasuredQuery {
  const grades = new Map(relevant.split(" ").map((entry) => entry.split(":")).map(([document, grade]) => [document!, Number(grade ?? 1)]));
  const stages = orders.map((order, position) => ({
    stage: `stage ${position}`,
    documents: order.split(" ").map((documentId) => ({ documentId, similarity: null, relevance: null })),
    elapsedMs: null,
  }));
  return measureQuery({ id, text: `text of ${id}`, grades }, { queryId: id, stages, judgedPairs: 0, judgingMs: null, excerpts: {} });
}
