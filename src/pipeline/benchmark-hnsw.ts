import type { StoredVector, UpdatableVectorIndex, VectorIndex, VectorMatch } from "../ports/vector-index.ts";
import type { HnswFigures } from "./benchmark-report.ts";
import { breathe, meanOf, spreadOf } from "./benchmark-timing.ts";
import { createTextLikeVectors } from "./benchmark-vectors.ts";

export interface HnswBenchmark {
  readonly dimensions: number;
  /** Vectors to build the index of, where `timeBoxMs` suffices for them. */
  readonly vectors: number;
  readonly queries: number;
  /** For building. */
  readonly timeBoxMs: number;
  readonly createHnsw: (dimensions: number) => UpdatableVectorIndex;
  readonly createExact: (vectors: readonly StoredVector[], dimensions: number) => VectorIndex;
  readonly signal?: AbortSignal | undefined;
}

const SEED = 7;
const NEIGHBOURS = 100;
/** Vectors that are added at a time: some 50 ms, in which nothing else runs. */
const BATCH = 50;

/** Builds an HNSW index of synthetic vectors and asks it, and an exact scan of the same vectors, for the nearest ones of others. */
export async function measureHnsw({ dimensions, vectors: wanted, queries, timeBoxMs, createHnsw, createExact, signal }: HnswBenchmark): Promise<HnswFigures> {
  const nextVector = createTextLikeVectors(dimensions, SEED);
  const hnsw = createHnsw(dimensions);
  const stored: StoredVector[] = [];
  let buildMs = 0;
  while (stored.length < wanted && (stored.length === 0 || buildMs < timeBoxMs)) {
    const batch = Array.from({ length: Math.min(BATCH, wanted - stored.length) }, (_, place) => ({ vectorId: stored.length + place + 1, vector: nextVector() }));
    const startedAt = performance.now();
    hnsw.add(batch);
    buildMs += performance.now() - startedAt;
    stored.push(...batch);
    await breathe(signal);
  }

  const exact = createExact(stored, dimensions);
  const queryMs: number[] = [];
  const exactQueryMs: number[] = [];
  const recall10: number[] = [];
  const recall100: number[] = [];
  for (let query = 0; query < queries; query++) {
    const vector = nextVector();
    const startedAt = performance.now();
    const found = await hnsw.nearest(vector, NEIGHBOURS);
    const foundAt = performance.now();
    const nearest = await exact.nearest(vector, NEIGHBOURS);
    exactQueryMs.push(performance.now() - foundAt);
    queryMs.push(foundAt - startedAt);
    recall10.push(sharedOf(found, nearest, 10));
    recall100.push(sharedOf(found, nearest, 100));
    await breathe(signal);
  }
  return {
    vectors: stored.length,
    dimensions,
    queries,
    buildVectorsPerSecond: (stored.length / buildMs) * 1000,
    queryMs: spreadOf(queryMs),
    exactQueryMs: spreadOf(exactQueryMs),
    recall10: meanOf(recall10),
    recall100: meanOf(recall100),
  };
}

/** The share of the first `count` of `nearest` that are among the first `count` of `found`. */
function sharedOf(found: readonly VectorMatch[], nearest: readonly VectorMatch[], count: number): number {
  const ids = new Set(found.slice(0, count).map(({ vectorId }) => vectorId));
  const wanted = nearest.slice(0, count);
  return wanted.filter(({ vectorId }) => ids.has(vectorId)).length / wanted.length;
}
