import { describe, expect, test } from "vitest";
import type { Interval } from "../../src/domain/evaluation.ts";
import { differenceSentence, formatPoints, formatPValue } from "../../src/reporters/evaluation-wording.ts";

function conclude(ndcg10Difference: number, ci95: Interval, pValue: number) {
  const { numbers, conclusion, verdict } = differenceSentence({ from: "recall", to: "rerank", ndcg10Difference, ci95, pValue }, (name) => name);
  return { verdict, sentence: numbers + conclusion };
}

describe("differenceSentence", () => {
  test("claims a difference only where interval and test agree", () => {
    expect(conclude(0.131, [0.044, 0.218], 0.0034)).toEqual({
      verdict: "better", sentence: "rerank against recall: nDCG@10 +13.1 points [+4.4, +21.8], p 0.003: better, significant at 5 %",
    });
    expect(conclude(-0.05, [-0.09, -0.01], 0.00001)).toEqual({
      verdict: "worse", sentence: "rerank against recall: nDCG@10 -5.0 points [-9.0, -1.0], p < 0.001: worse, significant at 5 %",
    });
    expect(conclude(0.012, [-0.008, 0.033], 0.24)).toEqual({
      verdict: "open", sentence: "rerank against recall: nDCG@10 +1.2 points [-0.8, +3.3], p 0.24: the interval includes zero, no difference is shown",
    });
    expect(conclude(0.02, [0.001, 0.04], 0.051).sentence).toContain("p 0.051: the interval excludes zero, but the test finds no difference at 5 %: not settled");
    expect(conclude(0.02, [-0.001, 0.04], 0.049).sentence).toContain("p 0.049: the test finds a difference, but the interval includes zero: not settled");
    expect(conclude(0, [0, 0], 1)).toEqual({ verdict: "open", sentence: "rerank against recall: nDCG@10 0.0 points [0.0, 0.0], p 1.00: no query tells them apart" });
  });

  test("makes names safe for where the sentence stands", () => {
    const difference = { from: "a|b", to: "c", ndcg10Difference: 0, ci95: [0, 0] as const, pValue: 1 };
    expect(differenceSentence(difference, (name) => `<${name}>`).numbers).toMatch(/^<c> against <a\|b>: /);
  });
});

test("writes points with their sign, and no minus before a zero", () => {
  expect([0.0123, -0.008, 0, -0.0004, 0.0005001].map(formatPoints)).toEqual(["+1.2", "-0.8", "0.0", "0.0", "+0.1"]);
});

test("writes small p values with more digits, and those beside 5 % with so many that one sees the side", () => {
  expect([1, 0.24, 0.05, 0.001, 0.00099].map(formatPValue)).toEqual(["p 1.00", "p 0.24", "p 0.050", "p 0.001", "p < 0.001"]);
  expect([0.0496, 0.05004].map(formatPValue)).toEqual(["p 0.04960", "p 0.05004"]);
});
