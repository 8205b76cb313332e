import { closeSync, openSync, writeSync } from "node:fs";

// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
const VALUE_TYPES = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 };
const TENSOR_TYPES = { F32: 0, Q8_0: 8 };
const ALIGNMENT = 32;
const BLOCK = 32;
const BLOCK_BYTES = 2 + BLOCK;

/**
 * @typedef {{ type: "uint32" | "float32", value: number } | { type: "bool", value: boolean } | { type: "string", value: string }
 *   | { type: "strings", value: readonly string[] } | { type: "int32s", value: readonly number[] }} GgufValue
 * @typedef {object} GgufTensor
 * @property {string} name
 * @property {readonly number[]} shape rows first, as in safetensors
 * @property {"F32" | "Q8_0"} type
 * @property {() => Iterable<Float32Array>} values whole rows at a time
 */

/**
 * Writes a file in version 3 of the format, tensor by tensor.
 *
 * @param {string} path
 * @param {Readonly<Record<string, GgufValue>>} metadata
 * @param {readonly GgufTensor[]} tensors
 */
export function writeGguf(path, metadata, tensors) {
  const header = [Buffer.from("GGUF"), uint32(3), uint64(tensors.length), uint64(Object.keys(metadata).length)];
  for (const [key, value] of Object.entries(metadata)) header.push(string(key), metadataValue(value));
  let offset = 0;
  for (const { name, shape, type } of tensors) {
    // The fastest dimension comes first in this format.
    header.push(string(name), uint32(shape.length), ...shape.toReversed().map(uint64), uint32(TENSOR_TYPES[type]), uint64(offset));
    offset = aligned(offset + tensorBytes(shape, type));
  }
  const file = openSync(path, "w");
  let position = 0;
  const write = (/** @type {Uint8Array} */ bytes) => {
    for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
    position += bytes.length;
  };
  try {
    write(Buffer.concat(header));
    for (const { type, values } of tensors) {
      write(Buffer.alloc(aligned(position) - position));
      for (const rows of values()) write(type === "F32" ? new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength) : toQ8(rows));
    }
    write(Buffer.alloc(aligned(position) - position));
  } finally {
    closeSync(file);
  }
}

/** Blocks of 32 values: a scale in float16, then 32 signed bytes. @param {Float32Array} values */
function toQ8(values) {
  const bytes = new Uint8Array((values.length / BLOCK) * BLOCK_BYTES);
  const view = new DataView(bytes.buffer);
  for (let block = 0; block * BLOCK < values.length; block++) {
    const start = block * BLOCK;
    let largest = 0;
    for (let position = start; position < start + BLOCK; position++) {
      const size = Math.abs(values[position] ?? 0);
      if (size > largest) largest = size;
    }
    const scale = largest / 127;
    const inverse = scale === 0 ? 0 : 1 / scale;
    view.setUint16(block * BLOCK_BYTES, toFloat16(scale), true);
    for (let position = 0; position < BLOCK; position++) {
      bytes[block * BLOCK_BYTES + 2 + position] = Math.round((values[start + position] ?? 0) * inverse);
    }
  }
  return bytes;
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** For scales: not negative, far below 65504. @param {number} value */
function toFloat16(value) {
  // Below the smallest normal number of float16 the step is 2 ** -24.
  if (value < 2 ** -14) return Math.round(value * 2 ** 24);
  float[0] = value;
  return ((bits[0] ?? 0) - ((127 - 15) << 23) + 0x1000) >>> 13;
}

/** @param {readonly number[]} shape @param {"F32" | "Q8_0"} type */
function tensorBytes(shape, type) {
  const count = shape.reduce((product, dimension) => product * dimension, 1);
  return type === "F32" ? 4 * count : (count / BLOCK) * BLOCK_BYTES;
}

/** @param {number} offset */
const aligned = (offset) => Math.ceil(offset / ALIGNMENT) * ALIGNMENT;

/** @param {GgufValue} entry */
function metadataValue({ type, value }) {
  switch (type) {
    case "uint32":
      return Buffer.concat([uint32(VALUE_TYPES.uint32), uint32(value)]);
    case "float32":
      return Buffer.concat([uint32(VALUE_TYPES.float32), Buffer.from(new Float32Array([value]).buffer)]);
    case "bool":
      return Buffer.concat([uint32(VALUE_TYPES.bool), Buffer.from([value ? 1 : 0])]);
    case "string":
      return Buffer.concat([uint32(VALUE_TYPES.string), string(value)]);
    case "strings":
      return Buffer.concat([uint32(VALUE_TYPES.array), uint32(VALUE_TYPES.string), uint64(value.length), ...value.map(string)]);
    case "int32s":
      return Buffer.concat([uint32(VALUE_TYPES.array), uint32(VALUE_TYPES.int32), uint64(value.length), Buffer.from(Int32Array.from(value).buffer)]);
  }
}

/** @param {string} value */
function string(value) {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint64(bytes.length), bytes]);
}

/** @param {number} value */
function uint32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** @param {number} value */
function uint64(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
