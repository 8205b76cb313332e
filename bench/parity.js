// The engine against Hugging Face Transformers itself, on random checkpoints that nobody has seen before.
//
//   npm run build && node bench/parity.js [--seed N] [--only NAME] [--install-peers] [--work-folder FOLDER]
//
// Token ids must be equal, vectors and relevances in fp32 within 1e-4 for texts of 1 to 2,000 tokens; what int8 makes of them is
// reported. Exit code 1 when the bound is broken. The seed of a run gives the same run again.
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openEmbedder, openReranker } from "../dist/engine/open-model.js";
import { inferenceThreads } from "../dist/engine/processor-cores.js";
import { embeddingPrompt, rerankPrompt } from "../dist/engine/qwen3/prompt.js";
import { openQwen3Tokenizer } from "../dist/engine/qwen3/qwen3-tokenizer.js";
import { openCompiled } from "./engine/compiled-models.js";
import { cosine } from "./engine/figures.js";
import { installPeers, missingPeer, peerPaths } from "./engine/peers/install-peers.js";
import { parityTexts } from "./engine/parity-texts.js";
import { openWorkFolder } from "./engine/work-folder.js";
import { writeRandomCheckpoint } from "./engine/write-random-checkpoint.js";

const BOUND = 1e-4;
const VOCABULARY = 151_669;
const BOTH = /** @type {const} */ (["embedder", "reranker"]);

/** @typedef {import("./engine/compiled-models.js").ModelRole} ModelRole */

/** @type {{ name: string, roles: readonly ModelRole[], checkpoint: Omit<import("./engine/write-random-checkpoint.js").RandomCheckpoint, "seed"> }[]} */
const MODELS = [
  { name: "tied", roles: BOTH, checkpoint: { shape: shape(3, 64, 160, 4, 2, 32, true) } },
  { name: "untied, 3 shards", roles: BOTH, checkpoint: { shape: shape(2, 96, 128, 6, 2, 16, false), shards: 3 } },
  { name: "bare names, every head its own keys", roles: BOTH, checkpoint: { shape: shape(2, 128, 96, 4, 4, 32, true), bareNames: true } },
  { name: "untied, bare names, 2 shards, one head of keys", roles: BOTH, checkpoint: { shape: shape(2, 128, 224, 8, 1, 64, false), bareNames: true, shards: 2 } },
  { name: "0.6B's heads", roles: BOTH, checkpoint: { shape: shape(2, 256, 384, 16, 8, 128, true) } },
  { name: "outliers", roles: BOTH, checkpoint: { shape: shape(4, 128, 256, 4, 2, 32, true), outliers: 2 } },
  { name: "4B embedder's vocabulary", roles: ["embedder"], checkpoint: { shape: { ...shape(2, 64, 96, 4, 2, 64, true), vocabulary: 151_665 } } },
];

const { values: options } = parseArgs({
  options: { seed: { type: "string" }, only: { type: "string" }, "install-peers": { type: "boolean", default: false }, "work-folder": { type: "string" } },
});
const workFolder = openWorkFolder(options["work-folder"]);
if (options["install-peers"]) installPeers(workFolder);
const missing = missingPeer(workFolder, "python");
if (missing !== undefined) {
  process.stderr.write(`Transformers is ${missing}\n`);
  process.exitCode = 2;
} else {
  await main();
}

