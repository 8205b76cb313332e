import type { Candidate, Judgment, RankedPassage } from "../domain/candidate.ts";
import { passageInput } from "../domain/passage.ts";
import { rankByRelevance } from "../domain/ranking.ts";
import type { TokenUsage } from "../domain/token-usage.ts";
import type { Reranker } from "../ports/reranker.ts";

export interface RerankOptions {
  readonly instruction?: string;
  /** Cancels: the stage rejects with its reason. */
  readonly signal?: AbortSignal;
  /** Ends the work early: what has been judged so far is kept, the rest follows in first-stage order. */
  readonly budget?: AbortSignal;
  /** `usage` counts all tokens so far; `null` where the reranker does not. */
  readonly onJudgment?: (position: number, judgment: Judgment, done: number, usage: TokenUsage | null) => void;
}

export interface Reranking {
  /** The final order. */
  readonly ranked: RankedPassage[];
  /** What the judgments cost, those cut short by the budget included; `null` where the reranker does not count. */
  readonly usage: TokenUsage | null;
}

/** Second stage: judges every candidate, best-recalled first, and lets the judgments decide the order. */
export async function rerank(
  query: string,
  candidates: readonly Candidate[],
  reranker: Reranker,
  { instruction, signal, budget, onJudgment }: RerankOptions,
): Promise<Reranking> {
  const judgments: (Judgment | null)[] = candidates.map(() => null);
  let done = 0;
  let isOver = false;
  let usage: TokenUsage | null = null;
  // Passages that read the same share a vector, and so a judgment.
  const groups = [...positionsByVector(candidates).values()];
  const texts = groups.map(({ text }) => text);
  const stop = AbortSignal.any([signal, budget].filter((s) => s !== undefined));
  try {
    await reranker.score(query, texts, {
      ...(instruction !== undefined && { instruction }),
      signal: stop,
      onUsage(tokens) {
        usage = tokens;
      },
      onJudgment(group, judgment) {
        // Of several requests under way one may answer after another has failed.
        if (isOver) return;
        for (const position of groups[group]?.positions ?? []) {
          judgments[position] = judgment;
          onJudgment?.(position, judgment, ++done, usage);
        }
      },
    });
  } catch (error) {
    if (signal?.aborted || !budget?.aborted) throw error;
  } finally {
    isOver = true;
  }
  return { ranked: rankByRelevance(candidates, judgments), usage };
}

function positionsByVector(candidates: readonly Candidate[]): Map<number, { text: string; positions: number[] }> {
  const groups = new Map<number, { text: string; positions: number[] }>();
  for (const [position, { passage }] of candidates.entries()) {
    const group = groups.get(passage.vectorId);
    if (group === undefined) groups.set(passage.vectorId, { text: passageInput(passage), positions: [position] });
    else group.positions.push(position);
  }
  return groups;
}
