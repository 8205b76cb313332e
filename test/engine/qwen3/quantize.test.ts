import { describe, expect, test } from "vitest";
import { INT4_BLOCK } from "../../../src/engine/qwen3/linear-nodes.ts";
import { type Int4Matrix, type Int8Matrix, quantizeInt4, quantizeInt8 } from "../../../src/engine/qwen3/quantize.ts";
import { formulaWeights } from "../../support/synthetic-weights.ts";

/** [outputs, inputs] again. */
function dequantizeInt8({ values, scales }: Int8Matrix, inputs: number, zero = 0): Float64Array {
  const outputs = scales.length;
  return Float64Array.from({ length: outputs * inputs }, (_, place) => {
    const output = Math.floor(place / inputs);
    return ((values[(place % inputs) * outputs + output] ?? Number.NaN) - zero) * (scales[output] ?? Number.NaN);
  });
}

/** [outputs, blocks * INT4_BLOCK]: the first weight of a byte is in its low half, 8 stands for zero. */
function dequantizeInt4({ values, scales }: Int4Matrix): Float64Array {
  return Float64Array.from({ length: values.length * 2 }, (_, place) => {
    const byte = values[Math.floor(place / 2)] ?? Number.NaN;
    const level = (place % 2 === 0 ? byte & 15 : byte >> 4) - 8;
    return level * (scales[Math.floor(place / INT4_BLOCK)] ?? Number.NaN);
  });
}

/** More outputs than one tile of the transposition, and no multiple of it. */
const [OUTPUTS, INPUTS] = [70, 48];
const weights = formulaWeights("model.layers.0.mlp.up_proj.weight", [OUTPUTS, INPUTS], false);

describe("quantizeInt8", () => {
  test("keeps weights that lie on the grid, transposed, with one scale for each output", () => {
    // Row 0 in steps of 1/128, row 1 in steps of 1/4: the largest of each is 127 steps.
    const rows = Float32Array.of(127 / 128, -1 / 128, 0, -127 / 128, 127 / 4, 5 / 4, -3 / 4, 1 / 4);
    const { values, scales } = quantizeInt8(rows, 2, 4, "int8");
    expect(Array.from(scales)).toEqual([1 / 128, 1 / 4]);
    expect(Array.from(values)).toEqual([127, 127, -1, 5, 0, -3, -127, 1]);
  });

  test("is off by half a step at most", () => {
    const matrix = quantizeInt8(weights, OUTPUTS, INPUTS, "int8");
    const restored = dequantizeInt8(matrix, INPUTS);
    for (const [place, weight] of weights.entries()) {
      const step = matrix.scales[Math.floor(place / INPUTS)] ?? 0;
      expect(Math.abs(weight - (restored[place] ?? Number.NaN))).toBeLessThanOrEqual(step * 0.50001);
    }
  });

  test("gives the same integers for both storages, 128 apart, and the same scales", () => {
    const signed = quantizeInt8(weights, OUTPUTS, INPUTS, "int8");
    const unsigned = quantizeInt8(weights, OUTPUTS, INPUTS, "uint8");
    expect([signed.values.constructor, unsigned.values.constructor]).toEqual([Int8Array, Uint8Array]);
    expect(unsigned.scales).toEqual(signed.scales);
    expect(Array.from(unsigned.values, (value) => value - 128)).toEqual(Array.from(signed.values));
  });

  test("never uses -128, whose counterpart is not there", () => {
    const { values } = quantizeInt8(Float32Array.of(-3, 2.999, -2.99, 1e-9), 1, 4, "int8");
    expect(Array.from(values)).toEqual([-127, 127, -127, 0]);
  });

  test("leaves an output of zeros zero, and tiny weights finite", () => {
    const tiny = 1e-42;
    for (const [storage, zero] of [["int8", 0], ["uint8", 128]] as const) {
      const { values, scales } = quantizeInt8(Float32Array.of(0, 0, -0, tiny, -tiny, 0), 2, 3, storage);
      expect(scales[0]).toBe(0);
      expect([values[0], values[2], values[4]]).toEqual([zero, zero, zero]);
      expect(Number.isFinite(scales[1])).toBe(true);
      expect([values[1], values[3], values[5]]).toEqual([zero + 127, zero - 127, zero]);
    }
  });
});

describe("quantizeInt4", () => {
  const ramp = Float32Array.from({ length: INT4_BLOCK }, (_, place) => (place % 16) - 8);

  test("keeps weights that lie on the grid, whichever end reaches further", () => {
    for (const step of [0.25, -0.25, 3]) {
      const block = ramp.map((level) => level * step);
      const matrix = quantizeInt4(block, 1, INT4_BLOCK);
      expect(Array.from(matrix.scales)).toEqual([step]);
      expect(Array.from(dequantizeInt4(matrix))).toEqual(Array.from(block));
    }
  });

  test("puts the first weight of a pair into the low half of its byte", () => {
    const block = new Float32Array(INT4_BLOCK);
    block.set([-8, 7, 1, -2]);
    const { values } = quantizeInt4(block, 1, INT4_BLOCK);
    expect(Array.from(values.subarray(0, 3))).toEqual([0xf0, 0x69, 0x88]);
  });

  test("gives every block its own scale, and fills the last one up with zeros", () => {
    const inputs = INT4_BLOCK + 8;
    const rows = new Float32Array(2 * inputs).fill(1);
    rows.fill(100, INT4_BLOCK, inputs);
    const matrix = quantizeInt4(rows, 2, inputs);
    expect(matrix.scales).toHaveLength(4);
    const restored = dequantizeInt4(matrix);
    expect(Array.from(restored.subarray(0, inputs))).toEqual(Array.from(rows.subarray(0, inputs)));
    expect(restored.subarray(inputs, 2 * INT4_BLOCK).every((value) => value === 0)).toBe(true);
    expect(Array.from(restored.subarray(2 * INT4_BLOCK, 2 * INT4_BLOCK + inputs))).toEqual(Array.from(rows.subarray(inputs)));
  });

  test("is off by no more than plain rounding to the largest weight, block by block", () => {
    const matrix = quantizeInt4(weights, OUTPUTS, INPUTS);
    const restored = dequantizeInt4(matrix);
    for (let output = 0; output < OUTPUTS; output++) {
      for (let start = 0; start < INPUTS; start += INT4_BLOCK) {
        const block = weights.subarray(output * INPUTS + start, output * INPUTS + Math.min(start + INT4_BLOCK, INPUTS));
        const extreme = block.reduce((largest, weight) => (Math.abs(weight) > Math.abs(largest) ? weight : largest), 0);
        const step = extreme / -8;
        let plain = 0;
        let found = 0;
        for (const [place, weight] of block.entries()) {
          plain += (weight - Math.max(-8, Math.min(7, Math.round(weight / step))) * step) ** 2;
          found += (weight - (restored[output * 2 * INT4_BLOCK + start + place] ?? Number.NaN)) ** 2;
        }
        expect(found).toBeLessThanOrEqual(plain * 1.0001);
      }
    }
  });

  test("leaves a block of zeros zero", () => {
    const { values, scales } = quantizeInt4(new Float32Array(INT4_BLOCK), 1, INT4_BLOCK);
    expect(Array.from(scales)).toEqual([0]);
    expect(values.every((byte) => byte === 0x88)).toBe(true);
  });
});
