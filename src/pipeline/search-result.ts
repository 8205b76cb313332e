import type { RankedPassage } from "../domain/candidate.ts";
import type { TokenUsage } from "../domain/token-usage.ts";

/** A model as results name it. */
export interface ModelStamp {
  readonly id: string;
  readonly revision: string;
  readonly precision: string;
  readonly fingerprint: string;
}

/** Wall times in ms. `null` where the stage did not run. Loading of models that ran beside other work is not added twice. */
export interface SearchTimings {
  readonly embedMs: number | null;
  readonly recallMs: number | null;
  readonly rerankMs: number | null;
  readonly totalMs: number;
}

/** How the candidates were found and cut. */
export interface SearchSettings {
  /** "hnsw" or "exact"; "input" for `rerank rank`, whose candidates come from elsewhere. */
  readonly recallMethod: string;
  readonly hybrid: boolean;
  readonly candidateCount: number;
  readonly resultCount: number;
  readonly minRelevance: number | null;
  readonly budgetMs: number | null;
  readonly perDocument: boolean;
  /** Globs of `--path`. */
  readonly paths: readonly string[];
}

/** One query's answer, with all the evidence: what every surface shows. */
export interface SearchResult {
  readonly query: string;
  /** The instruction that the models were given; `null` when there was none, or no model reads one. */
  readonly instruction: string | null;
  /** The models' own instruction, which at least one of them read because no other was given. */
  readonly ownInstruction?: string;
  readonly models: { readonly embedder: ModelStamp | null; readonly reranker: ModelStamp | null };
  readonly settings: SearchSettings;
  readonly timings: SearchTimings;
  /** Candidates that the first stage found, and how many of them the second stage judged. */
  readonly candidates: number;
  readonly judged: number;
  /** Tokens of the second stage; `null` where it did not run, or its reranker does not count. */
  readonly usage: TokenUsage | null;
  /** The second stage was cut short by its budget: `judged < candidates`. */
  readonly partial: boolean;
  /** The second stage decided the order, or as much of it as its budget allowed. `false`: it is the first stage's order alone. */
  readonly reranked: boolean;
  /** Why the reranker did not decide the order, on one line, where it failed and `onFailure` is "cosine"; else `null`. */
  readonly rerankFailure: string | null;
  /** One line each: fallbacks, truncations of the query, settings that a model ignores. Shown on stderr and in JSON. */
  readonly notices: readonly string[];
  /** Final order, cut to `resultCount`. */
  readonly results: readonly RankedPassage[];
  /** All candidates in the first stage's order, each with its place in the final one: what `--explain` compares. */
  readonly recalled: readonly RankedPassage[];
}
