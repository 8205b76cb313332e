import type { FoundPassage, Judgment } from "./wire-types.ts";

/**
 * Positions of the candidates in the order that the judgments so far make of them: judged ones by logit, ties by similarity, the
 * others behind them as they were recalled. As domain/ranking.ts orders; the server's own order takes its place at the end.
 */
export function liveOrder(candidates: readonly Pick<FoundPassage, "recallRank" | "similarity">[], judgments: ReadonlyMap<number, Pick<Judgment, "logit">>): number[] {
  return candidates
    .map((candidate, position) => ({ position, candidate, judgment: judgments.get(position) }))
    .sort((a, b) => {
      if (a.judgment !== undefined && b.judgment !== undefined) {
        return b.judgment.logit - a.judgment.logit || (b.candidate.similarity ?? 0) - (a.candidate.similarity ?? 0) || a.position - b.position;
      }
      if (a.judgment === b.judgment) return a.position - b.position;
      return a.judgment === undefined ? 1 : -1;
    })
    .map(({ position }) => position);
}
