/** Numbers that describe a Qwen3 decoder, from config.json. */
export interface Qwen3Shape {
  readonly layers: number;
  readonly hidden: number;
  readonly intermediate: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  readonly vocabulary: number;
  readonly ropeTheta: number;
  readonly normEpsilon: number;
  /** Whether the head's rows are the embedding's. */
  readonly tiedHead: boolean;
  /** Tokens that the model was trained to read. */
  readonly contextTokens: number;
}

/** One tensor of a checkpoint, read when asked. All checks of bounds have passed. */
export interface CheckpointTensor {
  readonly dtype: "BF16" | "F16" | "F32";
  readonly shape: readonly number[];
  readonly sizeBytes: number;
  /** The values of rows `start` to `start + count` (all by default) of the first axis, row-major. */
  readFloat32(start?: number, count?: number): Float32Array;
  /** The bytes as they are in the file, little-endian, for the same rows. */
  readBytes(start?: number, count?: number): Uint8Array;
}

/** An opened folder of config.json and safetensors, single or sharded. */
export interface Checkpoint {
  readonly shape: Qwen3Shape;
  /**
   * By the name without a leading "model.": "layers.0.self_attn.q_proj.weight", "embed_tokens.weight", "norm.weight",
   * "lm_head.weight". Throws UserError for a tensor that is not there.
   */
  tensor(name: string): CheckpointTensor;
  close(): void;
}
