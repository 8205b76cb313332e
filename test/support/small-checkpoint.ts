import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SyntheticConfig } from "./parity-fixture.ts";
import { type SafetensorsEntry, safetensorsBytes, type SyntheticOptions, syntheticTensors, writeSyntheticCheckpoint } from "./synthetic-checkpoint.ts";
import { encodeWeights, formulaWeights } from "./synthetic-weights.ts";
import { tempFolder } from "./temp-folder.ts";

/** A decoder of a few thousand weights, for tests of files and shapes. */
export const SMALL: SyntheticConfig = {
  hidden_size: 32,
  intermediate_size: 48,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 16,
  tie_word_embeddings: true,
  vocab_size: 100,
  rope_theta: 1e6,
  rms_norm_eps: 1e-6,
};

/** A temporary folder with the small checkpoint, without a tokenizer. */
export function smallCheckpoint(options: SyntheticOptions = {}, config: Partial<SyntheticConfig> = {}): string {
  const folder = tempFolder();
  writeSyntheticCheckpoint(folder, { ...SMALL, ...config }, { tokenizer: false, ...options });
  return folder;
}

type Entries = readonly SafetensorsEntry[];

/** Writes the small checkpoint's file anew from changed entries. */
export function rewriteSmall(folder: string, change: (entries: Entries) => Entries, dtype: "BF16" | "F16" = "BF16"): void {
  const entries = syntheticTensors(SMALL).map(([name, shape]) => ({
    name,
    dtype,
    shape,
    bytes: () => encodeWeights(formulaWeights(name, shape, false), dtype),
  }));
  writeFileSync(join(folder, "model.safetensors"), safetensorsBytes(change(entries)));
}

export function replaceSmallTensor(folder: string, name: string, bytesOf: (halves: Uint16Array) => Uint8Array): void {
  rewriteSmall(
    folder,
    (entries) => entries.map((entry) => (entry.name === name ? { ...entry, bytes: () => bytesOf(new Uint16Array(entry.bytes().buffer)) } : entry)),
    "F16",
  );
}
