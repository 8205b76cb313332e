import type { SurvivalPoint, TuneSetting, TuneVerdict } from "../domain/survival.ts";
import type { ModelStamp } from "./search-result.ts";
import type { SampleQuery } from "./tune-queries.ts";

/** One more pair was judged. `query` counts from 1. */
export interface TuneEvent {
  readonly type: "judged";
  readonly query: number;
  readonly queries: number;
  readonly done: number;
  readonly total: number;
}

/** What was measured, and what follows. */
export interface Tuning {
  readonly queries: readonly SampleQuery[];
  /** In the index. */
  readonly passages: number;
  /** Candidates judged for each query: the nearest by whole vectors. The reference is the first ten of their final order. */
  readonly pool: number;
  readonly keep: number;
  readonly budgetMs: number | null;
  readonly seed: number;
  readonly instruction: string | null;
  /** By candidate count, then by size, longest vectors first. */
  readonly points: readonly SurvivalPoint[];
  readonly verdict: TuneVerdict;
  readonly current: TuneSetting;
  readonly models: { readonly embedder: ModelStamp; readonly reranker: ModelStamp };
  /** One line each. */
  readonly notices: readonly string[];
}