async function main() {
  const seed = Number(options.seed ?? randomInt(1_000_000_000));
  print(`seed ${seed}`);
  const folder = mkdtempSync(join(workFolder, "parity-"));
  try {
    const models = MODELS.filter(({ name }) => name === (options.only ?? name)).map(({ name, roles, checkpoint }, position) => {
      const modelFolder = join(folder, String(position));
      writeRandomCheckpoint(modelFolder, { ...checkpoint, seed: seed + position, strong: true });
      return { name, roles, folder: modelFolder };
    });
    const { texts, pairs } = parityTexts(seed);
    const references = await askTransformers({ threads: inferenceThreads() || 4, models, texts, pairs });
    print(`${texts.length} texts of ${lengths(references[0].embeddings)} tokens, ${pairs.length} pairs of ${lengths(references[0].pairs)} tokens\n`);
    print("| checkpoint | ids | fp32: vectors | relevances | int8: cosine | relevances | |\n| --- | --- | --- | --- | --- | --- | --- |");
    for (const [position, model] of models.entries()) await compare(model, references[position], texts, pairs, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @typedef {{ embeddings: { ids: number[], vector: number[] }[], pairs: { ids: number[], relevance: number }[] }} Reference
 * @param {{ name: string, roles: readonly ModelRole[], folder: string }} model
 * @param {Reference} reference
 * @param {ReturnType<typeof parityTexts>["texts"]} texts
 * @param {ReturnType<typeof parityTexts>["pairs"]} pairs
 * @param {string} scratch
 */
async function compare({ name, roles, folder }, reference, texts, pairs, scratch) {
  const wrongIds = await differingIds(folder, roles, reference, texts, pairs);
  /** @param {import("./engine/compiled-models.js").Precision} precision */
  const answersIn = async (precision) => {
    const answers = { precisions: /** @type {string[]} */ ([]), vectors: /** @type {Float32Array[]} */ ([]), relevances: /** @type {number[]} */ ([]) };
    for (const role of roles) {
      const { spec } = await openCompiled({ workFolder: scratch, checkpointFolder: folder, role, precision, threads: inferenceThreads(), onNotice: () => {} });
      answers.precisions.push(spec.precision);
      if (role === "embedder") {
        const embedder = await openEmbedder(spec);
        for (const { text, use } of texts) answers.vectors.push((await embedder.embed(text, { use, textNumber: 1 })).vector);
      } else {
        const reranker = await openReranker(spec);
        for (const { query, document } of pairs) answers.relevances.push((await reranker.judge({ query, text: document, textNumber: 1 })).relevance);
      }
    }
    return answers;
  };
  const fp32 = await answersIn("fp32");
  const int8 = await answersIn("int8");
  const exactVectors = reference.embeddings.map(({ vector }) => vector);
  const exactRelevances = reference.pairs.map(({ relevance }) => relevance);
  const vectorDifference = largest(fp32.vectors.map((vector, position) => largestDifference(vector, exactVectors[position] ?? [])));
  const relevanceDifference = largestDifference(fp32.relevances, exactRelevances);
  // A NaN is on neither side of the bound.
  const holds = wrongIds === 0 && vectorDifference <= BOUND && relevanceDifference <= BOUND;
  if (!holds) process.exitCode = 1;
  const int8Cosine = Math.min(...int8.vectors.map((vector, position) => cosine(vector, exactVectors[position] ?? [])));
  // The compiler found no int8 within its bound: random layers of full strength ask for too much.
  const inFp32 = roles.filter((_, position) => int8.precisions[position] !== "int8");
  const fallback = inFp32.length === 0 ? "" : `${inFp32.join(" and ")} in fp32 for int8`;
  const hasPairs = reference.pairs.length > 0;
  const cells = [
    name,
    wrongIds === 0 ? "equal" : `${wrongIds} DIFFER`,
    vectorDifference.toExponential(1),
    hasPairs ? relevanceDifference.toExponential(1) : "-",
    int8Cosine.toFixed(5),
    hasPairs ? largestDifference(int8.relevances, exactRelevances).toFixed(4) : "-",
    [holds ? "" : "BROKEN", fallback].filter((note) => note !== "").join(", "),
  ];
  print(`| ${cells.join(" | ")} |`);
}

/**
 * @param {string} folder
 * @param {readonly ModelRole[]} roles
 * @param {Reference} reference
 * @param {ReturnType<typeof parityTexts>["texts"]} texts
 * @param {ReturnType<typeof parityTexts>["pairs"]} pairs
 */
async function differingIds(folder, roles, reference, texts, pairs) {
  const tokenizer = await openQwen3Tokenizer(folder);
  const maxTokens = 4096;
  const found = [
    ...(roles.includes("embedder") ? texts.map(({ text, use }) => embeddingPrompt(tokenizer, text, { use, maxTokens }).ids) : []),
    ...(roles.includes("reranker") ? pairs.map(({ query, document }) => rerankPrompt(tokenizer, { query, document, separator: "\n", maxTokens }).ids) : []),
  ];
  const expected = [...reference.embeddings, ...reference.pairs].map(({ ids }) => ids.join(" "));
  return expected.filter((ids, position) => ids !== found[position]?.join(" ")).length;
}

/** @param {unknown} request @returns {Promise<Reference[]>} */
function askTransformers(request) {
  const child = spawn(peerPaths(workFolder).python, [fileURLToPath(new URL("parity_reference.py", import.meta.url))], { stdio: ["pipe", "pipe", "inherit"] });
  /** @type {Buffer[]} */
  const chunks = [];
  child.stdout.on("data", (chunk) => chunks.push(chunk));
  child.stdin.end(JSON.stringify(request));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(JSON.parse(Buffer.concat(chunks).toString("utf8"))) : reject(new Error(`the reference ended with ${code}`))));
  });
}

/** @param {ArrayLike<number>} found @param {ArrayLike<number>} exact */
function largestDifference(found, exact) {
  return found.length === exact.length ? largest(Array.from(found, (value, position) => Math.abs(value - (exact[position] ?? Number.NaN)))) : Number.NaN;
}

/** @param {readonly number[]} values */
function largest(values) {
  return Math.max(0, ...values);
}

/** @param {readonly { ids: number[] }[]} answers */
function lengths(answers) {
  const counts = answers.map(({ ids }) => ids.length);
  if (counts.length === 0) return "no";
  return `${Math.min(...counts)} to ${Math.max(...counts)}`;
}

/** @param {number} layers @param {number} hidden @param {number} intermediate @param {number} heads @param {number} keyValueHeads @param {number} headSize @param {boolean} tiedHead */
function shape(layers, hidden, intermediate, heads, keyValueHeads, headSize, tiedHead) {
  return { layers, hidden, intermediate, heads, keyValueHeads, headSize, vocabulary: VOCABULARY, tiedHead };
}

/** @param {string} line */
function print(line) {
  process.stdout.write(`${line}\n`);
}
