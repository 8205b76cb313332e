import type { ModelRole, Qwen3Precision } from "../domain/model-spec.ts";

/**
 * Goes up whenever the same checkpoint would give another graph, or the same graph is prompted in another way. Graphs of other
 * versions are never used.
 */
export const ENGINE_VERSION = 1;

/** The file that is written last into a folder of a compiled model: where it is, the graph is complete. */
export const COMPILE_REPORT_FILE = "report.json";
export const COMPILED_GRAPH_FILE = "graph.onnx";
export const COMPILED_WEIGHTS_FILE = "weights.bin";

export interface CompileRequest {
  readonly role: ModelRole;
  /** Absolute path of the folder with config.json, tokenizer.json and safetensors. */
  readonly checkpointFolder: string;
  readonly precision: Qwen3Precision;
  /** Absolute path of the folder that the graph comes to lie in; it appears when everything in it is complete. */
  readonly compiledFolder: string;
}

export interface CompileProgress {
  /** What is done just now, in words: "layer 3 of 28". */
  readonly step: string;
  /** Work done so far, 0 to 1. */
  readonly share: number;
}

export interface CompileOptions {
  readonly signal?: AbortSignal;
  readonly threads?: number;
  readonly onProgress?: (progress: CompileProgress) => void;
  readonly onNotice?: (line: string) => void;
}

/** What `report.json` says of a compiled model. */
export interface CompileReport {
  readonly engineVersion: number;
  readonly role: ModelRole;
  readonly requestedPrecision: Qwen3Precision;
  /** Another than was asked for where that one could not keep the bound. */
  readonly precision: Qwen3Precision;
  /** Length of the model's vector; 0 for rerankers. */
  readonly dimensions: number;
  readonly contextTokens: number;
  /** SHA-256 over the choices that shape scores: two compilations with the same digest answer alike. */
  readonly choicesDigest: string;
  /** Against fp32 on the calibration texts: the lowest cosine (embedders), the largest relevance difference and Kendall's tau (rerankers). */
  readonly minCosine: number | null;
  readonly maxRelevanceDifference: number | null;
  readonly kendallTau: number | null;
  readonly matrices: readonly MatrixChoice[];
  readonly seconds: number;
  /** Graph and weights. */
  readonly sizeBytes: number;
}

export interface MatrixChoice {
  /** "layers.3.mlp.down_proj". */
  readonly name: string;
  readonly choice: string;
  /** Root mean square of the error over that of the exact output, on the calibration texts; `null` for what is not rounded to 8 or 4 bits. */
  readonly relativeError: number | null;
}

/**
 * Turns a checkpoint into a graph that ONNX Runtime runs. Only one process compiles a model at a time, the others wait; one that
 * is interrupted leaves nothing that would be used.
 */
export interface ModelCompiler {
  /** Rejects with `signal.reason` when aborted, with UserError for damaged checkpoints, and too little memory or disk. */
  compile(request: CompileRequest, options?: CompileOptions): Promise<CompileReport>;
}

/** One golden text or pair: what the exact model says, and what the compiled one does. */
export interface GoldenComparison {
  readonly text: string;
  /** A relevance; for embedders 1. */
  readonly expected: number;
  /** A relevance; for embedders the cosine between the two vectors. */
  readonly found: number;
  readonly passed: boolean;
}
