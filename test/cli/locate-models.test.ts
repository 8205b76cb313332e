import { expect, test } from "vitest";
import { inferenceSettings, usualPrecision } from "../../src/cli/locate-models.ts";

test.each([
  ["cpu", "auto", "int8"],
  ["webgpu", "auto", "int4"],
  ["cuda", "auto", "int4"],
  ["auto", "fp32", "fp32"],
  ["webgpu", "int8", "int8"],
] as const)("on %s, precision %s means %s", async (device, precision, expected) => {
  expect(await usualPrecision({ device, precision })).toBe(expected);
});

test("where nobody says anything, the precision is the one of a device that is there", async () => {
  expect(["int8", "int4"]).toContain(await usualPrecision({ device: "auto", precision: "auto" }));
});

test("0 threads are for the inference process to count", () => {
  const settings = { device: "cpu", longDocuments: "windows" } as const;
  expect(inferenceSettings({ ...settings, threads: 0 })).toEqual(settings);
  expect(inferenceSettings({ ...settings, threads: 3 })).toEqual({ ...settings, threads: 3 });
});
