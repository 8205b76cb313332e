import type { ModelSpec } from "../domain/model-spec.ts";

export interface EmbedOptions {
  readonly signal?: AbortSignal;
  /** Called after each text, with the number of texts that are done. */
  readonly onProgress?: (done: number) => void;
}

export interface Embedding {
  /** `dimensions` values, unit length. */
  readonly vector: Float32Array;
  /** The text was longer than the model reads: its end is not in the vector. */
  readonly truncated: boolean;
  /** Tokens that were read, prefix and special tokens included. Absent where nobody counted. */
  readonly tokens?: number;
}

/** Counts tokens as the embedder does: prefixes and special tokens not included. */
export interface TokenCounter {
  /** One count per text, in the order given. Text of any length, never truncated. */
  countTokens(texts: readonly string[]): Promise<number[]>;
}

/** First stage: reads one text at a time. */
export interface Embedder extends TokenCounter {
  readonly spec: ModelSpec;

  /**
   * The vector of a query, with the model's query prefix or instruction in front.
   * Rejects with `signal.reason` when aborted.
   */
  embedQuery(query: string, options?: EmbedOptions & { readonly instruction?: string }): Promise<Embedding>;

  /**
   * One vector per text, in the order given. A vector depends on its own text alone, never on its neighbours.
   * Rejects with `signal.reason` when aborted, with UserError when the model answers NaN or its process dies twice.
   */
  embedPassages(texts: readonly string[], options?: EmbedOptions): Promise<Embedding[]>;

  /**
   * The texts behind token ids of the model's own tokenizer, special tokens left out. Absent where the model is not on this machine.
   * Rejects with UserError for an id that the tokenizer does not have.
   */
  decodeTokens?(ids: readonly (readonly number[])[]): Promise<string[]>;
}
