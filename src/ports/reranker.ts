import type { Judgment } from "../domain/candidate.ts";
import type { ModelSpec } from "../domain/model-spec.ts";
import type { TokenUsage } from "../domain/token-usage.ts";

export interface ScoreOptions {
  /** What "relevant" means here. Models whose spec has `readsInstruction: false` ignore it. */
  readonly instruction?: string;
  /** Reads no more of each text than this, in tokens; a text that is longer is marked as truncated. */
  readonly maxTextTokens?: number;
  readonly signal?: AbortSignal;
  /** Called once per text as its judgment lands, in the order given: what a budget keeps when it cuts the work short. */
  readonly onJudgment?: (position: number, judgment: Judgment) => void;
  /** Called before each judgment with the tokens of all texts so far. Rerankers that do not count never call it. */
  readonly onUsage?: (usage: TokenUsage) => void;
  /** Called before each judgment for which only the query's beginning was read. Rerankers that cannot tell never call it. */
  readonly onQueryTruncated?: () => void;
}

/** Second stage: reads the query and a passage together. */
export interface Reranker {
  readonly spec: ModelSpec;

  /**
   * One judgment per text, in the order given. A judgment depends on its query and text alone.
   * Rejects with `signal.reason` when aborted, with UserError when the model answers NaN or its process dies twice.
   */
  score(query: string, texts: readonly string[], options?: ScoreOptions): Promise<Judgment[]>;
}
