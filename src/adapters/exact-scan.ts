import type { ExactScan } from "../ports/vector-index.ts";
import { dotProductAt } from "./exact-index.ts";
import { createNearestHeap } from "./nearest-heap.ts";

/** @param count nearest vectors that are kept of each query. All queries have the vectors' dimensions. */
export function createExactScan(queries: readonly Float32Array[], count: number): ExactScan {
  const dimensions = queries[0]?.length ?? 0;
  const packed = new Float32Array(queries.length * dimensions);
  for (const [position, query] of queries.entries()) packed.set(query, position * dimensions);
  const heaps = queries.map(() => createNearestHeap(count));
  return {
    add({ vectorId, vector }) {
      for (const [position, heap] of heaps.entries()) heap.offer(vectorId, dotProductAt(packed, position * dimensions, vector));
    },
    matches: (position) => heaps[position]?.matches() ?? [],
  };
}
