import { join } from "node:path";
import { expect, test } from "vitest";
import { checkCompileNeeds, compileNeeds } from "../../../src/adapters/models/compile-needs.ts";
import { writeFolder } from "../../support/model-folders.ts";
import { tempFolder } from "../../support/temp-folder.ts";

/** Qwen3-Embedding-0.6B: 1.19 GB, of which the embedding table is 311 MB. */
const WEIGHTS_BYTES = 1_191_553_024;
const CONFIG = { vocab_size: 151_669, hidden_size: 1024, intermediate_size: 3072, torch_dtype: "bfloat16" };

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
  const check = checkCompileNeeds("qwen3-8b", join(folder, "a", "b"), { diskBytes: 1e17, memoryBytes: 0 });
  await expect(check).rejects.toThrow(/compiling qwen3-8b needs 100000000 GB, and the disk of .* has [\d.]+ GB left/);
  await expect(checkCompileNeeds("x", folder, { diskBytes: 1, memoryBytes: 1 })).resolves.toBeUndefined();
});
