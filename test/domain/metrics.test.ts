import { describe, expect, test } from "vitest";
import { ndcg, precision, rankByScore, recall, reciprocalRank } from "../../src/domain/metrics.ts";

const grades = new Map([
  ["best", 3],
  ["good", 2],
  ["fair", 1],
  ["judged-bad", 0],
  ["spam", -1],
]);

describe("nDCG", () => {
  test("is 1 for the ideal order, whatever follows it", () => {
    expect(ndcg(["best", "good", "fair", "unjudged"], grades, 10)).toBeCloseTo(1, 12);
  });

  test("discounts linear gains by log2(rank + 1)", () => {
    // DCG = 2/log2(2) + 0 + 3/log2(4) = 3.5; ideal = 3 + 2/1.58496250 + 1/2 = 4.76185951
    expect(ndcg(["good", "unjudged", "best"], grades, 10)).toBeCloseTo(3.5 / 4.76185951, 8);
  });

  test("cuts both the ranking and the ideal order", () => {
    expect(ndcg(["fair", "best"], grades, 1)).toBeCloseTo(1 / 3, 12);
    // DCG = 1 + 3/1.58496250 = 2.89278926; ideal = 3 + 2/1.58496250 = 4.26185951
    expect(ndcg(["fair", "best", "good"], grades, 2)).toBeCloseTo(2.89278926 / 4.26185951, 8);
  });

  test("the ideal order holds documents that were not retrieved", () => {
    expect(ndcg(["fair"], grades, 10)).toBeCloseTo(1 / 4.76185951, 8);
  });

  test("negative grades gain nothing, and take nothing away", () => {
    expect(ndcg(["spam", "best"], new Map([["spam", -2], ["best", 1]]), 10)).toBeCloseTo(1 / Math.log2(3), 12);
  });

  test("a repeated document earns nothing the second time", () => {
    expect(ndcg(["best", "best"], new Map([["best", 1], ["other", 1]]), 10)).toBeCloseTo(1 / (1 + 1 / Math.log2(3)), 12);
  });

  test("is 0 when nothing is relevant or nothing was found", () => {
    expect(ndcg(["a"], new Map([["a", 0]]), 10)).toBe(0);
    expect(ndcg([], grades, 10)).toBe(0);
    expect(ndcg(["a"], new Map(), 10)).toBe(0);
  });
});

test("the reciprocal rank is that of the first relevant document within the cutoff", () => {
  expect(reciprocalRank(["judged-bad", "unjudged", "fair", "best"], grades, 10)).toBe(1 / 3);
  expect(reciprocalRank(["judged-bad", "spam", "fair"], grades, 2)).toBe(0);
  expect(reciprocalRank([], grades, 10)).toBe(0);
});

test("recall counts all relevant documents, found or not", () => {
  expect(recall(["fair", "unjudged", "best", "fair"], grades, 10)).toBe(2 / 3);
  expect(recall(["fair", "unjudged", "best"], grades, 2)).toBe(1 / 3);
  expect(recall(["a"], new Map([["a", 0]]), 10)).toBe(0);
});

test("precision counts empty places as misses", () => {
  expect(precision(["best"], grades, 1)).toBe(1);
  expect(precision(["unjudged", "best"], grades, 1)).toBe(0);
  expect(precision(["best", "judged-bad"], grades, 5)).toBe(1 / 5);
  expect(precision([], grades, 1)).toBe(0);
});

test("scores become a ranking with ties in descending order of ids, as in trec_eval", () => {
  expect(rankByScore(new Map([["d1", 0.5], ["d3", 0.5], ["d2", 0.9]]))).toEqual(["d2", "d3", "d1"]);
});
