import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { kendallTau, ndcgAt, precisionAt, rankByScore, recallAt, recallsAt, reciprocalRankAt } from "../../src/domain/metrics.ts";

const grades = new Map([
  ["best", 3],
  ["good", 2],
  ["fair", 1],
  ["judged-bad", 0],
  ["spam", -1],
]);

describe("nDCG", () => {
  test("is 1 for the ideal order, whatever follows it", () => {
    expect(ndcgAt(["best", "good", "fair", "unjudged"], grades, 10)).toBeCloseTo(1, 12);
  });

  test("discounts linear gains by log2(rank + 1)", () => {
    // DCG = 2/log2(2) + 0 + 3/log2(4) = 3.5; ideal = 3 + 2/1.58496250 + 1/2 = 4.76185951
    expect(ndcgAt(["good", "unjudged", "best"], grades, 10)).toBeCloseTo(3.5 / 4.76185951, 8);
  });

  test("cuts both the ranking and the ideal order", () => {
    expect(ndcgAt(["fair", "best"], grades, 1)).toBeCloseTo(1 / 3, 12);
    // DCG = 1 + 3/1.58496250 = 2.89278926; ideal = 3 + 2/1.58496250 = 4.26185951
    expect(ndcgAt(["fair", "best", "good"], grades, 2)).toBeCloseTo(2.89278926 / 4.26185951, 8);
  });

  test("the ideal order holds documents that were not retrieved", () => {
    expect(ndcgAt(["fair"], grades, 10)).toBeCloseTo(1 / 4.76185951, 8);
  });

  test("negative grades gain nothing, and take nothing away", () => {
    expect(ndcgAt(["spam", "best"], new Map([["spam", -2], ["best", 1]]), 10)).toBeCloseTo(1 / Math.log2(3), 12);
  });

  test("a repeated document earns nothing the second time", () => {
    expect(ndcgAt(["best", "best"], new Map([["best", 1], ["other", 1]]), 10)).toBeCloseTo(1 / (1 + 1 / Math.log2(3)), 12);
  });

  test("is 0 when nothing is relevant or nothing was found", () => {
    expect(ndcgAt(["a"], new Map([["a", 0]]), 10)).toBe(0);
    expect(ndcgAt([], grades, 10)).toBe(0);
    expect(ndcgAt(["a"], new Map(), 10)).toBe(0);
  });
});

test("all measures lie between 0 and 1, and are 1 for the ideal order", () => {
  const judged = fc.dictionary(fc.string({ minLength: 1, maxLength: 2 }), fc.integer({ min: -2, max: 4 }), { minKeys: 1, maxKeys: 15 });
  fc.assert(fc.property(judged, fc.array(fc.string({ minLength: 1, maxLength: 2 })), (dictionary, ranking) => {
    const judgments = new Map(Object.entries(dictionary));
    for (const measure of [ndcgAt, recallAt, reciprocalRankAt, precisionAt]) {
      expect(measure(ranking, judgments, 10)).toBeGreaterThanOrEqual(0);
      expect(measure(ranking, judgments, 10)).toBeLessThanOrEqual(1);
    }
    const ideal = [...judgments.keys()].sort((a, b) => judgments.get(b)! - judgments.get(a)!);
    const best = judgments.get(ideal[0]!)! >= 1 ? 1 : 0;
    expect([ndcgAt(ideal, judgments, 10), recallAt(ideal, judgments, 15), reciprocalRankAt(ideal, judgments, 10)]).toEqual([best, best, best]);
  }));
});

test("the reciprocal rank is that of the first relevant document within the cutoff", () => {
  expect(reciprocalRankAt(["judged-bad", "unjudged", "fair", "best"], grades, 10)).toBe(1 / 3);
  expect(reciprocalRankAt(["judged-bad", "spam", "fair"], grades, 2)).toBe(0);
  expect(reciprocalRankAt([], grades, 10)).toBe(0);
});

