import { describe, expect, test } from "vitest";
import type { StoredVector, VectorIndex, VectorMatch } from "../../src/ports/vector-index.ts";

export const DIMENSIONS = 16;

type CreateVectorIndex = (vectors: readonly StoredVector[], dimensions: number) => VectorIndex;

/** What every vector index owes its callers, however it searches. */
export function describeVectorIndex(name: string, create: CreateVectorIndex): void {
  describe(`${name} as a vector index`, () => {
    test("finds the nearest vectors with their cosines, most similar first", async () => {
      const vectors = randomVectors(300);
      const query = randomVector(createRandom(99));
      const found = await create(vectors, DIMENSIONS).nearest(query, 10);
      const truth = bruteForce(vectors, query, 10);
      expect(found.map(({ vectorId }) => vectorId)).toEqual(truth.map(({ vectorId }) => vectorId));
      for (const [position, { similarity }] of found.entries()) {
        expect(similarity).toBeCloseTo(truth[position]?.similarity ?? Number.NaN, 5);
      }
    });

    test("finds a vector itself with a similarity of one, and its opposite with minus one", async () => {
      const [first] = randomVectors(1);
      if (first === undefined) throw new Error("no vector was made");
      const opposite = { vectorId: 7, vector: first.vector.map((value) => -value) };
      const found = await create([first, opposite], DIMENSIONS).nearest(first.vector, 2);
      expect(found.map(({ vectorId }) => vectorId)).toEqual([first.vectorId, 7]);
      expect(found[0]?.similarity).toBeCloseTo(1, 5);
      expect(found[1]?.similarity).toBeCloseTo(-1, 5);
    });

    test("gives all it has when asked for more", async () => {
      const vectors = randomVectors(20);
      const index = create(vectors, DIMENSIONS);
      expect(index.size).toBe(20);
      expect(await index.nearest(randomVector(createRandom(1)), 5000)).toHaveLength(20);
    });

    test("finds nothing when it is empty", async () => {
      const index = create([], DIMENSIONS);
      expect(index.size).toBe(0);
      expect(await index.nearest(randomVector(createRandom(1)), 10)).toEqual([]);
    });

    test("finds nothing when nothing is asked for", async () => {
      expect(await create(randomVectors(5), DIMENSIONS).nearest(randomVector(createRandom(1)), 0)).toEqual([]);
    });

    test("orders equal similarities by vector id, at the cut too", async () => {
      const vector = randomVector(createRandom(5));
      const others = randomVectors(50).map((stored) => ({ ...stored, vectorId: stored.vectorId + 100 }));
      const equal = [9, 3, 8, 1, 6].map((vectorId) => ({ vectorId, vector }));
      const found = await create([...others, ...equal], DIMENSIONS).nearest(vector, 3);
      expect(found.map(({ vectorId }) => vectorId)).toEqual([1, 3, 6]);
    });

    test("returns as many as were asked for among thousands of equal vectors", async () => {
      const vector = randomVector(createRandom(5));
      const equal = Array.from({ length: 2000 }, (_, position) => ({ vectorId: position + 1, vector }));
      const found = await create(equal, DIMENSIONS).nearest(vector, 100);
      expect(new Set(found.map(({ vectorId }) => vectorId)).size).toBe(100);
    });

    for (const allowedCount of [1, 40, 900]) {
      test(`returns only allowed vectors, and enough of them: ${allowedCount} of 1500 allowed`, async () => {
        const vectors = randomVectors(1500);
        const allow = new Set(vectors.slice(-allowedCount).map(({ vectorId }) => vectorId));
        const query = randomVector(createRandom(3));
        const found = await create(vectors, DIMENSIONS).nearest(query, 20, allow);
        const truth = bruteForce(vectors, query, 20, allow);
        expect(found.map(({ vectorId }) => vectorId)).toEqual(truth.map(({ vectorId }) => vectorId));
      });
    }

    test("ignores allowed ids that it does not hold", async () => {
      const vectors = randomVectors(30);
      const allow = new Set([1, 2, 3, 500_000]);
      const found = await create(vectors, DIMENSIONS).nearest(randomVector(createRandom(3)), 10, allow);
      expect(found.map(({ vectorId }) => vectorId).sort()).toEqual([1, 2, 3]);
      expect(await create(vectors, DIMENSIONS).nearest(randomVector(createRandom(3)), 10, new Set())).toEqual([]);
    });

    test("gives the same answer every time it is built and asked", async () => {
      const query = randomVector(createRandom(11));
      const first = await create(randomVectors(500), DIMENSIONS).nearest(query, 25);
      const again = await create(randomVectors(500), DIMENSIONS).nearest(query, 25);
      expect(again).toEqual(first);
    });

    test("refuses vectors and queries of other dimensions", async () => {
      expect(() => create([{ vectorId: 1, vector: new Float32Array(3) }], DIMENSIONS)).toThrow("3 dimensions, not 16");
      await expect(create(randomVectors(3), DIMENSIONS).nearest(new Float32Array(3), 1)).rejects.toThrow(
        "3 dimensions, not 16",
      );
    });
  });
}

export function randomVectors(count: number, seed = 42): StoredVector[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, (_, position) => ({ vectorId: position + 1, vector: randomVector(random) }));
}

export function randomVector(random: () => number): Float32Array {
  const vector = Float32Array.from({ length: DIMENSIONS }, () => random() * 2 - 1);
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** Park and Miller's generator: the same numbers on every run. */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

function bruteForce(
  vectors: readonly StoredVector[],
  query: Float32Array,
  count: number,
  allow?: ReadonlySet<number>,
): VectorMatch[] {
  return vectors
    .filter(({ vectorId }) => allow?.has(vectorId) ?? true)
    .map(({ vectorId, vector }) => ({
      vectorId,
      similarity: vector.reduce((sum, value, position) => sum + value * (query[position] ?? Number.NaN), 0),
    }))
    .sort((a, b) => b.similarity - a.similarity || a.vectorId - b.vectorId)
    .slice(0, count);
}
