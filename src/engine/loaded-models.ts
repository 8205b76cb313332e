import type { Judgment } from "../domain/candidate.ts";
import type { Embedding } from "../ports/embedder.ts";

/** An embedding model in this process, of any family: one text a run, so that no vector depends on a neighbour. */
export interface LoadedEmbedder {
  /** @throws UserError when the vector is not finite, zero, or of another length than the spec says. */
  embed(text: string, use: EmbeddingUse): Promise<Required<Embedding>>;
  /** Prefixes and special tokens not included. */
  countTokens(text: string): number;
  /**
   * The text behind token ids, special tokens left out. Encoded again it gives the same ids, where these are those of a whole text:
   * a part of a text may begin within a word or a character, and unknown characters are lost.
   * @throws UserError for an id that the vocabulary does not have.
   */
  decodeTokens(ids: readonly number[]): string;
}

export interface EmbeddingUse {
  readonly use: "query" | "passage";
  /** Families that read none ignore it; those that do have a default of their own. */
  readonly instruction?: string | undefined;
  /** From 1, for messages. */
  readonly textNumber: number;
}

/** A reranker in this process, of any family: one pair a run, so that no score depends on a neighbour. */
export interface LoadedReranker {
  /** @throws UserError when the logit is not finite. */
  judge(pair: Pair): Promise<LoadedJudgment>;
}

export interface Pair {
  readonly query: string;
  readonly text: string;
  /** Families that read none ignore it; those that do have a default of their own. */
  readonly instruction?: string | undefined;
  /** Tokens of the text that are read at most, special tokens and prefixes not included. What is cut off counts as truncated. */
  readonly maxTextTokens?: number | undefined;
  /** From 1, for messages. */
  readonly textNumber: number;
}

export interface LoadedJudgment extends Judgment {
  /** The query alone was longer than the model can take, and its end was left out. */
  readonly queryTruncated: boolean;
  /** Tokens that went through the model for this pair. */
  readonly computedTokens: number;
  /** Tokens whose keys and values were there from an earlier pair of the same query. */
  readonly savedTokens: number;
}

export interface EngineOptions {
  /** Threads within one run; by default the physical cores that the process may use. */
  readonly threads?: number;
  /** By default "cpu". "auto" is settled before a model is opened: see `chooseDevice`. */
  readonly device?: "cpu" | "webgpu" | "cuda" | "coreml" | "dml";
  /** Scores a passage that is too long in overlapping windows and takes the best, or reads its beginning. Default "truncate". */
  readonly longDocuments?: "windows" | "truncate";
}
