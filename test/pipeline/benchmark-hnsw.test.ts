import { describe, expect, test } from "vitest";
import { createExactIndex } from "../../src/adapters/exact-index.ts";
import { createHnswIndex } from "../../src/adapters/hnsw-index.ts";
import { measureHnsw } from "../../src/pipeline/benchmark-hnsw.ts";
import { createTextLikeVectors } from "../../src/pipeline/benchmark-vectors.ts";
import { tempFolder } from "../support/temp-folder.ts";

const DIMENSIONS = 48;

function measure(more: Partial<Parameters<typeof measureHnsw>[0]> = {}) {
  const folder = tempFolder();
  return measureHnsw({
    dimensions: DIMENSIONS,
    vectors: 430,
    queries: 5,
    timeBoxMs: 60_000,
    createHnsw: (dimensions) => createHnswIndex({ folder, dimensions, fingerprint: "test" }),
    createExact: createExactIndex,
    ...more,
  });
}

describe("measuring HNSW", () => {
  test("compares it with the exact scan of the same vectors", async () => {
    const figures = await measure();
    expect(figures).toMatchObject({ vectors: 430, dimensions: DIMENSIONS, queries: 5 });
    expect(figures.recall10).toBeGreaterThan(0.9);
    expect(figures.recall100).toBeGreaterThan(0.9);
    expect(figures.buildVectorsPerSecond).toBeGreaterThan(0);
  });

  test("sees an index that finds other neighbours", async () => {
    const { recall10, recall100 } = await measure({
      createExact: (vectors, dimensions) => createExactIndex(vectors.map(({ vectorId, vector }) => ({ vectorId: vectorId + 10_000, vector })), dimensions),
    });
    expect([recall10, recall100]).toEqual([0, 0]);
  });

  test("builds as much as there is time for, a batch at least", async () => {
    expect((await measure({ timeBoxMs: 0 })).vectors).toBe(50);
  });

  test("ends between two batches when it is aborted", async () => {
    const reason = new Error("Ctrl-C");
    await expect(measure({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

test("synthetic vectors have unit length, are nearer to some than to others, and are the same for the same seed", () => {
  const next = createTextLikeVectors(DIMENSIONS, 7);
  const vectors = Array.from({ length: 300 }, next);
  for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
  const [first = new Float32Array(), ...others] = vectors;
  const cosines = others.map((other) => other.reduce((sum, value, place) => sum + value * (first[place] ?? 0), 0));
  expect(Math.max(...cosines)).toBeGreaterThan(0.4);
  expect(createTextLikeVectors(DIMENSIONS, 7)()).toEqual(first);
});
