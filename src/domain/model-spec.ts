/** `embedder` turns one text into a vector; `reranker` reads a query and a passage together. */
export type ModelRole = "embedder" | "reranker";

/** How token vectors become one text vector. "none": the graph's output is the text vector already. */
export type Pooling = "mean" | "cls" | "last" | "none";

/** A model that was found on this machine, with all that is needed to run it and to tell it from others. */
export interface ModelSpec {
  readonly role: ModelRole;
  /** Which engine runs it. */
  readonly family: "encoder";
  /** What the user calls it: a preset ("mini"), a hub id, or a folder. */
  readonly id: string;
  /** Commit of the hub, or a digest of the files for folders. */
  readonly revision: string;
  /** "fp32", "fp16", "int8", ... as the files are. */
  readonly precision: string;
  readonly source: "bundled" | "folder" | "hub-cache";
  /** Absolute path of the folder with tokenizer.json and the configuration. */
  readonly folder: string;
  /** Absolute path of the ONNX graph. */
  readonly graphPath: string;
  /** Tokens that the model can read, special tokens included. */
  readonly maxTokens: number;
  /** Put before a text by its role. Empty for most rerankers. */
  readonly queryPrefix: string;
  readonly passagePrefix: string;
  /** Embedders only. */
  readonly pooling: Pooling;
  /** Length of the vector, for embedders; 0 for rerankers. */
  readonly dimensions: number;
  /** Name of the graph's output to read. */
  readonly output: string;
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
