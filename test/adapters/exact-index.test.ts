import { describe, expect, test } from "vitest";
import { createExactIndex } from "../../src/adapters/exact-index.ts";
import { DIMENSIONS, createRandom, describeVectorIndex, randomVector, randomVectors } from "./vector-index.contract.ts";

describeVectorIndex("exact-index", createExactIndex);

describe("exact-index", () => {
  test("takes its vectors from a stream and keeps no reference to them", async () => {
    const vectors = randomVectors(3000);
    function* stream() {
      const reused = new Float32Array(DIMENSIONS);
      for (const { vectorId, vector } of vectors) {
        reused.set(vector);
        yield { vectorId, vector: reused };
      }
    }
    const query = randomVector(createRandom(2));
    const found = await createExactIndex(stream(), DIMENSIONS).nearest(query, 50);
    expect(found).toEqual(await createExactIndex(vectors, DIMENSIONS).nearest(query, 50));
    expect(createExactIndex(stream(), DIMENSIONS).method).toBe("exact");
  });

  test("works in dimensions that four does not divide", async () => {
    const vector = new Float32Array([0, 0, 0, 0, 0, 0.6, 0.8]);
    expect(await createExactIndex([{ vectorId: 4, vector }], 7).nearest(vector, 1)).toEqual([
      { vectorId: 4, similarity: expect.closeTo(1, 6) as number },
    ]);
  });
});
