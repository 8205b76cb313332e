import type { Candidate } from "../domain/candidate.ts";
import { UserError } from "../domain/errors.ts";
import { rankByRelevance } from "../domain/ranking.ts";
import type { Reranking } from "../stages/rerank.ts";
import type { SearchEvent } from "./events.ts";

/** What becomes of a search whose reranker fails: its error, or the order of the first stage, marked. */
export type OnRerankFailure = "error" | "cosine";

export interface SecondStage extends Reranking {
  /** Why the second stage decided nothing, on one line; `null` where it did not fail. */
  readonly failure: string | null;
}

export interface FallbackOptions {
  readonly onFailure?: OnRerankFailure | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: SearchEvent) => void) | undefined;
}

/**
 * The second stage's order; with "cosine" that of the first stage where the reranker has failed. Judgments that had arrived by then are
 * dropped, because half an order is none: those judged would stand above better passages that were not.
 *
 * Rejects as `judge` does when it is not the reranker that failed (only UserError says so), and when the signal has aborted.
 */
export async function judgeOrKeep(candidates: readonly Candidate[], judge: () => Promise<Reranking>, options: FallbackOptions): Promise<SecondStage> {
  try {
    return { ...(await judge()), failure: null };
  } catch (error) {
    if (options.onFailure !== "cosine" || options.signal?.aborted === true || !(error instanceof UserError)) throw error;
    const failure = onOneLine(error.message);
    options.onEvent?.({ type: "rerank-failed", message: failure });
    return { ranked: rankByRelevance(candidates, []), usage: null, failure };
  }
}

/**
 * What every surface says of such a search.
 *
 * @param minRelevance of the search: with one, nothing is left of the order, and nobody should think that nothing was found.
 */
export function fallbackNotice(failure: string, minRelevance: number | null): string {
  const notice = `the reranker did not run: ${failure}; this is the order of the first stage`;
  return minRelevance === null ? notice : `${notice}, and none of it is shown: a relevance of ${minRelevance} or more was asked for, and none is known`;
}

function onOneLine(message: string): string {
  return message.replaceAll(/\s+/g, " ").trim().replace(/\.$/, "");
}
