import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const FIXTURE = join(resolve(dirname(fileURLToPath(import.meta.url)), ".."), "fixtures/qwen3-parity/expected.json");

/** The keys of config.json that shape a synthetic model, as the parity fixture has them. */
export interface SyntheticConfig {
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  readonly head_dim: number;
  readonly tie_word_embeddings: boolean;
  readonly vocab_size: number;
  readonly rope_theta: number;
  readonly rms_norm_eps: number;
}

/** One embedding of the parity fixture: `embedding` has all dimensions, `embedding_mrl32` the first 32, normalized anew. */
export interface ExpectedEmbedding {
  readonly text: string;
  readonly input_ids: readonly number[];
  readonly embedding: readonly number[];
  readonly embedding_mrl32: readonly number[];
}

export interface ExpectedPair {
  readonly query: string;
  readonly document: string;
  readonly length: number;
  readonly logit_yes: number;
  readonly logit_no: number;
  readonly relevance: number;
}

export interface ExpectedVariant {
  readonly config: SyntheticConfig;
  readonly parameters: Readonly<Record<string, readonly number[]>>;
  readonly samples: Readonly<Record<string, readonly number[]>>;
  readonly embeddings: readonly ExpectedEmbedding[];
  readonly rerank: readonly ExpectedPair[];
  readonly truncated: { readonly query: string; readonly document: string; readonly max_tokens: number; readonly relevance: number };
}

export type VariantName = "tied" | "untied" | "outliers";

export interface ParityFixture {
  readonly tokens: Readonly<Record<string, readonly number[]>>;
  readonly variants: Readonly<Record<VariantName, ExpectedVariant>>;
}

/** What Transformers answers on the synthetic weights: generate.py beside the fixture has the formula and the run. */
export function readParityFixture(): ParityFixture {
  return JSON.parse(readFileSync(FIXTURE, "utf8")) as ParityFixture;
}
