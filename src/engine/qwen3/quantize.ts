import { INT4_BLOCK, type Int8Storage } from "./linear-nodes.ts";

/** A matrix in 8 bits, transposed: `values` [inputs, outputs], `scales` [outputs]. */
export interface Int8Matrix {
  readonly values: Int8Array | Uint8Array;
  readonly scales: Float32Array;
}

/** A matrix in 4 bits: `values` [outputs, blocks, INT4_BLOCK / 2], two weights a byte, the first in the low half; `scales` [outputs * blocks]. */
export interface Int4Matrix {
  readonly values: Uint8Array;
  readonly scales: Float32Array;
}

const INT8_LEVELS = 127;
const UINT8_ZERO = 128;
const INT4_ZERO = 8;
/** Outputs that are transposed together: their rows of weights stay in the first cache. */
const TILE = 16;

/** Rounds `weights` [outputs, inputs] to 8 bits with one symmetric scale for each output. */
export function quantizeInt8(weights: Float32Array, outputs: number, inputs: number, storage: Int8Storage): Int8Matrix {
  const values = storage === "uint8" ? new Uint8Array(outputs * inputs) : new Int8Array(outputs * inputs);
  const scales = new Float32Array(outputs);
  const inverses = new Float64Array(outputs);
  for (let output = 0; output < outputs; output++) {
    const start = output * inputs;
    let largest = 0;
    for (let place = start; place < start + inputs; place++) {
      const magnitude = Math.abs(weights[place] ?? 0);
      if (magnitude > largest) largest = magnitude;
    }
    scales[output] = largest / INT8_LEVELS;
    inverses[output] = largest === 0 ? 0 : INT8_LEVELS / largest;
  }
  // Cutting a positive number off is rounding down, and twice as fast as Math.round: half a step is added before.
  const raise = UINT8_ZERO + 0.5;
  const lower = storage === "uint8" ? 0 : UINT8_ZERO;
  for (let first = 0; first < outputs; first += TILE) {
    const end = Math.min(first + TILE, outputs);
    for (let input = 0; input < inputs; input++) {
      for (let output = first, place = first * inputs + input; output < end; output++, place += inputs) {
        values[input * outputs + output] = (((weights[place] ?? 0) * (inverses[output] ?? 0) + raise) | 0) - lower;
      }
    }
  }
  return { values, scales };
}

/** How much of a block's largest weight the grid reaches: the candidates among which each block takes the one with the least error. */
const INT4_REACHES = [1, 0.95, 0.9, 0.85, 0.8];

/** Rounds `weights` [outputs, inputs] to 4 bits, -8 to 7, with one scale for each block of INT4_BLOCK inputs. */
export function quantizeInt4(weights: Float32Array, outputs: number, inputs: number): Int4Matrix {
  const blocks = Math.ceil(inputs / INT4_BLOCK);
  const values = new Uint8Array((outputs * blocks * INT4_BLOCK) / 2);
  const scales = new Float32Array(outputs * blocks);
  const block = new Float32Array(INT4_BLOCK);
  for (let output = 0; output < outputs; output++) {
    for (let position = 0; position < blocks; position++) {
      const start = output * inputs + position * INT4_BLOCK;
      const length = Math.min(INT4_BLOCK, inputs - position * INT4_BLOCK);
      block.fill(0);
      block.set(weights.subarray(start, start + length));
      const scale = int4Scale(block);
      const place = output * blocks + position;
      scales[place] = scale;
      for (let pair = 0; pair < INT4_BLOCK / 2; pair++) {
        const low = int4Level(block[2 * pair] ?? 0, scale) + INT4_ZERO;
        const high = int4Level(block[2 * pair + 1] ?? 0, scale) + INT4_ZERO;
        values[(place * INT4_BLOCK) / 2 + pair] = low | (high << 4);
      }
    }
  }
  return { values, scales };
}

/** The weight of largest magnitude takes level -8, the one that has no counterpart; its sign is the scale's. */
function int4Scale(block: Float32Array): number {
  let extreme = 0;
  for (const weight of block) if (Math.abs(weight) > Math.abs(extreme)) extreme = weight;
  if (extreme === 0) return 0;
  let best = 0;
  let leastError = Number.POSITIVE_INFINITY;
  for (const reach of INT4_REACHES) {
    const scale = Math.fround((extreme * reach) / -INT4_ZERO);
    let error = 0;
    for (const weight of block) error += (int4Level(weight, scale) * scale - weight) ** 2;
    if (error < leastError) [best, leastError] = [scale, error];
  }
  return best;
}

function int4Level(weight: number, scale: number): number {
  return scale === 0 ? 0 : Math.max(-INT4_ZERO, Math.min(INT4_ZERO - 1, Math.round(weight / scale)));
}
