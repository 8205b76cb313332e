import { createHash } from "node:crypto";

const TABLE_SIZE = 65_536;
/** @type {Float64Array | undefined} */
let quantiles;

/**
 * Values of a normal distribution, as bfloat16. The same name and seed give the same values. Two table look-ups for each random
 * number of 32 bits make 600 million of them in seconds.
 *
 * @param {string} name of the tensor
 * @param {number} seed
 * @param {{ mean: number, deviation: number }} distribution
 * @returns {(target: Uint16Array) => void} fills an array with the next values
 */
export function normalValues(name, seed, { mean, deviation }) {
  quantiles ??= Float64Array.from({ length: TABLE_SIZE }, (_, position) => normalQuantile((position + 0.5) / TABLE_SIZE));
  const table = Uint16Array.from(quantiles, (quantile) => toBfloat16(mean + deviation * quantile));
  let state = createHash("sha256").update(`${seed} ${name}`).digest().readInt32LE();
  return (target) => {
    for (let position = 0; position < target.length; position += 2) {
      // Mulberry32, written out: a call for each number doubles the time.
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      mixed ^= mixed >>> 14;
      target[position] = table[mixed & 0xffff] ?? 0;
      target[position + 1] = table[mixed >>> 16] ?? 0;
    }
  };
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Rounds to nearest, ties to even. @param {number} value finite */
export function toBfloat16(value) {
  float[0] = value;
  const pattern = bits[0] ?? 0;
  return (pattern + 0x7fff + ((pattern >>> 16) & 1)) >>> 16;
}

/** @param {number} pattern */
export function fromBfloat16(pattern) {
  bits[0] = pattern << 16;
  return float[0] ?? 0;
}

/** The value below which a share of a standard normal distribution lies, by Newton's method on its integral. @param {number} share in (0, 1) */
function normalQuantile(share) {
  let value = 0;
  for (let round = 0; round < 60; round++) {
    const density = Math.exp((-value * value) / 2) / Math.sqrt(2 * Math.PI);
    const step = (normalIntegral(value) - share) / density;
    // Far out the density is nearly zero: an unbounded step would overshoot.
    value -= Math.max(-0.5, Math.min(0.5, step));
    if (Math.abs(step) < 1e-9) break;
  }
  return value;
}

/** Marsaglia's series; exact to 1e-13 within six deviations. @param {number} value */
function normalIntegral(value) {
  let sum = value;
  let term = value;
  for (let power = 3; Math.abs(term) > 1e-17; power += 2) {
    term *= (value * value) / power;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-value * value) / 2)) / Math.sqrt(2 * Math.PI);
}
