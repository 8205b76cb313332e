export interface VectorMatch {
  readonly vectorId: number;
  /** Cosine, -1 to 1. */
  readonly similarity: number;
}

export interface StoredVector {
  readonly vectorId: number;
  /** Unit length. */
  readonly vector: Float32Array;
}

/** Finds the vectors nearest to a query by cosine. */
export interface VectorIndex {
  /** "hnsw" or "exact": shown by --explain. */
  readonly method: string;
  readonly size: number;

  /**
   * At most `count` matches, most similar first, ties by vector id. Fewer only when the index (or what `allow` lets
   * through) holds fewer; never throws for a count larger than the index.
   *
   * @param query unit length, of the index's dimensions.
   * @param allow only these vector ids, when given: the filter works inside the recall, so `count` allowed ones come back.
   */
  nearest(query: Float32Array, count: number, allow?: ReadonlySet<number>): Promise<VectorMatch[]>;
}

/** A vector index that follows the store as it changes. */
export interface UpdatableVectorIndex extends VectorIndex {
  readonly vectorIds: ReadonlySet<number>;
  add(vectors: readonly StoredVector[]): void;
  remove(vectorIds: readonly number[]): void;
  /** Writes it down: aside first, then renamed, so that a reader sees the old state or the new one. */
  save(): Promise<void>;
}

/** How the file of an approximate index stands to the store: "damaged" is not, byte for byte, what was written. */
export type GraphHealth = "in step" | "out of step" | "missing" | "damaged";

/** An approximate index as an audit looks at it: against the store and against exact search. */
export interface AuditedGraph extends VectorIndex {
  readonly vectorIds: ReadonlySet<number>;
  /** Removed vectors still in the graph, as a share of all of it, 0 to 1: they cost time and, if many, recall. */
  readonly deletedShare: number;
  /** What the graph holds under this id, which must be one of `vectorIds`. */
  vectorOf(vectorId: number): Float32Array;
}

/** Exact search for many queries in one pass over the vectors: nothing is kept but each query's nearest. */
export interface ExactScan {
  add(stored: StoredVector): void;
  /** Of the query at this position, most similar first, ties by vector id. */
  matches(position: number): VectorMatch[];
}
