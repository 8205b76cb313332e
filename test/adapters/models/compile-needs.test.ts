import { join } from "node:path";
import { expect, test } from "vitest";
import { checkCompileNeeds, compileNeeds } from "../../../src/adapters/models/compile-needs.ts";
import { writeFolder } from "../../support/model-folders.ts";
import { tempFolder } from "../../support/temp-folder.ts";

/** Qwen3-Embedding-0.6B: 1.19 GB, of which the embedding table is 311 MB. */
const WEIGHTS_BYTES = 1_191_553_024;
const CONFIG = { vocab_size: 151_669, hidden_size: 1024, intermediate_size: 3072, num_attention_heads: 16, num_key_value_heads: 8, torch_dtype: "bfloat16" };

test.each([
  ["fp32", {}, WEIGHTS_BYTES, 2383],
  ["int8", {}, WEIGHTS_BYTES, 751],
  ["int4", {}, WEIGHTS_BYTES, 566],
  ["int8", { torch_dtype: "float32" }, 2 * WEIGHTS_BYTES, 751],
  ["int8", { dtype: "float32" }, 2 * WEIGHTS_BYTES, 751],
] as const)("%s of 0.6B with %j takes about what it will", (precision, config, weightsBytes, megabytes) => {
  const folder = writeFolder(tempFolder(), { "config.json": { ...CONFIG, ...config } });
  expect(Math.round(compileNeeds(folder, weightsBytes, precision).diskBytes / 1e6)).toBe(megabytes);
});

test("a disk without room is told before anything is written, where the folder is not there yet", async () => {
  const folder = tempFolder();
  const check = checkCompileNeeds("qwen3-8b", join(folder, "a", "b"), { diskBytes: 1e17, fallbackDiskBytes: 1e17, memoryBytes: 0 });
  await expect(check).rejects.toThrow(/compiling qwen3-8b needs 100000 TB, and the disk of .* has [\d.]+ [MGT]B left/);
  await expect(checkCompileNeeds("x", folder, { diskBytes: 1, fallbackDiskBytes: 1, memoryBytes: 1 })).resolves.toBeUndefined();
});

test("a disk with room for int8 alone is no error: fp32 may never be needed, and it is said what it would take", async () => {
  const line = await checkCompileNeeds("qwen3-0.6b:int8", tempFolder(), { diskBytes: 1, fallbackDiskBytes: 1e17, memoryBytes: 1 });
  expect(line).toMatch(/^the disk has [\d.]+ [MGT]B left: enough for qwen3-0\.6b:int8, and not for the 100000 TB that it takes where/);
});

test("memory that is certain not to suffice is told before anything is written", async () => {
  const check = checkCompileNeeds("qwen3-8b", tempFolder(), { diskBytes: 1, fallbackDiskBytes: 1, memoryBytes: 1e17 });
  await expect(check).rejects.toThrow(/compiling qwen3-8b needs 100000 TB of memory, and [\d.]+ [MG]B are free/);
});

test.each([
  // Peaks of the resident memory of the process, measured on one or two layers of each shape.
  ["0.6B", "int8", {}, 465],
  ["4B", "int8", { hidden_size: 2560, intermediate_size: 9728, num_attention_heads: 32 }, 1413],
  ["4B", "fp32", { hidden_size: 2560, intermediate_size: 9728, num_attention_heads: 32 }, 628],
  ["8B", "int8", { hidden_size: 4096, intermediate_size: 12_288, num_attention_heads: 32 }, 2488],
  ["a wide feed-forward", "int8", { hidden_size: 512, intermediate_size: 24_576 }, 1281],
  ["a wide feed-forward", "int4", { hidden_size: 512, intermediate_size: 24_576 }, 1251],
  ["a wide feed-forward", "fp32", { hidden_size: 512, intermediate_size: 24_576 }, 384],
] as const)("compiling %s to %s takes about the memory that was measured", (_name, precision, config, megabytes) => {
  const folder = writeFolder(tempFolder(), { "config.json": { ...CONFIG, ...config } });
  const estimate = compileNeeds(folder, WEIGHTS_BYTES, precision).memoryBytes / 1e6;
  expect(estimate / megabytes).toBeGreaterThan(0.95);
  expect(estimate / megabytes).toBeLessThan(1.1);
});

test("int8 may become fp32, the others stay what they are", () => {
  const folder = writeFolder(tempFolder(), { "config.json": CONFIG });
  const fallbacks = (["fp32", "int8", "int4"] as const).map((precision) => compileNeeds(folder, WEIGHTS_BYTES, precision).fallbackDiskBytes / 1e6);
  expect(fallbacks.map(Math.round)).toEqual([2383, 2383, 566]);
});
