// Recall and speed of the two vector indexes, and where they cross.
//
//   npm run build && node bench/recall.js <beir-folder>... [--grid] [--sizes 1000,5000,10000,50000]
//
// Vectors and queries are real: BEIR folders through the bundled embedder. Sizes beyond them are filled with real vectors
// plus noise, and say so. --grid tries other parameters of HNSW on the largest real size.
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createExactIndex } from "../dist/adapters/exact-index.js";
import { createHnswIndex, openHnswIndex } from "../dist/adapters/hnsw-index.js";
import { findIntactGraph, readHnswStamp } from "../dist/adapters/hnsw-files.js";
import { openSqliteStore } from "../dist/adapters/sqlite-store/open-sqlite-store.js";
import { embedCorpora } from "./embedded-corpora.js";
import { createRandom } from "../dist/domain/seeded-random.js";

/** @typedef {{ vectorId: number, vector: Float32Array }} StoredVector */

const DIMENSIONS = 384;
const QUERY_COUNT = 300;
/** Length of the noise relative to the vector: the copy's cosine to its source is about 0.98. */
const NOISE = 0.2;
const NEAREST = 50;

const { positionals: folders, values: options } = parseArgs({
  allowPositionals: true,
  options: { grid: { type: "boolean", default: false }, sizes: { type: "string", default: "1000,5000,10000,50000" } },
});
if (folders.length === 0) {
  process.stderr.write("usage: node bench/recall.js <beir-folder>... [--grid] [--sizes 1000,5000]\n");
  process.exitCode = 2;
} else {
  await main();
}

async function main() {
  const random = createRandom(7);
  const corpus = await embedCorpora(folders);
  const real = shuffled(corpus.passages, random);
  const queries = shuffled(corpus.queries, random).slice(0, QUERY_COUNT);
  print(`${real.length} real vectors, ${queries.length} real queries, ${DIMENSIONS} dimensions, node ${process.version}`);
  if (options.grid) await tryParameters(real, queries);
  else for (const size of options.sizes.split(",").map(Number)) await measureSize(vectorsOf(real, size, random), queries, size > real.length);
}

/**
 * @param {readonly StoredVector[]} vectors
 * @param {readonly Float32Array[]} queries
 * @param {boolean} withNoise
 */
