// Real vectors for benches: BEIR folders through the bundled embedder, cached in the system's temporary folder.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const DIMENSIONS = 384;
const MAX_TOKENS = 512;
const MODEL_FOLDER = fileURLToPath(new URL("../models/mini", import.meta.url));

/** @typedef {{ passages: Float32Array[], queries: Float32Array[] }} EmbeddedCorpus */

/**
 * The unit vectors of all passages and queries of BEIR folders (corpus.jsonl, queries.jsonl).
 * @param {readonly string[]} folders
 * @returns {Promise<EmbeddedCorpus>}
 */
export async function embedCorpora(folders) {
  const passages = [];
  const queries = [];
  for (const folder of folders) {
    passages.push(...(await embedFile(folder, "corpus.jsonl", "passage: ")));
    queries.push(...(await embedFile(folder, "queries.jsonl", "query: ")));
  }
  return { passages, queries };
}

/** @type {((text: string) => Promise<Float32Array>) | undefined} */
let embedText;

/**
 * @param {string} folder
 * @param {string} file
 * @param {string} prefix
 * @returns {Promise<Float32Array[]>}
 */
async function embedFile(folder, file, prefix) {
  const texts = readFileSync(join(folder, file), "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line))
    .map(({ title, text }) => prefix + (title ? `${title}\n${text}` : text));
  const digest = createHash("sha256").update(texts.join("\0")).digest("hex").slice(0, 16);
  const cachePath = join(tmpdir(), `rerank-bench-${basename(folder)}-${digest}.f32`);
  if (!existsSync(cachePath)) {
    embedText ??= await openEmbedder();
    const packed = new Float32Array(texts.length * DIMENSIONS);
    for (const [position, text] of texts.entries()) {
      packed.set(await embedText(text), position * DIMENSIONS);
      if (position % 100 === 0) process.stderr.write(`\r${folder} ${file}: ${position} of ${texts.length}  `);
    }
    process.stderr.write("\n");
    writeFileSync(cachePath, packed);
  }
  const bytes = readFileSync(cachePath);
  const packed = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  return texts.map((_, position) => packed.slice(position * DIMENSIONS, (position + 1) * DIMENSIONS));
}

async function openEmbedder() {
  const { InferenceSession, Tensor } = await import("onnxruntime-node");
  const { AutoTokenizer, env } = await import("@huggingface/transformers");
  env.allowRemoteModels = false;
  const tokenizer = await AutoTokenizer.from_pretrained(MODEL_FOLDER);
  const session = await InferenceSession.create(join(MODEL_FOLDER, "onnx", "embedder.onnx"));
  /** @param {string} text */
  return async (text) => {
    const { input_ids: encoded } = tokenizer(text, { truncation: true, max_length: MAX_TOKENS });
    const ids = BigInt64Array.from(encoded.data, BigInt);
    const shape = [1, ids.length];
    const output = await session.run({
      input_ids: new Tensor("int64", ids, shape),
      attention_mask: new Tensor("int64", new BigInt64Array(ids.length).fill(1n), shape),
    });
    return Float32Array.from(/** @type {Float32Array} */ (output["sentence_embedding"].data));
  };
}
