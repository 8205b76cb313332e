import type { VectorMatch } from "../ports/vector-index.ts";

export interface NearestHeap {
  /** Keeps the match if it is among the best so far. */
  offer(vectorId: number, similarity: number): void;
  /** What was kept, most similar first, ties by vector id. */
  matches(): VectorMatch[];
}

/** Keeps the `count` best of many matches: a heap with the worst kept one on top. */
export function createNearestHeap(count: number): NearestHeap {
  const kept: VectorMatch[] = [];

  function siftUp(position: number): void {
    while (position > 0) {
      const parent = (position - 1) >> 1;
      if (!swapIfWorse(position, parent)) return;
      position = parent;
    }
  }

  function siftDown(position: number): void {
    for (;;) {
      const left = 2 * position + 1;
      if (left >= kept.length) return;
      const right = left + 1;
      const worse = right < kept.length && compareMatches(kept[right]!, kept[left]!) > 0 ? right : left;
      if (!swapIfWorse(worse, position)) return;
      position = worse;
    }
  }

  /** Both positions lie within `kept`. */
  function swapIfWorse(lower: number, upper: number): boolean {
    const below = kept[lower]!;
    const above = kept[upper]!;
    if (compareMatches(below, above) <= 0) return false;
    kept[lower] = above;
    kept[upper] = below;
    return true;
  }

  return {
    offer(vectorId, similarity) {
      if (kept.length < count) {
        kept.push({ vectorId, similarity });
        siftUp(kept.length - 1);
        return;
      }
      const worst = kept[0];
      if (worst === undefined || similarity < worst.similarity) return;
      const match = { vectorId, similarity };
      if (compareMatches(match, worst) >= 0) return;
      kept[0] = match;
      siftDown(0);
    },
    matches: () => kept.toSorted(compareMatches),
  };
}

/** Negative when `a` comes first. */
export function compareMatches(a: VectorMatch, b: VectorMatch): number {
  return b.similarity - a.similarity || a.vectorId - b.vectorId;
}
