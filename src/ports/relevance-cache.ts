import type { Judgment } from "../domain/candidate.ts";

export interface KnownRelevance {
  readonly judgment: Judgment;
  /** Of the pair, as the model read it. */
  readonly tokens: number;
  /** Only the query's beginning was read; absent where all of it was. */
  readonly queryTruncated?: true;
}

/** Judgments of earlier requests. Only what a model has answered is kept: no fallback and no error. */
export interface RelevanceCache {
  /** @param key a digest over all that decides the judgment. `undefined`: not there, or too old. */
  get(key: string): KnownRelevance | undefined;
  /** The oldest make room. A cache that cannot keep it (a full disk) forgets it; that is no error of the request. */
  set(key: string, known: KnownRelevance): void;
  readonly entryCount: number;
  close(): void;
}
