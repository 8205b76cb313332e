import type { Candidate, Judgment, RankedPassage } from "./candidate.ts";
import { UserError } from "./errors.ts";

/** P(yes) of a logit difference: sigmoid, without overflow at either end. */
export function relevanceOf(logit: number): number {
  return logit >= 0 ? 1 / (1 + Math.exp(-logit)) : Math.exp(logit) / (1 + Math.exp(logit));
}

/** Throws when a model answered something that cannot be ordered. `what` names the value and its model. */
export function assertFinite(value: number, what: string): void {
  if (Number.isFinite(value)) return;
  throw new UserError(`${what} is ${value}, which no order can be built on`, {
    hint: "run `rerank doctor`; the model's files may be damaged, or its precision unfit for this machine",
  });
}

/**
 * Best first: judged passages by logit (not by relevance, which saturates at 1), ties by similarity, then path, then
 * place in the document. Passages without a judgment follow in first-stage order: they were the less similar ones,
 * and no evidence has moved them.
 *
 * @param judgments one per candidate, in the order of `candidates`; `null` = not judged.
 * @throws UserError when a logit is NaN or infinite.
 */
export function rankByRelevance(
  candidates: readonly Candidate[],
  judgments: readonly (Judgment | null)[],
): RankedPassage[] {
  const judged = candidates.map((candidate, position) => ({ candidate, judgment: judgments[position] ?? null }));
  for (const { judgment } of judged) {
    if (judgment !== null) assertFinite(judgment.logit, "a relevance");
  }
  judged.sort((a, b) => {
    if (a.judgment === null || b.judgment === null) {
      if (a.judgment === b.judgment) return a.candidate.recallRank - b.candidate.recallRank;
      return a.judgment === null ? 1 : -1;
    }
    return b.judgment.logit - a.judgment.logit || bySimilarity(a.candidate, b.candidate);
  });
  return judged.map(({ candidate, judgment }, position) => ({ ...candidate, judgment, rank: position + 1 }));
}

/** The tie-breaking order that both stages share: similarity, then path, then place in the document. */
export function bySimilarity(
  a: Pick<Candidate, "similarity" | "passage">,
  b: Pick<Candidate, "similarity" | "passage">,
): number {
  return (
    (b.similarity ?? 0) - (a.similarity ?? 0) ||
    comparePaths(a.passage.path, b.passage.path) ||
    a.passage.id - b.passage.id
  );
}

function comparePaths(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
