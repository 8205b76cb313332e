import { expect, test } from "vitest";
import { findNonFinite, findNonFiniteStored } from "../../../src/engine/qwen3/float-formats.ts";

test("findNonFinite names the first value that is NaN or infinite", () => {
  const values = new Float32Array(1000).fill(3.4e38);
  expect(findNonFinite(values)).toBe(-1);
  values[999] = Number.NaN;
  expect(findNonFinite(values)).toBe(999);
  values[7] = Number.NEGATIVE_INFINITY;
  expect(findNonFinite(values)).toBe(7);
  expect(findNonFinite(new Float32Array(0))).toBe(-1);
});

test("findNonFiniteStored finds them in the bytes of every format", () => {
  for (const [format, halves, expected] of [
    ["BF16", [0x3f80, 0x7f7f, 0xff7f, 0x0001], -1],
    ["BF16", [0x3f80, 0xff80], 1],
    ["BF16", [0, 0, 0x7fc0], 2],
    ["F16", [0x7bff, 0xfbff, 0x0001], -1],
    ["F16", [0x7c00], 0],
    ["F16", [0x3c00, 0xfe01], 1],
  ] as const) {
    expect(findNonFiniteStored(format, new Uint8Array(Uint16Array.from(halves).buffer)), `${format} ${halves.join()}`).toBe(expected);
  }
  const values = Float32Array.of(1, 3e38, -3e38, 1e-45, Number.NaN);
  expect(findNonFiniteStored("F32", new Uint8Array(values.buffer))).toBe(4);
  expect(findNonFiniteStored("F32", new Uint8Array(values.buffer, 0, 16))).toBe(-1);
});
