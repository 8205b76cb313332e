import { closeSync, mkdirSync, openSync, readFileSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compileInChild } from "../../src/inference/compile-client.ts";
import { compilersOf } from "../support/inference-processes.ts";
import type { SyntheticConfig } from "../support/parity-fixture.ts";
import { linkTokenizer, syntheticTensors, writeConfig } from "../support/synthetic-checkpoint.ts";
import { encodeWeights, formulaWeights } from "../support/synthetic-weights.ts";
import { tempFolder } from "../support/temp-folder.ts";

/** Most of its 336 MB in BF16 are the rows of the embedding; a layer takes 25 MB in single precision. */
const LARGE: SyntheticConfig = {
  hidden_size: 1024,
  intermediate_size: 1024,
  num_hidden_layers: 2,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  head_dim: 128,
  tie_word_embeddings: true,
  vocab_size: 151_669,
  rope_theta: 1e6,
  rms_norm_eps: 1e-6,
};
const MEGABYTE = 1e6;

/** Writes a checkpoint whose matrices repeat one block of the formula's weights: to make each of its own would take longer than to compile it. */
function writeLargeCheckpoint(folder: string): number {
  mkdirSync(folder, { recursive: true });
  writeConfig(folder, LARGE);
  linkTokenizer(folder);
  const header: Record<string, object> = {};
  let offset = 0;
  const tensors = syntheticTensors(LARGE).map(([name, shape]) => ({ name, shape, bytes: 2 * shape.reduce((product, length) => product * length, 1) }));
  for (const { name, shape, bytes } of tensors) {
    header[name] = { dtype: "BF16", shape, data_offsets: [offset, offset + bytes] };
    offset += bytes;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const path = join(folder, "model.safetensors");
  const file = openSync(path, "w");
  writeSync(file, length);
  writeSync(file, text);
  const width = LARGE.hidden_size;
  const [matrix, norm] = ["block", "block.norm.weight"].map((name) => encodeWeights(formulaWeights(name, name === "block" ? [1024, width] : [width * 4], false), "BF16"));
  for (const { name, bytes } of tensors) {
    const block = (name.endsWith("norm.weight") ? norm : matrix) ?? new Uint8Array();
    for (let left = bytes; left > 0; left -= block.length) writeSync(file, block, 0, Math.min(left, block.length));
  }
  closeSync(file);
  return statSync(path).size;
}

/** The most memory that a process has had resident so far, as Linux counts it. */
function peakBytes(processId: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${processId}/status`, "utf8"))?.[1] ?? 0) * 1024;
  } catch {
    // It has just ended.
    return 0;
  }
}

test.skipIf(process.platform !== "linux")("compiling does not take the checkpoint into memory (needs /proc)", async () => {
  const folder = tempFolder();
  const checkpointFolder = join(folder, "checkpoint");
  const sizeBytes = writeLargeCheckpoint(checkpointFolder);
  expect(sizeBytes).toBeGreaterThan(300 * MEGABYTE);
  let peak = 0;
  let compiler = 0;
  const look = (): void => {
    [compiler = 0] = compiler === 0 ? compilersOf(process.pid) : [compiler];
    peak = Math.max(peak, peakBytes(compiler));
  };
  const timer = setInterval(look, 20);
  try {
    await compileInChild({ role: "embedder", precision: "int8", checkpointFolder, compiledFolder: join(folder, "compiled") }, { onProgress: look });
  } finally {
    clearInterval(timer);
  }
  // The process alone, with its tokenizer and ONNX Runtime, takes 120 MB; all weights in single precision would take 670 MB more.
  expect(peak).toBeGreaterThan(100 * MEGABYTE);
  expect(peak).toBeLessThan(1.25 * sizeBytes);
});
