// How long the store takes for what an indexing run and a search ask of it.
//
//   npm run build && node bench/store.js [passages, 50000]
//
// Documents are synthetic: five passages of about 900 characters each, of 20,000 words with a natural (Zipf) frequency.
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteStore } from "../dist/adapters/sqlite-store/open-sqlite-store.js";
import { createRandom } from "../dist/domain/seeded-random.js";

const DIMENSIONS = 384;
const PASSAGES_PER_DOCUMENT = 5;
const WORDS_PER_PASSAGE = 150;
const BATCH_PASSAGES = 255;
const RUNS = 30;

const passageCount = Number(process.argv[2] ?? 50_000);
const documentCount = Math.ceil(passageCount / PASSAGES_PER_DOCUMENT);
const random = createRandom(3);
const folder = mkdtempSync(join(tmpdir(), "rerank-bench-store-"));
try {
  run(join(folder, "index.sqlite"));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** @param {string} file */
function run(file) {
  const store = openSqliteStore(file, { create: true });
  const batchTimes = [];
  for (let first = 0; first < documentCount; first += BATCH_PASSAGES / PASSAGES_PER_DOCUMENT) {
    const documents = Array.from(
      { length: Math.min(BATCH_PASSAGES / PASSAGES_PER_DOCUMENT, documentCount - first) },
      (_, offset) => makeDocument(first + offset),
    );
    const vectors = documents.flatMap(({ passages }) => passages.map(({ vectorKey }) => ({ vectorKey, vector: makeVector() })));
    const startedAt = performance.now();
    store.saveVectors(vectors);
    for (const { record, passages } of documents) store.saveDocument(record, passages);
    batchTimes.push(performance.now() - startedAt);
  }
  report(`save ${BATCH_PASSAGES} passages of ${BATCH_PASSAGES / PASSAGES_PER_DOCUMENT} documents, and their vectors`, batchTimes);
  store.close();
  print(`${passageCount} passages, ${documentCount} documents: ${(statSync(file).size / 1e6).toFixed(0)} MB`);

  measure("open for reading and close", () => openSqliteStore(file, { readOnly: true }).close());
  const reader = openSqliteStore(file, { readOnly: true });
  measure("passages of 50 vectors", () => reader.passagesOfVectors(Array.from({ length: 50 }, () => 1 + Math.floor(random() * passageCount))));
  measure("lexical search, 3 rare words", () => reader.lexicalSearch([word(5000), word(9000), word(12_000)], 50));
  measure("lexical search, 8 common words", () => reader.lexicalSearch(Array.from({ length: 8 }, (_, n) => word(n * 3)), 50));
  const paths = new Set(Array.from({ length: documentCount / 10 }, (_, n) => pathOf(n * 10)));
  measure("lexical search, 3 rare words, a tenth of the documents", () => reader.lexicalSearch([word(5000), word(9000), word(12_000)], 50, paths));
  measure("vector ids of a tenth of the documents", () => reader.vectorIdsOfDocuments([...paths]));
  measure("all document records", () => reader.documents());
  measure("vector ids", () => reader.vectorIds());
  measure("vector census", () => reader.vectorCensus());
  measure("counts", () => reader.counts());
  measure("known vector keys, 512", () => reader.knownVectorKeys(Array.from({ length: 512 }, (_, n) => keyOf(n))));
  reader.close();

  const writer = openSqliteStore(file);
  measure("prune vectors, nothing to prune", () => writer.pruneVectors());
  measure("touch all documents", () => writer.touchDocuments(writer.documents()), 3);
  measure("move a document", () => writer.moveDocument(pathOf(1), { ...makeDocument(1).record }));
  measure("check", () => writer.check(), 1);
  const gone = Array.from({ length: documentCount / 10 }, (_, n) => pathOf(n * 10));
  measure("remove a tenth of the documents", () => writer.removeDocuments(gone), 1);
  measure("prune a tenth of the vectors", () => writer.pruneVectors(), 1);
  writer.close();
}

/** @param {number} number */
function makeDocument(number) {
  const path = pathOf(number);
  return {
    record: { path, sizeBytes: 4500, mtimeMs: 1.7e12 + number, contentHash: keyOf(number), format: "text", title: path },
    passages: Array.from({ length: PASSAGES_PER_DOCUMENT }, (_, position) => ({
      vectorKey: keyOf(number * PASSAGES_PER_DOCUMENT + position),
      headings: ["Guide", `Section ${position}`],
      location: { startLine: position * 10 + 1, endLine: position * 10 + 9 },
      text: Array.from({ length: WORDS_PER_PASSAGE }, () => word(Math.floor(20_000 ** random()))).join(" "),
    })),
  };
}

/** @param {number} number */
function pathOf(number) {
  return `folder-${number % 100}/document-${number}.txt`;
}

/** @param {number} number */
function keyOf(number) {
  return number.toString(16).padStart(32, "0");
}

/** @param {number} rank */
function word(rank) {
  return `w${rank.toString(36)}`;
}

function makeVector() {
  const vector = Float32Array.from({ length: DIMENSIONS }, () => random() - 0.5);
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** @param {string} label @param {() => unknown} work @param {number} [runs] */
function measure(label, work, runs = RUNS) {
  const times = [];
  for (let runNumber = 0; runNumber < runs; runNumber++) {
    const startedAt = performance.now();
    work();
    times.push(performance.now() - startedAt);
  }
  report(label, times);
}

/** @param {string} label @param {number[]} times */
function report(label, times) {
  times.sort((a, b) => a - b);
  const at = (/** @type {number} */ share) => (times[Math.floor((times.length - 1) * share)] ?? 0).toFixed(2);
  print(times.length === 1 ? `${label}: ${at(0)} ms` : `${label}: best ${at(0)} ms, median ${at(0.5)} ms, 95 % ${at(0.95)} ms`);
}

/** @param {string} line */
function print(line) {
  process.stdout.write(`${line}\n`);
}
