import { closeSync, openSync, readSync, readdirSync } from "node:fs";
import { join } from "node:path";

/**
 * A checkpoint's tensors, read without the engine: what the peers get must not depend on what they are compared with.
 *
 * @typedef {{ name: string, shape: number[], readRows: (start: number, count: number) => Float32Array }} Tensor
 * @param {string} folder of safetensors in bfloat16, single or sharded
 * @returns {{ tensors: Map<string, Tensor>, close: () => void }} by the name without a leading "model."
 */
export function openSafetensors(folder) {
  /** @type {Map<string, Tensor>} */
  const tensors = new Map();
  /** @type {number[]} */
  const files = [];
  for (const fileName of readdirSync(folder).filter((name) => name.endsWith(".safetensors"))) {
    const file = openSync(join(folder, fileName), "r");
    files.push(file);
    const headerBytes = Number(readBytes(file, 0, 8).readBigUInt64LE());
    const header = JSON.parse(readBytes(file, 8, headerBytes).toString("utf8"));
    for (const [fullName, { dtype, shape, data_offsets: offsets }] of Object.entries(header)) {
      if (fullName === "__metadata__") continue;
      if (dtype !== "BF16") throw new Error(`${fileName}: ${fullName} is ${dtype}, and only BF16 is read`);
      const name = fullName.replace(/^model\./, "");
      const columns = shape.length === 1 ? 1 : shape[1];
      const readRows = (/** @type {number} */ start, /** @type {number} */ count) => {
        const bytes = readBytes(file, 8 + headerBytes + offsets[0] + 2 * start * columns, 2 * count * columns);
        return widened(new Uint16Array(bytes.buffer));
      };
      tensors.set(name, { name, shape, readRows });
    }
  }
  return { tensors, close: () => files.forEach((file) => closeSync(file)) };
}

/** A bfloat16 is the upper half of a float32. @param {Uint16Array} values */
function widened(values) {
  const patterns = new Uint32Array(values.length);
  for (let position = 0; position < values.length; position++) patterns[position] = (values[position] ?? 0) << 16;
  return new Float32Array(patterns.buffer);
}

/** @param {number} file @param {number} position @param {number} count */
function readBytes(file, position, count) {
  // Not from the pool of small buffers, whose parts need not lie on even addresses.
  const bytes = Buffer.from(new ArrayBuffer(count));
  for (let done = 0; done < count; ) {
    const read = readSync(file, bytes, done, count - done, position + done);
    if (read === 0) throw new Error("a safetensors file ends too early");
    done += read;
  }
  return bytes;
}
