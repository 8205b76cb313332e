import type { ModelRole, Pooling } from "../../domain/model-spec.ts";

/** Graph files by precision, in order of preference: paths relative to the model's folder, with forward slashes. */
export type GraphFiles = Readonly<Record<string, readonly string[]>>;

/** How a model is run in one role. What is left out is read from the model's own files. */
export interface RoleCard {
  readonly graphs?: GraphFiles;
  /** Name of the graph's output. */
  readonly output?: string;
  readonly pooling?: Pooling;
  /** Put before a text by its role. */
  readonly queryPrefix?: string;
  readonly passagePrefix?: string;
  /** Special tokens included. */
  readonly maxTokens?: number;
  /** Length of the vector. */
  readonly dimensions?: number;
}

/** `rerank.json` in a model's folder. */
export interface ModelCard {
  readonly licence?: string;
  /** In words: "English", "about 100". */
  readonly languages?: string;
  readonly embedder?: RoleCard;
  readonly reranker?: RoleCard;
}

/** A model that the registry knows: bundled with the package, or on the hub. */
export interface KnownModel extends ModelCard {
  readonly name: string;
  /** "qwen3": comes as safetensors, which the own engine compiles. Left out: an encoder with an ONNX graph. */
  readonly family?: "qwen3";
  /** Folder below the package's `models/`. */
  readonly bundled?: string;
  /** The repository that downloads come from. */
  readonly repo?: string;
  /** Other repositories of the same model, taken where they are in the cache already. */
  readonly alsoAs: readonly string[];
  /** Branch, tag or commit that downloads take. */
  readonly revision: string;
  /** First hex digits of the commit behind the scores that its makers published. Taken before others where it is in the cache. */
  readonly publishedCommit?: string;
  /** About what a download brings: for encoders the graph of the preferred precision, weights and tokenizer. */
  readonly sizeMb: number;
}

export interface ModelPair {
  readonly embedder: string;
  readonly reranker: string;
}

export interface ModelRegistry {
  /** Where converters put their graphs, for models without `graphs` of their own. */
  readonly graphFiles: GraphFiles;
  readonly presets: ReadonlyMap<string, ModelPair>;
  readonly models: readonly KnownModel[];
}

export const ROLES: readonly ModelRole[] = ["embedder", "reranker"];

/** The file in a model's folder that has the last word. */
export const CARD_FILE = "rerank.json";
