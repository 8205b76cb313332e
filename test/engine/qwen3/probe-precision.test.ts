import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Qwen3Shape } from "../../../src/engine/qwen3/checkpoint.ts";
import { pairMemoryBytes, probePrecision, SMALLEST_SHAPE } from "../../../src/engine/qwen3/probe-precision.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const TINY: Qwen3Shape = { ...SMALLEST_SHAPE, layers: 4, hidden: 128, intermediate: 320, heads: 4, keyValueHeads: 2, headSize: 32 };

test.each(["fp32", "int8", "int4"] as const)("a few layers in %s run as a compiled model's do, each time within the time box", async (precision) => {
  const folder = tempFolder();
  const times = await probePrecision({ shape: TINY, precision, device: "cpu", tokens: 40, timeBoxMs: 20, threads: 1 }, folder);
  expect(times.length).toBeGreaterThan(0);
  for (const elapsedMs of times) expect(elapsedMs).toBeGreaterThan(0);
  expect(readdirSync(folder)).toContain("probe.onnx");
});

test("all layers read the weights of one: the file grows with a layer, not with the model", async () => {
  const folder = tempFolder();
  await probePrecision({ shape: TINY, precision: "fp32", device: "cpu", tokens: 8, timeBoxMs: 0 }, folder);
  const matrices = 128 * (2 * 128 + 2 * 64 + 3 * 320) * 4;
  const size = statSync(join(folder, "probe.bin")).size;
  expect(size).toBeGreaterThan(matrices);
  // Each tensor begins at a multiple of 64 kB.
  expect(size).toBeLessThan(matrices + 16 * 65_536 + 256 * 128 * 4);
});

test("both 0.6B models take what was measured with real ones", () => {
  const gigabytes = (["fp32", "int8", "int4"] as const).map((precision) => (pairMemoryBytes(SMALLEST_SHAPE, precision) / 1e9).toFixed(1));
  expect(gigabytes).toEqual(["4.3", "1.6", "1.3"]);
});
