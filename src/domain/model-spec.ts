import type { EmbedDialectName, RerankDialectName, TemplateSide } from "./remote-model.ts";

/** `embedder` turns one text into a vector; `reranker` reads a query and a passage together. */
export type ModelRole = "embedder" | "reranker";

/** How token vectors become one text vector. "none": the graph's output is the text vector already. */
export type Pooling = "mean" | "cls" | "last" | "none";

interface SharedSpec {
  readonly role: ModelRole;
  /** What the user calls it: a preset ("mini"), a hub id, or a folder. */
  readonly id: string;
  /** Commit of the hub, or a digest of the files for folders. */
  readonly revision: string;
  /** "fp32", "fp16", "int8", ... as the graph is. */
  readonly precision: string;
  readonly source: "bundled" | "folder" | "hub-cache" | "remote";
  /** Absolute path of the folder with tokenizer.json and the configuration; "" for remote models, as the graph's. */
  readonly folder: string;
  /** Absolute path of the ONNX graph. */
  readonly graphPath: string;
  /** Tokens that are read of one text or pair, special tokens included. */
  readonly maxTokens: number;
  /** Length of the vector, for embedders; 0 for rerankers. */
  readonly dimensions: number;
  /** Whether the model reads an instruction. Those that do not ignore it; the command line says so. */
  readonly readsInstruction: boolean;
  readonly licence: string;
  readonly sizeBytes: number;
  /**
   * Changes whenever scores or vectors could: digest over the content of graph, weights and tokenizer (its template
   * included), precision, output, dimensions, prefixes, pooling and token limit. Names and folders are not in it. Vectors
   * of different fingerprints never meet.
   */
  readonly fingerprint: string;
}

/** A model whose ONNX graph somebody exported: BERT, XLM-R and their like. */
export interface EncoderSpec extends SharedSpec {
  readonly family: "encoder";
  /** Put before a text by its role. Empty for most rerankers. */
  readonly queryPrefix: string;
  readonly passagePrefix: string;
  /** Embedders only. */
  readonly pooling: Pooling;
  /** Name of the graph's output to read. */
  readonly output: string;
}

/** What the own engine compiles a checkpoint to. int8: weights and activations; int4: weights alone, in blocks. */
export const QWEN3_PRECISIONS = ["fp32", "int8", "int4"] as const;
export type Qwen3Precision = (typeof QWEN3_PRECISIONS)[number];

/** A Qwen3 checkpoint that the own engine has compiled. `dimensions` may be a Matryoshka size below the model's own. */
export interface Qwen3Spec extends SharedSpec {
  readonly family: "qwen3";
  readonly precision: Qwen3Precision;
  readonly readsInstruction: true;
  /** What stands between instruction, query and document: "\n" on the model card, "\n\n" in the evaluation's script. */
  readonly promptSeparator: "\n" | "\n\n";
}

/**
 * A model behind somebody's API. `revision` and `licence` are what the server tells, or "unknown"; `sizeBytes` is 0; the fingerprint is over
 * dialect, model, dimensions and template side, not over the address: the same model may move to another machine.
 */
export interface RemoteSpec extends SharedSpec {
  readonly family: "remote";
  readonly precision: "remote";
  readonly source: "remote";
  readonly dialect: RerankDialectName | EmbedDialectName;
  /** Without user name, password and query: what may be shown. */
  readonly url: string;
  readonly template: TemplateSide;
  /** Embedders: the length that every request asks for, where somebody chose one. Absent: the model's own, which some servers refuse to be told. */
  readonly askedDimensions?: number;
}

/** A model, with all that is needed to run it, or to ask it, and to tell it from others. */
export type ModelSpec = EncoderSpec | Qwen3Spec | RemoteSpec;

/** A model whose files are on this machine. */
export type LocalSpec = Exclude<ModelSpec, RemoteSpec>;

/** Where the products are computed. "auto" takes a graphics processor that is really there, else "cpu". */
export const DEVICES = ["auto", "cpu", "webgpu", "cuda", "coreml", "dml"] as const;
export type Device = (typeof DEVICES)[number];
