import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bootstrapInterval, mean, percentile, randomizationTest } from "../../src/domain/statistics.ts";

const seeds = fc.integer({ min: 0, max: 0xffff_ffff });
const measures = fc.double({ min: 0, max: 1, noNaN: true });
const differences = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { maxLength: 12 });
// A bootstrap is some thousand samples, and a run of 100 of them says no more than one of 30.
const FEW_RUNS = { numRuns: 30 };

test("the mean of nothing is 0", () => {
  expect([mean([1, 2, 6]), mean([])]).toEqual([3, 0]);
});

describe("a percentile", () => {
  test("is the nearest rank's value, whatever the order of the values", () => {
    const values = [15, 50, 20, 40, 35];
    expect([0, 0.05, 0.3, 0.4, 0.5, 0.95, 1].map((share) => percentile(values, share))).toEqual([15, 15, 20, 20, 35, 50, 50]);
    expect(percentile(Array.from({ length: 100 }, (_, position) => position + 1), 0.95)).toBe(95);
  });

  test("is not moved up a rank by rounding", () => {
    expect(0.55 * 100).toBeGreaterThan(55);
    expect(percentile(Array.from({ length: 100 }, (_, position) => position + 1), 0.55)).toBe(55);
  });

  test("sorts by number and leaves the values as they are", () => {
    const values = [10, 9, 100];
    expect(percentile(values, 0.5)).toBe(10);
    expect(values).toEqual([10, 9, 100]);
  });

  test("of nothing is refused", () => {
    expect(() => percentile([], 0.95)).toThrow(RangeError);
  });

  test("is one of the values, and at least its share of them does not exceed it", () => {
    fc.assert(fc.property(fc.array(measures, { minLength: 1 }), fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
      const value = percentile(values, share);
      expect(values).toContain(value);
      expect(values.filter((other) => other <= value).length / values.length).toBeGreaterThanOrEqual(share - 1e-9);
    }));
  });
});

describe("a bootstrap interval", () => {
  test("of a query that is answered or not ends at the quantiles of the binomial distribution", () => {
    // scipy.stats.binom.ppf([0.025, 0.975], 50, 0.5) is [18, 32].
    const answered = Array.from({ length: 50 }, (_, position) => position % 2);
    expect(bootstrapInterval(answered, 1)).toEqual([18 / 50, 32 / 50]);
  });

  test("is that of 200,000 samples to within their noise", () => {
    // scipy.stats.bootstrap(..., method="percentile", n_resamples=200000) is [0.335, 0.713].
    const [low, high] = bootstrapInterval([0.1, 0.35, 0.6, 0.62, 1, 0, 0.5, 0.43, 0.9, 0.77], 7);
    expect([Math.abs(low - 0.335) < 0.01, Math.abs(high - 0.713) < 0.01]).toEqual([true, true]);
  });

  test("is the mean itself where all values are the same, or there are none", () => {
    expect(bootstrapInterval([], 1)).toEqual([0, 0]);
    fc.assert(fc.property(measures, fc.integer({ min: 1, max: 40 }), seeds, (value, count, seed) => {
      const values = Array.from({ length: count }, () => value);
      expect(bootstrapInterval(values, seed)).toEqual([mean(values), mean(values)]);
    }), FEW_RUNS);
  });

  test("lies within the values and is the same for the same seed", () => {
    fc.assert(fc.property(fc.array(measures, { minLength: 1, maxLength: 40 }), seeds, (values, seed) => {
      const [low, high] = bootstrapInterval(values, seed);
      expect(low).toBeLessThanOrEqual(high);
      expect(low).toBeGreaterThanOrEqual(Math.min(...values) - 1e-12);
      expect(high).toBeLessThanOrEqual(Math.max(...values) + 1e-12);
      expect(bootstrapInterval(values, seed)).toEqual([low, high]);
    }), FEW_RUNS);
  });

  test("narrows as the queries become more", () => {
    const widthOf = (copies: number) => {
      const [low, high] = bootstrapInterval(Array.from({ length: copies }, () => [0, 0.2, 0.5, 1]).flat(), 3);
      return high - low;
    };
    // A quarter of the width for sixteen times the queries.
    expect(widthOf(160) / widthOf(10)).toBeCloseTo(1 / 4, 1);
  });
});

