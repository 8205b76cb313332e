import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UserError } from "../../domain/errors.ts";
import { formatBytes } from "../../domain/format-bytes.ts";
import type { Qwen3Precision } from "../../domain/model-spec.ts";
import { asCount, readJsonFile } from "./read-json-file.ts";

/** Bytes of a compiled matrix over its bytes in 16 bits. int4: half a byte a weight, with a scale for each block. */
const SHARE: Record<Qwen3Precision, number> = { fp32: 2, int8: 0.5, int4: 0.29 };
/** Left free on the disk beyond the graph itself. The graphs that compiling tries things out with, beside it, are of kilobytes. */
const SPARE_BYTES = 64 * 1024 * 1024;
/** The process with runtime, tokenizer and texts. */
const LEAST_MEMORY_BYTES = 230_000_000;
/**
 * What each weight of the layer at hand takes: as float32 and, where it is rounded, as float32 with its channels moved, once more as
 * it is stored, and what of these is not collected yet. Measured as the peak of resident memory on layers of the 0.6B's shape (465 MB),
 * the 4B's (1,413 MB, 628 in fp32), the 8B's (2,488 MB), and of 512 x 24,576 (1,281 MB in int8, 1,251 in int4, 384 in fp32).
 */
const BYTES_OF_WEIGHT: Record<Qwen3Precision, number> = { fp32: 4, int8: 10, int4: 10 };
/** What each channel of the feed-forward takes in the texts on which ways to round are tried. */
const TRIAL_BYTES: Record<Qwen3Precision, number> = { fp32: 0, int8: 26_000, int4: 26_000 };
const USUAL_HEAD_SIZE = 128;

/** What compiling takes, about: a tensor is read, turned and written before the next one comes. */
export interface CompileNeeds {
  readonly diskBytes: number;
  /** Where the precision cannot keep the bound, and the next one is taken. */
  readonly fallbackDiskBytes: number;
  readonly memoryBytes: number;
}

export function compileNeeds(checkpointFolder: string, weightsBytes: number, precision: Qwen3Precision): CompileNeeds {
  const config = readJsonFile(join(checkpointFolder, "config.json"));
  const size = (key: string): number => asCount(config[key]) ?? 0;
  const halfBytes = (config["dtype"] ?? config["torch_dtype"]) === "float32" ? weightsBytes / 2 : weightsBytes;
  // Rows of the embedding table are looked up, not multiplied: they stay in 16 bits, but for fp32.
  const tableBytes = Math.min(size("vocab_size") * size("hidden_size") * 2, halfBytes);
  const diskBytesOf = (kept: Qwen3Precision): number => Math.round((halfBytes - tableBytes) * SHARE[kept] + tableBytes * (kept === "fp32" ? 2 : 1));
  // Queries and attention's output, keys and values, and the three matrices of the feed-forward.
  const heads = 2 * (size("num_attention_heads") + size("num_key_value_heads")) * (asCount(config["head_dim"]) ?? USUAL_HEAD_SIZE);
  const layerWeights = size("hidden_size") * (heads + 3 * size("intermediate_size"));
  return {
    diskBytes: diskBytesOf(precision),
    fallbackDiskBytes: diskBytesOf(precision === "int8" ? "fp32" : precision),
    memoryBytes: LEAST_MEMORY_BYTES + layerWeights * BYTES_OF_WEIGHT[precision] + size("intermediate_size") * TRIAL_BYTES[precision],
  };
}

/**
 * Throws UserError where disk or memory are certain not to suffice. The folder need not exist yet.
 * @returns a line about a disk that is too small for the precision that is taken where the wanted one cannot keep the bound.
 */
export async function checkCompileNeeds(id: string, compiledFolder: string, { diskBytes, fallbackDiskBytes, memoryBytes }: CompileNeeds): Promise<string | undefined> {
  let folder = compiledFolder;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  const { bavail, bsize } = await statfs(folder);
  const freeBytes = bavail * bsize;
  if (freeBytes < diskBytes + SPARE_BYTES) {
    throw new UserError(`compiling ${id} needs ${formatBytes(diskBytes + SPARE_BYTES)}, and the disk of ${folder} has ${formatBytes(freeBytes)} left`, {
      hint: "free space, or name a folder on another disk in XDG_CACHE_HOME",
    });
  }
  const available = process.availableMemory();
  if (available < memoryBytes) {
    throw new UserError(`compiling ${id} needs ${formatBytes(memoryBytes)} of memory, and ${formatBytes(available)} are free`, {
      hint: "close other programs, or choose a smaller model: `rerank models list`",
    });
  }
  if (freeBytes >= fallbackDiskBytes + SPARE_BYTES) return undefined;
  return `the disk has ${formatBytes(freeBytes)} left: enough for ${id}, and not for the ${formatBytes(fallbackDiskBytes + SPARE_BYTES)} that it takes where its answers would change too much`;
}
