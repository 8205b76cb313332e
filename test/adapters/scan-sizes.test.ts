import { describe, expect, test } from "vitest";
import { createExactIndex } from "../../src/adapters/exact-index.ts";
import { scanSizes } from "../../src/adapters/scan-sizes.ts";
import { createRandom } from "../../src/domain/seeded-random.ts";
import type { StoredVector } from "../../src/ports/vector-index.ts";

function unit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

function randomVectors(count: number, dimensions: number, seed: number): StoredVector[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, (_, position) => ({
    vectorId: position + 1,
    vector: unit(Float32Array.from({ length: dimensions }, () => random() - 0.5)),
  }));
}

describe("scanSizes", () => {
  const vectors = randomVectors(600, 64, 1);
  const allow = new Set(vectors.map(({ vectorId }) => vectorId));
  const queries = randomVectors(3, 64, 2).map(({ vector }) => vector);

  test("finds at each size what an index of vectors of that size finds", async () => {
    const sizes = [64, 32, 48];
    const found = await scanSizes(vectors, queries, { sizes, count: 20, allow });
    for (const [number, query] of queries.entries()) {
      for (const [position, size] of sizes.entries()) {
        const cut = vectors.map(({ vectorId, vector }) => ({ vectorId, vector: unit(vector.slice(0, size)) }));
        const expected = await createExactIndex(cut, size).nearest(unit(query.slice(0, size)), 20);
        const matches = found[number]?.[position] ?? [];
        expect(matches.map(({ vectorId }) => vectorId)).toEqual(expected.map(({ vectorId }) => vectorId));
        for (const [rank, { similarity }] of matches.entries()) expect(similarity).toBeCloseTo(expected[rank]?.similarity ?? 0, 5);
      }
    }
  });

  test("leaves out what is not allowed, and gives fewer where there are fewer", async () => {
    const found = await scanSizes(vectors, queries.slice(0, 1), { sizes: [64], count: 20, allow: new Set([3, 5]) });
    expect(found[0]?.[0]?.map(({ vectorId }) => vectorId).toSorted()).toEqual([3, 5]);
  });

  test("a beginning of zeros is near to nothing, and no NaN", async () => {
    const vector = Float32Array.from({ length: 64 }, (_, position) => (position === 63 ? 1 : 0));
    const found = await scanSizes([{ vectorId: 1, vector }], queries.slice(0, 1), { sizes: [64, 32], count: 1, allow: new Set([1]) });
    expect(found[0]?.[1]).toEqual([{ vectorId: 1, similarity: 0 }]);
  });

  test("refuses vectors of another length", async () => {
    await expect(scanSizes(randomVectors(1, 32, 3), queries, { sizes: [32], count: 1, allow })).rejects.toThrow("32 dimensions, not 64");
  });

  test("stops when it is aborted", async () => {
    const stop = new AbortController();
    stop.abort(new Error("stopped by the user"));
    await expect(scanSizes(vectors, queries, { sizes: [64], count: 1, allow, signal: stop.signal })).rejects.toThrow("stopped by the user");
  });
});
