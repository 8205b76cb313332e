import type { KnownRelevance, RelevanceCache } from "../../ports/relevance-cache.ts";

export interface DatedRelevance {
  readonly known: KnownRelevance;
  /** When the model answered, in milliseconds as `Date.now()` has them. */
  readonly storedAtMs: number;
}

/** A cache that tells how old its entries are, so that one which goes from layer to layer does not become younger. */
export interface DatedCache extends RelevanceCache {
  getDated(key: string): DatedRelevance | undefined;
  setDated(key: string, dated: DatedRelevance): void;
}

export interface CacheLimits {
  /** From 1. */
  readonly maxEntries: number;
  /** Time after which an entry counts as gone, however often it is asked for. */
  readonly ttlMs: number;
  /** For tests. */
  readonly now?: (() => number) | undefined;
}
