/** Number formats of weights that the engine reads, with their bytes per value. */
export const FLOAT_SIZES = { BF16: 2, F16: 2, F32: 4 } as const;
export type FloatFormat = keyof typeof FLOAT_SIZES;

/**
 * `count` float32 values out of bytes that `read` brings. 16-bit values are read into the upper half of the result's own
 * memory and widened from the front: at every step the place that is written lies at or below the one just read, so
 * that the largest tensors need no second buffer.
 */
export function readAsFloat32(format: FloatFormat, count: number, read: (into: Uint8Array) => void): Float32Array {
  const values = new Float32Array(count);
  if (format === "F32") {
    read(new Uint8Array(values.buffer));
    return values;
  }
  const narrow = new Uint16Array(values.buffer, 2 * count, count);
  read(new Uint8Array(values.buffer, 2 * count, 2 * count));
  const wide = new Uint32Array(values.buffer);
  if (format === "BF16") {
    for (let at = 0; at < count; at++) wide[at] = (narrow[at] ?? 0) << 16;
  } else {
    const table = halfTable();
    for (let at = 0; at < count; at++) wide[at] = table[narrow[at] ?? 0] ?? 0;
  }
  return values;
}

/** Position of the first value that is NaN or infinite, -1 when all are finite. */
export function findNonFinite(values: Float32Array): number {
  for (let position = 0; position < values.length; position++) {
    const value = values[position] ?? 0;
    // Infinity minus itself is NaN, too.
    if (value - value !== 0) return position;
  }
  return -1;
}

/** The same of values as they are stored, little-endian, at a multiple of four bytes. */
export function findNonFiniteStored(format: FloatFormat, bytes: Uint8Array): number {
  if (format === "F32") return findNonFinite(new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4));
  const exponent = format === "BF16" ? 0x7f80 : 0x7c00;
  return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2).findIndex((bits) => (bits & exponent) === exponent);
}

let halves: Uint32Array | undefined;

/** The float32 bits of every 16-bit IEEE float. */
function halfTable(): Uint32Array {
  if (halves !== undefined) return halves;
  halves = new Uint32Array(65_536);
  const value = new Float32Array(1);
  const bits = new Uint32Array(value.buffer);
  for (let half = 0; half < halves.length; half++) {
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    if (exponent === 31) bits[0] = 0x7f800000 | (fraction << 13);
    else value[0] = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
    halves[half] = (bits[0] ?? 0) | ((half & 0x8000) << 16);
  }
  return halves;
}
