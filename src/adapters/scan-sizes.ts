import { setImmediate as yieldToEvents } from "node:timers/promises";
import type { StoredVector, VectorMatch } from "../ports/vector-index.ts";
import { assertDimensions } from "./exact-index.ts";
import { createNearestHeap, type NearestHeap } from "./nearest-heap.ts";

export interface ScanSizesOptions {
  /** Lengths to cut to, none longer than the vectors, in any order. */
  readonly sizes: readonly number[];
  /** Matches for each query and size. */
  readonly count: number;
  /** Only these vector ids. */
  readonly allow: ReadonlySet<number>;
  readonly signal?: AbortSignal;
}

/** Vectors between two looks at the signal: some ms of work for a handful of queries. */
const STRIDE = 256;

/**
 * The exact neighbours of several queries in one pass over the vectors, for each length that they could be cut to: by query, then
 * in the order of `sizes`, most similar first. A vector that is cut is made unit length again, as an embedder does it. What is kept in
 * memory is the matches alone. Rejects with `signal.reason` when aborted.
 */
export async function scanSizes(
  vectors: Iterable<StoredVector>,
  queries: readonly Float32Array[],
  { sizes, count, allow, signal }: ScanSizesOptions,
): Promise<VectorMatch[][][]> {
  const heaps: NearestHeap[][] = queries.map(() => sizes.map(() => createNearestHeap(count)));
  const ascending = sizes.map((size, position) => ({ size, position })).sort((a, b) => a.size - b.size);
  const queryLengths = queries.map((query) => ascending.map(({ size }) => Math.hypot(...query.subarray(0, size))));
  let seen = 0;
  for (const { vectorId, vector } of vectors) {
    if (seen++ % STRIDE === 0) {
      await yieldToEvents();
      signal?.throwIfAborted();
    }
    if (!allow.has(vectorId)) continue;
    const lengths = lengthsAt(vector, ascending);
    for (const [number, query] of queries.entries()) {
      assertDimensions(vector, query.length);
      let product = 0;
      let from = 0;
      for (const [step, { size, position }] of ascending.entries()) {
        for (let i = from; i < size; i++) product += vector[i]! * query[i]!;
        from = size;
        const scale = lengths[step]! * queryLengths[number]![step]!;
        // A beginning that is all zeros points nowhere: it is as near to one as to another.
        heaps[number]![position]!.offer(vectorId, scale === 0 ? 0 : product / scale);
      }
    }
  }
  return heaps.map((bySize) => bySize.map((heap) => heap.matches()));
}

/** The lengths of a vector's beginnings. */
function lengthsAt(vector: Float32Array, ascending: readonly { readonly size: number }[]): number[] {
  let squares = 0;
  let from = 0;
  return ascending.map(({ size }) => {
    for (let i = from; i < size; i++) squares += vector[i]! ** 2;
    from = size;
    return Math.sqrt(squares);
  });
}
