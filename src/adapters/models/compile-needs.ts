import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UserError } from "../../domain/errors.ts";
import type { Qwen3Precision } from "../../domain/model-spec.ts";
import { asCount, readJsonFile } from "./read-json-file.ts";

/** Bytes of a compiled matrix over its bytes in 16 bits. int4: half a byte a weight, with a scale for each block. */
const SHARE: Record<Qwen3Precision, number> = { fp32: 2, int8: 0.5, int4: 0.29 };
/** Left free on the disk beyond the graph itself. */
const SPARE_BYTES = 64 * 1024 * 1024;
/** The process, its tokenizer and a layer's working space: less than this never suffices. */
const LEAST_MEMORY_BYTES = 500_000_000;

/** What compiling takes, about: a tensor is read, turned and written before the next one comes. */
export interface CompileNeeds {
  readonly diskBytes: number;
  readonly memoryBytes: number;
}

export function compileNeeds(checkpointFolder: string, weightsBytes: number, precision: Qwen3Precision): CompileNeeds {
  const config = readJsonFile(join(checkpointFolder, "config.json"));
  const size = (key: string): number => asCount(config[key]) ?? 0;
  const halfBytes = (config["dtype"] ?? config["torch_dtype"]) === "float32" ? weightsBytes / 2 : weightsBytes;
  // Rows of the embedding table are looked up, not multiplied: they stay in 16 bits, but for fp32.
  const tableBytes = Math.min(size("vocab_size") * size("hidden_size") * 2, halfBytes);
  const largestMatrix = size("intermediate_size") * size("hidden_size");
  return {
    diskBytes: Math.round((halfBytes - tableBytes) * SHARE[precision] + tableBytes * (precision === "fp32" ? 2 : 1)),
    // As it is read, as float32, and as it is written.
    memoryBytes: LEAST_MEMORY_BYTES + largestMatrix * 10,
  };
}

/** Throws UserError where disk or memory are certain not to suffice. The folder need not exist yet. */
export async function checkCompileNeeds(id: string, compiledFolder: string, { diskBytes, memoryBytes }: CompileNeeds): Promise<void> {
  let folder = compiledFolder;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  const { bavail, bsize } = await statfs(folder);
  const freeBytes = bavail * bsize;
  if (freeBytes < diskBytes + SPARE_BYTES) {
    throw new UserError(`compiling ${id} needs ${gigabytes(diskBytes)}, and the disk of ${folder} has ${gigabytes(freeBytes)} left`, {
      hint: "free space, or name a folder on another disk in XDG_CACHE_HOME",
    });
  }
  const available = process.availableMemory();
  if (available < memoryBytes) {
    throw new UserError(`compiling ${id} needs ${gigabytes(memoryBytes)} of memory, and ${gigabytes(available)} are free`, {
      hint: "close other programs, or choose a smaller model: `rerank models list`",
    });
  }
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(bytes < 1e10 ? 2 : 0)} GB`;
}
