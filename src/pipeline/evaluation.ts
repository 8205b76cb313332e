import type { MeasuredQuery, PairedDifference, StageSummary, VariantDifference } from "../domain/evaluation.ts";
import type { ModelStamp } from "./search-result.ts";

/** How the answers of an evaluation came about; `null` where a stage did not run, or the answers are run files. */
export interface EvaluationSettings {
  /** Documents ranked for a query. */
  readonly depth: number;
  /** Passages that the second stage judges; 0 without it. */
  readonly candidateCount: number | null;
  readonly hybrid: boolean;
  /** "hnsw" or "exact". */
  readonly recallMethod: string | null;
  readonly instruction: string | null;
  readonly dimensions: number | null;
  readonly passageTokens: number | null;
  readonly overlapTokens: number | null;
  /** Queries were drawn with this seed; `null` when all were asked. */
  readonly seed: number | null;
}

/** One dataset, one choice of models and settings. */
export interface Evaluation {
  /** What sets it apart from the others that it is compared with; the models' name where there is nothing to compare. */
  readonly label: string;
  readonly dataset: string;
  /** What was searched; `null` for run files. */
  readonly corpus: { readonly documents: number; readonly passages: number } | null;
  /** With their answers, in the order asked. */
  readonly queries: readonly MeasuredQuery[];
  /** In the order of the stages. */
  readonly stages: readonly StageSummary[];
  /** Each stage against the one before it; of three, also the last against the first. */
  readonly paired: readonly PairedDifference[];
  readonly models: { readonly embedder: ModelStamp | null; readonly reranker: ModelStamp | null };
  readonly settings: EvaluationSettings;
  /** One line each: what is odd about the dataset or the models. */
  readonly notices: readonly string[];
}

/** Several evaluations of the same queries. */
export interface Comparison {
  readonly dataset: string;
  readonly variants: readonly Evaluation[];
  /** The final order of each variant after the first against the first one's. `from` and `to` are labels. */
  readonly differences: readonly VariantDifference[];
}

/** What happens while an evaluation runs. */
export type EvaluationEvent =
  | { readonly type: "started"; readonly label: string; readonly total: number; /** Answered by an earlier run. */ readonly known: number }
  | { readonly type: "answered"; readonly done: number; readonly total: number; readonly elapsedMs: number }
  | { readonly type: "ended"; readonly label: string };
