import { setImmediate as nextTurn } from "node:timers/promises";
import { createRandom, drawSample } from "../domain/seeded-random.ts";
import type { AuditedStore } from "../ports/audited-store.ts";
import type { AuditedGraph, ExactScan, StoredVector, VectorMatch } from "../ports/vector-index.ts";

/** Share of the exact nearest that the graph finds too, over the sampled queries, 0 to 1. */
export interface RecallMeasure {
  readonly mean: number;
  readonly worst: number;
}

export interface GraphRecall {
  /** Vectors that were searched. */
  readonly vectors: number;
  readonly samples: number;
  readonly recall10: RecallMeasure;
  readonly recall100: RecallMeasure;
}

export interface VectorFindings {
  readonly vectors: number;
  /** Vectors that cannot be right, each with what is wrong: "length NaN, not 1". */
  readonly faults: ReadonlyMap<number, string>;
  /** Vectors that are not in the graph what they are in the store. */
  readonly differing: readonly number[];
  /** `undefined` without a graph that could be asked, or with less than two vectors. */
  readonly recall: GraphRecall | undefined;
}

export interface VectorAuditOptions {
  readonly dimensions: number;
  /** In step with the store; `undefined`: the vectors are looked at alone. */
  readonly graph: AuditedGraph | undefined;
  readonly createScan: (queries: readonly Float32Array[], count: number) => ExactScan;
  readonly samples: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number) => void;
}

const DEEPEST = 100;
/**
 * A query is a stored vector with noise of this length, so that its cosine to where it came from is 0.89: the vector as it
 * is would begin the search at its own place in the graph.
 */
const NOISE_LENGTH = 0.5;
/** hnswlib adds in another order: two cosines that differ by less are the same. */
const SAME_SIMILARITY = 1e-6;
/** Between these many vectors the screen is drawn and Ctrl-C is heard: some 10 ms of work with 200 samples. */
const TURN_VECTORS = 128;

/**
 * Looks at every vector once: by itself, beside the graph's, and as a neighbour of the sampled queries, whose exact nearest
 * are then compared with those that the graph finds.
 */
export async function auditVectors(store: AuditedStore, options: VectorAuditOptions): Promise<VectorFindings> {
  const { dimensions, graph, createScan, signal, onProgress } = options;
  const queries = graph === undefined ? [] : drawQueries(store, options);
  // One more: each query's own source is taken out.
  const scan = createScan(queries.map(({ vector }) => vector), DEEPEST + 1);
  const faults = new Map<number, string>();
  const differing: number[] = [];
  let vectors = 0;
  for (const { vectorId, vector, fault } of store.checkedVectors(dimensions)) {
    if (vector === undefined) faults.set(vectorId, fault ?? "a fault");
    else {
      if (graph !== undefined && !holds(graph, { vectorId, vector })) differing.push(vectorId);
      scan.add({ vectorId, vector });
    }
    if (++vectors % TURN_VECTORS !== 0) continue;
    onProgress(vectors);
    await nextTurn();
    signal.throwIfAborted();
  }
  const searched = vectors - faults.size;
  const recall = graph === undefined || searched < 2 ? undefined : await recallOf(graph, scan, queries, searched, options);
  return { vectors, faults, differing, recall };
}

/** A query whose own source does not count among its neighbours. */
interface SampledQuery {
  readonly sourceId: number;
  readonly vector: Float32Array;
}

function drawQueries(store: AuditedStore, { dimensions, samples, seed }: VectorAuditOptions): SampledQuery[] {
  const ids = drawSample(store.vectorIds(), samples, seed);
  const random = createRandom(seed);
  return Array.from(store.checkedVectors(dimensions, ids)).flatMap(({ vectorId, vector }) =>
    vector === undefined ? [] : [{ sourceId: vectorId, vector: withNoise(vector, random) }],
  );
}

function withNoise(vector: Float32Array, random: () => number): Float32Array {
  const noise = vector.map(() => random() - 0.5);
  const scale = NOISE_LENGTH / lengthOf(noise);
  const query = vector.map((value, position) => value + (noise[position] ?? 0) * scale);
  const length = lengthOf(query);
  return query.map((value) => value / length);
}

function lengthOf(vector: Float32Array): number {
  return Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
}

function holds(graph: AuditedGraph, { vectorId, vector }: StoredVector): boolean {
  if (!graph.vectorIds.has(vectorId)) return false;
  const kept = graph.vectorOf(vectorId);
  return vector.every((value, position) => value === kept[position]);
}

async function recallOf(
  graph: AuditedGraph,
  scan: ExactScan,
  queries: readonly SampledQuery[],
  searched: number,
  { signal }: VectorAuditOptions,
): Promise<GraphRecall> {
  const shares: { readonly at10: number; readonly at100: number }[] = [];
  for (const [position, { sourceId, vector }] of queries.entries()) {
    const others = ({ vectorId }: VectorMatch): boolean => vectorId !== sourceId;
    const exact = scan.matches(position).filter(others);
    const found = (await graph.nearest(vector, DEEPEST + 1)).filter(others);
    shares.push({ at10: shareFound(exact, found, 10), at100: shareFound(exact, found, DEEPEST) });
    await nextTurn();
    signal.throwIfAborted();
  }
  return {
    vectors: searched,
    samples: shares.length,
    recall10: measureOf(shares.map(({ at10 }) => at10)),
    recall100: measureOf(shares.map(({ at100 }) => at100)),
  };
}

/** Of the `count` exact nearest. One that is just as near as the last of them is as good: which of both comes first is chance. */
function shareFound(exact: readonly VectorMatch[], found: readonly VectorMatch[], count: number): number {
  const wanted = exact.slice(0, count);
  const least = (wanted.at(-1)?.similarity ?? 0) - SAME_SIMILARITY;
  const hits = found.slice(0, wanted.length).filter(({ similarity }) => similarity >= least).length;
  return wanted.length === 0 ? 1 : hits / wanted.length;
}

function measureOf(shares: readonly number[]): RecallMeasure {
  return { mean: shares.reduce((sum, share) => sum + share, 0) / shares.length, worst: Math.min(...shares) };
}