describe("the randomization test", () => {
  test("gives Fisher's p-value for Darwin's plants", () => {
    // "The Design of Experiments", 1935, section 21: of 32,768 choices of signs 1,726 are as far from 0.
    const heights = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48];
    expect(randomizationTest(heights, 1)).toBe(1_726 / 32_768);
  });

  test("gives by samples what Wilcoxon's tables give for 20 ranks", () => {
    // scipy.stats.wilcoxon, exact, of the ranks 1 to 20: 0.0484 where the negative ones sum to 52, the tables' bound of 5 %, and 0.0532 at 53.
    const ranks = (negative: readonly number[]) => Array.from({ length: 20 }, (_, position) => (negative.includes(position + 1) ? -1 : 1) * (position + 1));
    expect(randomizationTest(ranks([20, 19, 13]), 1)).toBeCloseTo(0.0484, 2.5);
    expect(randomizationTest(ranks([20, 19, 14]), 1)).toBeCloseTo(0.0532, 2.5);
  });

  test("gives by samples what a million of them give, over more than one draw of signs", () => {
    // scipy.stats.permutation_test(..., permutation_type="samples", n_resamples=1000000) is 0.4916.
    const sixty = [
      -0.05, -0.102, 0.005, 0.072, 0.144, 0.041, -0.025, -0.048, 0.105, 0.193, 0.057, -0.093, -0.066, 0.19, 0.05, -0.143, 0.022, -0.086, -0.033, -0.019,
      -0.041, 0.085, 0.024, -0.029, 0.071, 0.113, -0.134, 0.004, -0.068, 0.013, -0.099, 0.032, 0.026, 0, -0.075, -0.01, -0.079, -0.106, 0.052, -0.081,
      0.147, 0.102, -0.17, 0.057, -0.08, 0.033, 0.034, -0.169, 0.007, 0.004, 0.126, -0.088, 0.104, -0.08, -0.003, -0.054, 0.175, 0.087, 0.273, 0.094,
    ];
    expect(Math.abs(randomizationTest(sixty, 1) - 0.4916)).toBeLessThan(0.01);
  });

  test("counts sums that differ by rounding alone as equally far", () => {
    // 14 of the 16 choices of signs sum to 0.2 or more from 0, or to what rounding makes of 0.2.
    expect(0.1 + 0.3 - 0.1 - 0.1).toBeGreaterThan(-0.1 + 0.3 + 0.1 - 0.1);
    expect(randomizationTest([0.1, 0.3, -0.1, -0.1], 1)).toBe(14 / 16);
  });

  test("is 1 where nothing differs", () => {
    expect([randomizationTest([], 1), randomizationTest([0, 0, 0], 1)]).toEqual([1, 1]);
  });

  test("is never 0, however clear the case", () => {
    expect(randomizationTest(Array.from({ length: 500 }, () => 0.5), 1)).toBe(1 / 100_000);
    expect(randomizationTest(Array.from({ length: 10 }, () => 0.5), 1)).toBe(2 / 1_024);
  });

  test("is the same either way round, in another order, and with queries that do not differ", () => {
    fc.assert(fc.property(differences, seeds, (values, seed) => {
      const pValue = randomizationTest(values, seed);
      expect(pValue).toBeGreaterThan(0);
      expect(pValue).toBeLessThanOrEqual(1);
      expect(randomizationTest(values.map((value) => -value), seed)).toBe(pValue);
      expect(randomizationTest([0, ...values, 0], seed)).toBe(pValue);
      expect(randomizationTest(values.toReversed(), seed)).toBe(pValue);
    }), FEW_RUNS);
  });

  test("is the same either way round and for the same seed where it draws samples", () => {
    const many = Array.from({ length: 100 }, (_, position) => Math.sin(position) + 0.1);
    const pValue = randomizationTest(many, 5);
    expect(pValue).toBeLessThan(1);
    expect(randomizationTest(many.map((value) => -value), 5)).toBe(pValue);
    expect(randomizationTest(many, 6)).not.toBe(pValue);
  });
});
