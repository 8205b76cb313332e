import type { Judgment } from "../../domain/candidate.ts";
import type { RelevanceCache } from "../../ports/relevance-cache.ts";
import type { ScoreOptions } from "../../ports/reranker.ts";
import { badAnswer } from "./rerank-answers.ts";
import type { RerankProvider } from "./rerank-providers.ts";
import { isProbability, judgmentOf, scoreOf, type ScoreScale } from "./score-scale.ts";

export interface JudgmentLedgerOptions {
  readonly documents: readonly { readonly text: string; readonly truncated: boolean }[];
  readonly scores: RerankProvider["scores"];
  /** Earlier answers of this server have shown that its scores are logits. */
  readonly provesLogits: boolean;
  /** Of the server, for messages. */
  readonly name: string;
  readonly cache: RelevanceCache | undefined;
  readonly keyOf: (document: string, truncated: boolean, scale: ScoreScale) => string;
  readonly onJudgment: ScoreOptions["onJudgment"];
  readonly onUsage: ScoreOptions["onUsage"];
}

/** The scores of one call, as its answers come in; judgments are told in the order of the documents. */
export interface JudgmentLedger {
  /** Positions that the cache does not know. */
  missing(): number[];
  /**
   * A whole good answer: it is kept in the cache.
   *
   * @param tokens of all its pairs.
   * @throws RemoteFailure `bad-answer` where a score is beyond the provider's own range.
   */
  enter(positions: readonly number[], scores: readonly number[], tokens: number): void;
  /** All judgments, once every score is there. */
  close(): Judgment[];
  provesLogits(): boolean;
}

/**
 * Some servers answer with relevances from one model and with logits from another, and do not tell. There a score beyond 0 and 1 shows
 * that all are logits; as long as none has been seen, nothing is told before the last answer is in.
 */
export function createJudgmentLedger({ documents, scores: kind, provesLogits, name, cache, keyOf, onJudgment, onUsage }: JudgmentLedgerOptions): JudgmentLedger {
  const scores: (number | undefined)[] = documents.map(() => undefined);
  const tokens: number[] = documents.map(() => 0);
  const judgments: Judgment[] = [];
  const unkept: number[] = [];
  let scale: ScoreScale | undefined = kind === "either" ? (provesLogits ? "logit" : undefined) : kind;
  let computedTokens = 0;

  function look(position: number, looked: ScoreScale): boolean {
    const { text, truncated } = documents[position]!;
    const known = cache?.get(keyOf(text, truncated, looked));
    if (known === undefined) return false;
    scores[position] = scoreOf(known.judgment, looked);
    if (looked === "logit") scale = "logit";
    return true;
  }

  /** Tells and keeps what can be told. */
  function settle(): void {
    if (scale === undefined) return;
    for (const position of unkept.splice(0)) {
      const { text, truncated } = documents[position]!;
      const judgment = judgmentOf(scores[position]!, scale, truncated);
      cache?.set(keyOf(text, truncated, scale), { judgment, tokens: Math.round(tokens[position]!) });
    }
    for (let score = scores[judgments.length]; score !== undefined; score = scores[judgments.length]) {
      const position = judgments.length;
      const judgment = judgmentOf(score, scale, documents[position]!.truncated);
      judgments.push(judgment);
      computedTokens += tokens[position]!;
      onUsage?.({ computedTokens: Math.round(computedTokens), savedTokens: 0 });
      onJudgment?.(position, judgment);
    }
  }

  return {
    missing() {
      const positions = documents.map((_document, position) => position);
      if (cache === undefined) return positions;
      const looked: readonly ScoreScale[] = scale === undefined ? ["logit", "probability"] : [scale];
      const missing = positions.filter((position) => !looked.some((each) => look(position, each)));
      settle();
      return missing;
    },
    enter(positions, answered, sum) {
      if (kind === "probability" && !answered.every(isProbability)) throw badAnswer(name, "answers with a score that is not between 0 and 1");
      positions.forEach((position, place) => {
        scores[position] = answered[place]!;
        tokens[position] = sum / positions.length;
      });
      unkept.push(...positions);
      if (kind === "either" && !answered.every(isProbability)) scale = "logit";
      settle();
    },
    close() {
      scale ??= "probability";
      settle();
      return judgments;
    },
    provesLogits: () => kind === "either" && scale === "logit",
  };
}
