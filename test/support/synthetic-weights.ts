/** How the values of a synthetic checkpoint are stored. */
export type WeightFormat = "BF16" | "F16" | "F32";

/** The float32 weights of one tensor, before they are rounded to what is stored. `name` begins with "model.", but for the head. */
export function formulaWeights(name: string, shape: readonly number[], outliers: boolean): Float32Array {
  const count = shape.reduce((product, length) => product * length, 1);
  const seed = fnv1a(name);
  const norm = name.endsWith("norm.weight");
  const table = name.includes("embed_tokens") || name.includes("lm_head");
  const scale = norm ? 0.3 : table ? 0.5 : Math.sqrt(3 / (shape[1] ?? 1));
  const shift = norm ? 1 : 0;
  const values = new Float32Array(count);
  const large = outliers && name.endsWith("layernorm.weight");
  for (let at = 0; at < count; at++) {
    // A 32-bit integer hash of name and position; Math.imul keeps the low 32 bits of each product.
    let hash = (Math.imul(at, 0x9e3779b9) + seed) | 0;
    hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
    hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
    hash = (hash ^ (hash >>> 16)) >>> 0;
    const weight = shift + scale * (hash / 2147483648 - 1);
    values[at] = large && (at === 3 || at === 17) ? weight * 40 : weight;
  }
  return values;
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

/** Rounds to the nearest BF16, ties to even. The values are finite. */
function roundToBf16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const rounded = new Uint16Array(values.length);
  for (let at = 0; at < rounded.length; at++) {
    const value = bits[at] ?? 0;
    rounded[at] = (value + 0x7fff + ((value >>> 16) & 1)) >>> 16;
  }
  return rounded;
}

/** The bytes of a tensor, little-endian. F32 holds the values that BF16 has; F16 rounds the formula itself. */
export function encodeWeights(values: Float32Array, format: WeightFormat): Uint8Array {
  if (format === "F16") return new Uint8Array(roundToHalf(values).buffer);
  const rounded = roundToBf16(values);
  if (format === "BF16") return new Uint8Array(rounded.buffer);
  const wide = new Uint32Array(rounded.length);
  for (let at = 0; at < wide.length; at++) wide[at] = (rounded[at] ?? 0) << 16;
  return new Uint8Array(wide.buffer);
}

/** Rounds to the nearest 16-bit IEEE float, ties to even; for magnitudes below 65,504. */
function roundToHalf(values: Float32Array): Uint16Array {
  const halves = new Uint16Array(values.length);
  for (let at = 0; at < halves.length; at++) {
    const value = values[at] ?? 0;
    const magnitude = Math.abs(value);
    const exponent = Math.max(-14, Math.floor(Math.log2(magnitude)));
    const steps = magnitude / 2 ** (exponent - 10);
    const floor = Math.floor(steps);
    const rest = steps - floor;
    const rounded = rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
    // Adding, not joining, lets a fraction that rounds up carry into the exponent.
    halves[at] = (value < 0 ? 0x8000 : 0) | (((exponent + 14) << 10) + rounded);
  }
  return halves;
}
