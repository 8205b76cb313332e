import { expect, test } from "vitest";
import { findNonFinite } from "../../../src/engine/qwen3/float-formats.ts";

test("findNonFinite names the first value that is NaN or infinite", () => {
  const values = new Float32Array(1000).fill(3.4e38);
  expect(findNonFinite(values)).toBe(-1);
  values[999] = Number.NaN;
  expect(findNonFinite(values)).toBe(999);
  values[7] = Number.NEGATIVE_INFINITY;
  expect(findNonFinite(values)).toBe(7);
  expect(findNonFinite(new Float32Array(0))).toBe(-1);
});
