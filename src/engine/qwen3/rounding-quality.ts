import type { ModelRole } from "../../domain/model-spec.ts";
import { kendallTau } from "../../domain/metrics.ts";
import { relevanceOf } from "../../domain/ranking.ts";

/** How far a rounded model's answers are from the exact ones, on the same texts. */
export interface RoundingQuality {
  /** Embedders: the lowest cosine between the two vectors of a text. */
  readonly minCosine: number | null;
  /** Rerankers: the largest difference of relevances. */
  readonly maxRelevanceDifference: number | null;
  /** Rerankers: 1 where both put the pairs in the same order. */
  readonly kendallTau: number | null;
}

const LOWEST_COSINE = 0.999;
const LARGEST_RELEVANCE_DIFFERENCE = 0.01;

/** @param outputs of the final norm, [hidden] for each text. @param head the yes-minus-no row, for rerankers. */
export function roundingQuality(role: ModelRole, exact: readonly Float32Array[], rounded: readonly Float32Array[], head: Float32Array): RoundingQuality {
  if (role === "embedder") {
    const cosines = exact.map((vector, text) => cosine(vector, rounded[text] ?? new Float32Array()));
    return { minCosine: Math.min(...cosines), maxRelevanceDifference: null, kendallTau: null };
  }
  const exactLogits = exact.map((output) => dot(output, head));
  const logits = rounded.map((output) => dot(output, head));
  const differences = exactLogits.map((logit, pair) => Math.abs(relevanceOf(logit) - relevanceOf(logits[pair] ?? Number.NaN)));
  return { minCosine: null, maxRelevanceDifference: Math.max(...differences), kendallTau: kendallTau(exactLogits, logits) };
}

/** @param share of the bound that is allowed: 0.5 asks for half the error. NaN keeps no bound. */
export function keepsBound({ minCosine, maxRelevanceDifference }: RoundingQuality, share = 1): boolean {
  return 1 - (minCosine ?? 1) <= (1 - LOWEST_COSINE) * share && (maxRelevanceDifference ?? 0) <= LARGEST_RELEVANCE_DIFFERENCE * share;
}

export function cosine(left: ArrayLike<number>, right: ArrayLike<number>): number {
  return dot(left, right) / Math.sqrt(dot(left, left) * dot(right, right));
}

export function dot(left: ArrayLike<number>, right: ArrayLike<number>): number {
  let sum = 0;
  for (let place = 0; place < left.length; place++) sum += (left[place] ?? 0) * (right[place] ?? Number.NaN);
  return sum;
}
