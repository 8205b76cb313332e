import { describe, expect, test } from "vitest";
import { cosine, dot, keepsBound, roundingQuality } from "../../../src/engine/qwen3/rounding-quality.ts";

const exact = [Float32Array.of(1, 0), Float32Array.of(0, 2), Float32Array.of(1, 1)];
const none = new Float32Array();

describe("roundingQuality", () => {
  test("of an embedder is the lowest cosine of a text's two vectors, whatever their lengths", () => {
    const rounded = [Float32Array.of(5, 0), Float32Array.of(0.3, 0.4), Float32Array.of(2, 2)];
    expect(roundingQuality("embedder", exact, rounded, none)).toEqual({ minCosine: expect.closeTo(0.8, 6) as number, maxRelevanceDifference: null, kendallTau: null });
  });

  test("of a reranker is the largest difference of relevances, and whether the order is kept", () => {
    const head = Float32Array.of(1, -1);
    // Logits 1, -2 and 0 become 1, 0 and -2.
    const rounded = [Float32Array.of(1, 0), Float32Array.of(0, 0), Float32Array.of(0, 2)];
    const quality = roundingQuality("reranker", exact, rounded, head);
    expect(quality.minCosine).toBeNull();
    expect(quality.maxRelevanceDifference).toBeCloseTo(0.5 - 1 / (1 + Math.exp(2)), 6);
    expect(quality.kendallTau).toBeCloseTo(1 / 3, 6);
  });

  test("of answers that are the same is the best there is", () => {
    expect(roundingQuality("embedder", exact, exact, none).minCosine).toBeCloseTo(1, 7);
    expect(roundingQuality("reranker", exact, exact, Float32Array.of(1, -1))).toEqual({ minCosine: null, maxRelevanceDifference: 0, kendallTau: 1 });
  });

  test("of answers that are missing or no numbers keeps no bound", () => {
    const broken = [Float32Array.of(1, 0), Float32Array.of(Number.NaN, 1), Float32Array.of(1, 1)];
    for (const rounded of [broken, exact.slice(0, 2)]) {
      expect(keepsBound(roundingQuality("embedder", exact, rounded, none))).toBe(false);
      expect(keepsBound(roundingQuality("reranker", exact, rounded, Float32Array.of(1, -1)))).toBe(false);
    }
  });
});

describe("keepsBound", () => {
  test.each([
    [0.999, null, true],
    [0.99899, null, false],
    [null, 0.01, true],
    [null, 0.01001, false],
    [Number.NaN, null, false],
    [null, Number.NaN, false],
  ])("a cosine of %s and a difference of %s: %s", (minCosine, maxRelevanceDifference, kept) => {
    expect(keepsBound({ minCosine, maxRelevanceDifference, kendallTau: null })).toBe(kept);
  });

  test("of a share asks for that much less error", () => {
    const at = (minCosine: number | null, maxRelevanceDifference: number | null) => keepsBound({ minCosine, maxRelevanceDifference, kendallTau: null }, 0.5);
    expect([at(0.9996, null), at(0.9994, null), at(null, 0.0049), at(null, 0.0051), at(Number.NaN, null)]).toEqual([true, false, true, false, false]);
  });

  test("does not ask for the order: relevances of a hair's breadth may change places", () => {
    expect(keepsBound({ minCosine: null, maxRelevanceDifference: 0.001, kendallTau: 0.2 })).toBe(true);
  });
});

test("a cosine is that of the angle, and NaN for a vector of zeros or another length", () => {
  expect(cosine([3, 4], [6, 8])).toBeCloseTo(1, 12);
  expect(cosine([1, 0], [0, 5])).toBe(0);
  expect(cosine([1, 1], [-2, -2])).toBeCloseTo(-1, 12);
  expect(cosine([0, 0], [1, 1])).toBeNaN();
  expect(cosine([1, 1], [1])).toBeNaN();
  expect(dot([1, 2, 3], [4, 5, 6])).toBe(32);
});
