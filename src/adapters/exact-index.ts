import type { StoredVector, VectorIndex } from "../ports/vector-index.ts";
import { createNearestHeap } from "./nearest-heap.ts";

const FIRST_CAPACITY = 1024;

/** Compares the query with every vector: the true order, and the fastest one while the index is small. */
export function createExactIndex(vectors: Iterable<StoredVector>, dimensions: number): VectorIndex {
  const { vectorIds, packed } = pack(vectors, dimensions);
  return {
    method: "exact",
    size: vectorIds.length,
    async nearest(query, count, allow) {
      assertDimensions(query, dimensions);
      const heap = createNearestHeap(count);
      for (let position = 0; position < vectorIds.length; position++) {
        const vectorId = vectorIds[position]!;
        if (allow !== undefined && !allow.has(vectorId)) continue;
        heap.offer(vectorId, dotProductAt(packed, position * dimensions, query));
      }
      return heap.matches();
    },
  };
}

/** All vectors end to end in one array: a scan in memory order, without an object per vector. */
function pack(vectors: Iterable<StoredVector>, dimensions: number): { vectorIds: number[]; packed: Float32Array } {
  const vectorIds: number[] = [];
  let packed = new Float32Array(FIRST_CAPACITY * dimensions);
  for (const { vectorId, vector } of vectors) {
    assertDimensions(vector, dimensions);
    const start = vectorIds.length * dimensions;
    if (start === packed.length) {
      const larger = new Float32Array(packed.length * 2);
      larger.set(packed);
      packed = larger;
    }
    packed.set(vector, start);
    vectorIds.push(vectorId);
  }
  return { vectorIds, packed };
}

export function assertDimensions(vector: Float32Array, dimensions: number): void {
  if (vector.length !== dimensions) throw new Error(`a vector has ${vector.length} dimensions, not ${dimensions}`);
}

/**
 * Four sums at a time: additions of one sum wait for each other, those of four do not. Only for Float32Array: a second
 * type of array in the same loop makes the engine's code several times slower for both.
 */
export function dotProductAt(packed: Float32Array, start: number, query: Float32Array): number {
  const dimensions = query.length;
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let i = 0;
  // The caller has checked that `start + dimensions` lies within `packed`.
  for (; i + 3 < dimensions; i += 4) {
    sum0 += packed[start + i]! * query[i]!;
    sum1 += packed[start + i + 1]! * query[i + 1]!;
    sum2 += packed[start + i + 2]! * query[i + 2]!;
    sum3 += packed[start + i + 3]! * query[i + 3]!;
  }
  for (; i < dimensions; i++) sum0 += packed[start + i]! * query[i]!;
  return sum0 + sum1 + (sum2 + sum3);
}
