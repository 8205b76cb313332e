import type { Judgment } from "../../domain/candidate.ts";
import { relevanceOf } from "../../domain/ranking.ts";

/** What a provider's scores are: `probability` from 0 to 1, `logit` any number. */
export type ScoreScale = "probability" | "logit";

/** Beyond the logits of all numbers between 0 and 1: -744.4 to 36.7. */
const LOGIT_OF_ONE = 40;
const LOGIT_OF_ZERO = -750;
/** Sums of 32-bit numbers end up beyond 1 by so much. */
const TOLERANCE = 1e-6;

export function isProbability(score: number): boolean {
  return score >= -TOLERANCE && score <= 1 + TOLERANCE;
}

/** The provider's order and its ties stay as they are, also where its scores are 0 or 1. */
export function judgmentOf(score: number, scale: ScoreScale, truncated: boolean): Judgment {
  if (scale === "logit") return { logit: score, relevance: relevanceOf(score), truncated };
  const relevance = Math.min(1, Math.max(0, score));
  return { logit: logitOf(relevance), relevance, truncated };
}

/** The score behind a judgment of this scale. */
export function scoreOf({ logit, relevance }: Judgment, scale: ScoreScale): number {
  return scale === "logit" ? logit : relevance;
}

function logitOf(relevance: number): number {
  if (relevance === 0) return LOGIT_OF_ZERO;
  if (relevance === 1) return LOGIT_OF_ONE;
  return Math.log(relevance) - Math.log1p(-relevance);
}
