import type { Passage } from "./passage.ts";

/** A passage that the first stage found. */
export interface Candidate {
  readonly passage: Passage;
  /**
   * Cosine between query and passage, -1 to 1: known for every candidate, whichever way it was found. `null` only where
   * the first stage is not ours (`rerank rank`).
   */
  readonly similarity: number | null;
  /** Place in the first stage's order, from 1. */
  readonly recallRank: number;
}

/** What the reranker thinks of one passage. */
export interface Judgment {
  /** Raw: the "yes" minus the "no" logit, or a cross-encoder's output. Orders within a query, means nothing between models. */
  readonly logit: number;
  /** P(yes) = sigmoid(logit), 0 to 1. */
  readonly relevance: number;
  /** The model saw only the beginning of the passage. */
  readonly truncated: boolean;
}

/** A candidate in the final order. */
export interface RankedPassage extends Candidate {
  /** Place in the final order, from 1. */
  readonly rank: number;
  /** `null` where the second stage did not run: it was switched off, or its budget was spent. */
  readonly judgment: Judgment | null;
}

/** Places gained (positive) or lost (negative) between the first stage and the second. */
export function movement({ recallRank, rank }: Pick<RankedPassage, "recallRank" | "rank">): number {
  return recallRank - rank;
}
