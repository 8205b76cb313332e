import { expect, test } from "vitest";
import { rotaryTables } from "../../../src/engine/qwen3/rotary-tables.ts";

const QWEN3 = { headSize: 128, ropeTheta: 1e6 };

test("position 0 is not rotated", () => {
  const { cosines, sines } = rotaryTables(QWEN3, 1);
  expect(cosines).toEqual(new Float32Array(64).fill(1));
  expect(sines).toEqual(new Float32Array(64));
});

test("pair i of position p is rotated by p / theta^(2i / head size)", () => {
  const { cosines, sines } = rotaryTables(QWEN3, 1001);
  expect(cosines).toHaveLength(1001 * 64);
  const at = (position: number, pair: number) => [cosines[position * 64 + pair], sines[position * 64 + pair]];
  // The angles are 1, 1000, 1000 / 1e6^(1/2) = 1 and 1000 / 1e6^(63/64).
  for (const [position, pair, angle] of [[1, 0, 1], [1000, 0, 1000], [1000, 32, 1], [1000, 63, 1000 / 1e6 ** (63 / 64)]] as const) {
    const [cos = 0, sin = 0] = at(position, pair);
    expect(cos).toBeCloseTo(Math.cos(angle), 6);
    expect(sin).toBeCloseTo(Math.sin(angle), 6);
  }
});

test("angles at high positions are rounded to single precision, as Transformers computes them", () => {
  // numpy: np.float32(32767) * (1 / np.float32(1e6) ** np.float32(2 / 128)) is 26405.03125; in double precision it would be 26405.03097.
  const { cosines } = rotaryTables(QWEN3, 32_768);
  expect(cosines[32_767 * 64 + 1]).toBe(Math.fround(Math.cos(26_405.031_25)));
});

test("a table for more positions begins like a shorter one", () => {
  const short = rotaryTables({ headSize: 16, ropeTheta: 10_000 }, 5);
  const long = rotaryTables({ headSize: 16, ropeTheta: 10_000 }, 9);
  expect(long.cosines.subarray(0, short.cosines.length)).toEqual(short.cosines);
  expect(long.sines.subarray(0, short.sines.length)).toEqual(short.sines);
});