async function measureSize(vectors, queries, withNoise) {
  print(`\n== ${vectors.length} vectors${withNoise ? " (real ones and copies with noise)" : ""}`);
  const folder = mkdtempSync(join(tmpdir(), "rerank-bench-recall-"));
  try {
    const file = join(folder, "index.sqlite");
    const store = openSqliteStore(file, { create: true });
    await timed("store: save all, 256 a batch", () => {
      for (let start = 0; start < vectors.length; start += 256) {
        const batch = vectors.slice(start, start + 256);
        store.saveVectors(batch.map(({ vectorId, vector }) => ({ vectorKey: String(vectorId).padStart(32, "0"), vector })));
      }
    });
    store.close();
    const exact = await timed("exact: open from the store", () => {
      const readOnly = openSqliteStore(file, { readOnly: true });
      const index = createExactIndex(readOnly.vectors(), DIMENSIONS);
      readOnly.close();
      return index;
    });
    const hnswOptions = { folder, dimensions: DIMENSIONS, fingerprint: "bench" };
    const hnsw = createHnswIndex(hnswOptions);
    await timed("hnsw: build", () => hnsw.add(vectors));
    await timed("hnsw: save", () => hnsw.save());
    const stamp = readHnswStamp(folder);
    if (stamp === undefined) throw new Error("no stamp was written");
    await timed(`hnsw: checksum of ${(stamp.sizeBytes / 1e6).toFixed(1)} MB`, () => findIntactGraph(folder, stamp));
    const opened = await timed("hnsw: open (with checksum)", () => openHnswIndex(hnswOptions));
    if (opened === undefined) throw new Error("the saved index was not opened");

    const truth = await answers("exact: query", exact, queries);
    const found = await answers("hnsw: query", opened, queries);
    report(truth, found);
    for (const share of [0.002, 0.01, 0.05, 0.2, 0.5]) {
      const allow = new Set(vectors.filter(({ vectorId }) => (vectorId * 0.618034) % 1 < share).map(({ vectorId }) => vectorId));
      const filteredTruth = await answers(`exact: query, ${allow.size} allowed`, exact, queries, allow);
      const filtered = await answers(`hnsw: query, ${allow.size} allowed`, opened, queries, allow);
      report(filteredTruth, filtered);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {readonly Float32Array[]} real
 * @param {readonly Float32Array[]} queries
 */
async function tryParameters(real, queries) {
  const { HierarchicalNSW } = createRequire(import.meta.url)("hnswlib-node");
  const vectors = real.map((vector, position) => ({ vectorId: position + 1, vector }));
  const truth = await answers("exact: query", createExactIndex(vectors, DIMENSIONS), queries);
  for (const [connections, effort] of [[12, 100], [16, 100], [16, 200], [24, 200], [32, 200], [32, 400]]) {
    const hnsw = new HierarchicalNSW("ip", DIMENSIONS);
    hnsw.initIndex(vectors.length, connections, effort);
    await timed(`M ${connections}, efConstruction ${effort}: build`, () => {
      for (const { vectorId, vector } of vectors) hnsw.addPoint(Array.from(vector), vectorId);
    });
    for (const ef of [100, 150, 200, 300, 400]) {
      hnsw.setEf(ef);
      const startedAt = performance.now();
      const found = queries.map((query) => hnsw.searchKnn(Array.from(query), NEAREST).neighbors);
      const elapsedMs = (performance.now() - startedAt) / queries.length;
      print(`  ef ${ef}: recall@10 ${recallAt(10, truth, found)} recall@50 ${recallAt(50, truth, found)}, ${elapsedMs.toFixed(2)} ms a query`);
    }
  }
}

/**
 * @param {string} label
 * @param {import("../dist/ports/vector-index.js").VectorIndex} index
 * @param {readonly Float32Array[]} queries
 * @param {ReadonlySet<number>} [allow]
 */
async function answers(label, index, queries, allow) {
  const found = [];
  const times = [];
  for (const query of queries) {
    const startedAt = performance.now();
    const matches = await index.nearest(query, NEAREST, allow);
    times.push(performance.now() - startedAt);
    found.push(matches.map(({ vectorId }) => vectorId));
  }
  times.sort((a, b) => a - b);
  const at = (/** @type {number} */ share) => (times[Math.floor((times.length - 1) * share)] ?? 0).toFixed(2);
  print(`${label}: median ${at(0.5)} ms, 95 % ${at(0.95)} ms`);
  return found;
}

/** @param {readonly number[][]} truth @param {readonly number[][]} found */
function report(truth, found) {
  print(`  recall@10 ${recallAt(10, truth, found)}, recall@50 ${recallAt(50, truth, found)}`);
}

/** @param {number} count @param {readonly number[][]} truth @param {readonly number[][]} found */
function recallAt(count, truth, found) {
  let hits = 0;
  let wanted = 0;
  for (const [position, ids] of truth.entries()) {
    const best = new Set(ids.slice(0, count));
    wanted += best.size;
    hits += (found[position] ?? []).slice(0, count).filter((id) => best.has(id)).length;
  }
  return (hits / wanted).toFixed(4);
}

/**
 * @param {readonly Float32Array[]} real
 * @param {number} size
 * @param {() => number} random
 * @returns {StoredVector[]}
 */
function vectorsOf(real, size, random) {
  return Array.from({ length: size }, (_, position) => {
    const source = real[position % real.length] ?? new Float32Array(DIMENSIONS);
    return { vectorId: position + 1, vector: position < real.length ? source : noisy(source, random) };
  });
}

/** @param {Float32Array} vector @param {() => number} random */
function noisy(vector, random) {
  // Uniform noise of variance 1/3 a dimension, scaled to the length NOISE.
  const scale = NOISE / Math.sqrt(DIMENSIONS / 3);
  const moved = vector.map((value) => value + (random() * 2 - 1) * scale);
  const length = Math.hypot(...moved);
  return moved.map((value) => value / length);
}

/** @template T @param {string} label @param {() => T | Promise<T>} work @returns {Promise<T>} */
async function timed(label, work) {
  const startedAt = performance.now();
  const result = await work();
  print(`${label}: ${(performance.now() - startedAt).toFixed(0)} ms`);
  return result;
}

/** @template T @param {readonly T[]} items @param {() => number} random */
function shuffled(items, random) {
  const copy = [...items];
  for (let last = copy.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [copy[last], copy[other]] = [/** @type {T} */ (copy[other]), /** @type {T} */ (copy[last])];
  }
  return copy;
}

/** @param {string} line */
function print(line) {
  process.stdout.write(`${line}\n`);
}
