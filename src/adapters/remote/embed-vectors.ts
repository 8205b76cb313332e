import { BadAnswer, type RawVector } from "./embed-dialect.ts";

const BYTES_PER_NUMBER = 4;
const LENGTH_HINT = "the server runs another model than before, or does not know --dimensions: name the same model again, or rebuild the index";
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * A vector of unit length, whatever length the provider gives its own.
 *
 * @param dimensions `undefined` where they are not known yet.
 * @throws BadAnswer for anything but a list, plain or packed, of that many finite numbers that are not all zero.
 */
export function readVector(raw: RawVector, position: number, dimensions: number | undefined): Float32Array {
  const values = typeof raw === "string" ? unpackVector(raw, position) : listOf(raw, position);
  if (values.length === 0) throw new BadAnswer(`vector ${position} is empty`);
  if (dimensions !== undefined && values.length !== dimensions) throw new BadAnswer(`vector ${position} has ${values.length} numbers, not ${dimensions}`, LENGTH_HINT);
  return toUnitLength(values, position);
}

/** 32-bit floats in base64, little-endian on every machine. */
function unpackVector(packed: string, position: number): Float64Array {
  const bytes = Buffer.from(packed, "base64");
  // Buffer.from skips what is no base64: half a vector would look like a short one.
  if (!BASE64.test(packed) || packed.length % 4 === 1 || bytes.length % BYTES_PER_NUMBER !== 0) throw new BadAnswer(`vector ${position} is no base64 of 32-bit floats`);
  return Float64Array.from({ length: bytes.length / BYTES_PER_NUMBER }, (_, at) => bytes.readFloatLE(at * BYTES_PER_NUMBER));
}

function listOf(raw: unknown, position: number): Float64Array {
  if (!Array.isArray(raw)) throw new BadAnswer(`vector ${position} is no list of numbers`);
  return Float64Array.from(raw, (value: unknown) => {
    if (typeof value !== "number") throw new BadAnswer(`vector ${position} has a value that is no number`);
    return value;
  });
}

function toUnitLength(values: Float64Array, position: number): Float32Array {
  let squares = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) throw new BadAnswer(`vector ${position} has a value that is not finite`);
    squares += value * value;
  }
  const length = Math.sqrt(squares);
  if (length === 0) throw new BadAnswer(`vector ${position} is all zeros, which has no direction`);
  // Squares beyond 1e308, or below 1e-308: no model answers this.
  if (!Number.isFinite(length)) throw new BadAnswer(`vector ${position} is too long to be measured`);
  return Float32Array.from(values, (value) => value / length);
}
