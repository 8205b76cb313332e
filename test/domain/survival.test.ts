import { describe, expect, test } from "vitest";
import {
  candidateCounts,
  judgeCurve,
  judgingTimes,
  matryoshkaSizes,
  survivalCurve,
  survivalShares,
  type SurvivalPoint,
} from "../../src/domain/survival.ts";

function point(candidates: number, dimensions: number, survival: number, p95Ms: number): SurvivalPoint {
  return { candidates, dimensions, survival, ci95: [survival, survival], meanMs: p95Ms, p95Ms };
}

describe("candidateCounts", () => {
  test("lie close together where searches are, and end with the most", () => {
    expect(candidateCounts(200, 50)).toEqual([5, 10, 15, 20, 30, 40, 50, 75, 100, 150, 200]);
    expect(candidateCounts(34, 50)).toEqual([5, 10, 15, 20, 30, 34]);
  });

  test("hold the user's own count where it can be tried", () => {
    expect(candidateCounts(60, 45)).toContain(45);
    expect(candidateCounts(30, 45)).not.toContain(45);
  });

  test("grow by halves and doubles beyond 200", () => {
    expect(candidateCounts(1000, 50).slice(-7)).toEqual([150, 200, 300, 400, 600, 800, 1000]);
  });

  test("of a single candidate are that one", () => {
    expect(candidateCounts(1, 50)).toEqual([1]);
    expect(candidateCounts(3, 1)).toEqual([1, 3]);
  });
});

describe("matryoshkaSizes", () => {
  test("halve down to 32", () => {
    expect(matryoshkaSizes(1024)).toEqual([1024, 512, 256, 128, 64, 32]);
    expect(matryoshkaSizes(2560)).toEqual([2560, 1280, 640, 320, 160, 80, 40]);
  });

  test("of vectors that are short already are their own", () => {
    expect(matryoshkaSizes(63)).toEqual([63]);
    expect(matryoshkaSizes(16)).toEqual([16]);
  });
});

describe("survivalShares", () => {
  test("count what of the reference the first candidates hold", () => {
    // Of 1, 2, 3, 4: the order finds 3 first, 1 third and 4 sixth; 2 never.
    expect(survivalShares(new Set([1, 2, 3, 4]), [3, 9, 1, 8, 7, 4], [1, 2, 3, 5, 6, 100])).toEqual([0.25, 0.25, 0.5, 0.5, 0.75, 0.75]);
  });

  test("are 1 for a reference of nothing", () => {
    expect(survivalShares(new Set(), [1], [1, 2])).toEqual([1, 1]);
  });
});

describe("judgingTimes", () => {
  test("are the latest of the first judgments", () => {
    // The third passage reads like the first, and has its judgment.
    expect(judgingTimes([10, 25, 10, 40], [1, 2, 3, 4, 9])).toEqual([10, 25, 25, 40, 40]);
  });

  test("of no judgments are no time", () => {
    expect(judgingTimes([], [5])).toEqual([0]);
  });
});

describe("survivalCurve", () => {
  test("averages over queries, with an interval and the slow end of the times", () => {
    const observations = [0.5, 1].flatMap((survival, query) => [
      { candidates: 10, dimensions: 64, survival, elapsedMs: 100 * (query + 1) },
      { candidates: 10, dimensions: 32, survival: 0.2, elapsedMs: 100 * (query + 1) },
    ]);
    expect(survivalCurve(observations, 7)).toEqual([
      { candidates: 10, dimensions: 64, survival: 0.75, ci95: [0.5, 1], meanMs: 150, p95Ms: 200 },
      { candidates: 10, dimensions: 32, survival: 0.2, ci95: [0.2, 0.2], meanMs: 150, p95Ms: 200 },
    ]);
  });
});

test("a single query has no interval: it tells nothing of others", () => {
  expect(survivalCurve([{ candidates: 10, dimensions: 64, survival: 0.5, elapsedMs: 100 }], 7)).toMatchObject([{ survival: 0.5, ci95: null }]);
});

describe("judgeCurve", () => {
  const points = [
    point(10, 64, 0.8, 100),
    point(10, 32, 0.7, 100),
    point(20, 64, 0.96, 200),
    point(20, 32, 0.95, 200),
    point(40, 64, 1, 400),
    point(40, 32, 0.99, 400),
  ];

  test("takes the fewest candidates that keep the share, then the shortest vectors", () => {
    expect(judgeCurve(points, { passages: 40, keep: 0.95 })).toEqual({ outcome: "kept", point: points[3] });
    expect(judgeCurve(points, { passages: 40, keep: 0.96 })).toEqual({ outcome: "kept", point: points[2] });
    expect(judgeCurve(points, { passages: 40, keep: 1 })).toEqual({ outcome: "kept", point: points[4] });
  });

  test("recommends nothing where only the most candidates tried keep the share, and the index holds more", () => {
    expect(judgeCurve(points, { passages: 41, keep: 0.97 })).toEqual({ outcome: "too-few-tried", point: points[5] });
    expect(judgeCurve(points, { passages: 40, keep: 0.97 })).toEqual({ outcome: "kept", point: points[5] });
    expect(judgeCurve(points, { passages: 41, keep: 0.95 })).toEqual({ outcome: "kept", point: points[3] });
    // The budget leaves them out: they are not what is missing.
    expect(judgeCurve(points, { passages: 41, keep: 0.97, budgetMs: 399 })).toEqual({ outcome: "too-little", point: points[2] });
  });

  test("does not fail by the rounding of a sum of tenths", () => {
    const survival = Array.from({ length: 24 }, (_, query) => (query % 2 === 0 ? 0.9 : 1)).reduce<number>((sum, share) => sum + share, 0) / 24;
    expect(survival).toBeLessThan(0.95);
    expect(judgeCurve([point(20, 64, survival, 1)], { passages: 20, keep: 0.95 }).outcome).toBe("kept");
  });

  test("within a budget, says what keeps most where nothing keeps enough", () => {
    expect(judgeCurve(points, { passages: 40, keep: 0.95, budgetMs: 200 })).toEqual({ outcome: "kept", point: points[3] });
    expect(judgeCurve(points, { passages: 40, keep: 0.95, budgetMs: 199 })).toEqual({ outcome: "too-little", point: points[0] });
  });

  test("says so when not even the smallest setting is fast enough", () => {
    expect(judgeCurve(points, { passages: 40, keep: 0.5, budgetMs: 1 })).toEqual({ outcome: "too-slow", point: points[1] });
  });

  test("has nothing to say where all candidates are among the first ten", () => {
    expect(judgeCurve([point(5, 64, 0.5, 1), point(10, 64, 1, 2)], { passages: 40, keep: 0.5 })).toEqual({ outcome: "too-few-passages" });
    expect(judgeCurve([point(5, 64, 0.5, 1), point(11, 64, 1, 2)], { passages: 11, keep: 1 }).outcome).toBe("kept");
  });
});