test("recall counts all relevant documents, found or not", () => {
  expect(recallAt(["fair", "unjudged", "best", "fair"], grades, 10)).toBe(2 / 3);
  expect(recallAt(["fair", "unjudged", "best"], grades, 2)).toBe(1 / 3);
  expect(recallAt(["a"], new Map([["a", 0]]), 10)).toBe(0);
  expect(recallsAt(["fair", "unjudged", "best", "fair"], grades, [10, 2, 1])).toEqual([2 / 3, 1 / 3, 1 / 3]);
  expect(recallsAt(["fair"], grades, [])).toEqual([]);
});

test("precision counts empty places as misses", () => {
  expect(precisionAt(["best"], grades, 1)).toBe(1);
  expect(precisionAt(["unjudged", "best"], grades, 1)).toBe(0);
  expect(precisionAt(["best", "judged-bad"], grades, 5)).toBe(1 / 5);
  expect(precisionAt([], grades, 1)).toBe(0);
});

describe("scores become a ranking", () => {
  test("with ties in descending order of ids, as in trec_eval", () => {
    expect(rankByScore(new Map([["d1", 0.5], ["d3", 0.5], ["d2", 0.9]]))).toEqual(["d2", "d3", "d1"]);
    expect(rankByScore(new Map([["d1", 1], ["d10", 1], ["d9", 1], ["D2", 1]]))).toEqual(["d9", "d10", "d1", "D2"]);
  });

  test("with ids in the order of their bytes, not of UTF-16", () => {
    expect(["\uFF5E", "\u{1F600}"].sort()).toEqual(["\u{1F600}", "\uFF5E"]);
    expect(rankByScore(new Map([["\uFF5E", 1], ["\u{1F600}", 1], ["z", 1], ["é", 1]]))).toEqual(["\u{1F600}", "\uFF5E", "é", "z"]);
  });

  test("where scores tie that 32-bit floats cannot tell apart", () => {
    expect(rankByScore(new Map([["a", 0.900000001], ["b", 0.9]]))).toEqual(["b", "a"]);
    expect(rankByScore(new Map([["a", 0.9000001], ["b", 0.9]]))).toEqual(["a", "b"]);
  });

  test("where scores are infinite, or beyond 32 bits", () => {
    expect(rankByScore(new Map([["a", 1], ["b", Infinity], ["c", 1e300], ["d", -Infinity]]))).toEqual(["c", "b", "a", "d"]);
  });
});

describe("Kendall's tau", () => {
  test("is 1 for the same order, -1 for the opposite, whatever the scores' scales", () => {
    expect(kendallTau([1, 2, 3], [0.1, 50, 51])).toBe(1);
    expect(kendallTau([1, 2, 3], [3, 2, 1])).toBe(-1);
  });

  test("counts pairs in the same order against those that are not", () => {
    // Of six pairs, five agree.
    expect(kendallTau([1, 2, 3, 4], [1, 2, 4, 3])).toBeCloseTo(4 / 6, 12);
  });

  test("sets ties apart, as tau-b does", () => {
    // scipy.stats.kendalltau([1, 2, 2, 3], [1, 3, 2, 3]) is 0.8.
    expect(kendallTau([1, 2, 2, 3], [1, 3, 2, 3])).toBeCloseTo(0.8, 12);
    expect(kendallTau([1, 1, 1], [1, 2, 3])).toBe(0);
  });

  test("is 1 for a list and itself, the same from either side, and turns its sign where one list is turned", () => {
    const scores = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 2, maxLength: 12 });
    fc.assert(fc.property(scores, fc.infiniteStream(fc.integer({ min: 0, max: 9 })), (left, more) => {
      const right = [...more.take(left.length)];
      const tau = kendallTau(left, right);
      expect(Math.abs(tau)).toBeLessThanOrEqual(1 + 1e-12);
      expect(kendallTau(right, left)).toBeCloseTo(tau, 12);
      expect(kendallTau(left.map((score) => -score), right)).toBeCloseTo(-tau, 12);
      expect(kendallTau(left, left)).toBe(new Set(left).size === 1 ? 0 : 1);
    }));
  });

  test("is 1 where there is nothing to order", () => {
    expect([kendallTau([], []), kendallTau([5], [7])]).toEqual([1, 1]);
  });
});
