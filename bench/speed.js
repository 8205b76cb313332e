// The figures of docs/performance.md that concern indexing and searching, with the bundled models, on this machine.
//
//   npm run build && node bench/speed.js [--small] [--only-large] [--json]
//
// Passages are sentences of corpora/demo in new combinations: real words, no two the same. `--small` divides the sizes by ten.
// The 50,000 have random vectors: what is measured on them depends on their number, not on their meaning.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createFileWalker } from "../dist/adapters/file-walker.js";
import { createHnswIndex } from "../dist/adapters/hnsw-index.js";
import { generationFolder, openIndexHome } from "../dist/adapters/index-home.js";
import { createModelLocator } from "../dist/adapters/models/model-locator.js";
import { readDocument } from "../dist/adapters/readers/all-readers.js";
import { openSqliteStore } from "../dist/adapters/sqlite-store/open-sqlite-store.js";
import { startInference } from "../dist/inference/inference-client.js";
import { openIndex } from "../dist/index.js";
import { buildIndex } from "../dist/pipeline/build-index.js";
import { manifestOf } from "../dist/pipeline/index-manifest.js";

const { values } = parseArgs({ options: { small: { type: "boolean", default: false }, "only-large": { type: "boolean", default: false }, json: { type: "boolean", default: false } } });
const scale = values.small ? 0.1 : 1;
const RERANK = fileURLToPath(new URL("../bin/rerank.js", import.meta.url));
const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const DEMO = fileURLToPath(new URL("../corpora/demo/docs", import.meta.url));
const results = [];

function report(name, value, unit, target) {
  results.push({ name, value: Math.round(value * 100) / 100, unit, target });
  if (!values.json) console.log(`${name.padEnd(58)} ${value.toFixed(value < 10 ? 2 : 0).padStart(8)} ${unit.padEnd(4)} ${target}`);
}

const sentences = readdirSync(DEMO, { recursive: true })
  .filter((name) => name.endsWith(".md"))
  .flatMap((name) => readFileSync(join(DEMO, name), "utf8").split(/(?<=[.!?。！？])\s*/))
  .map((sentence) => sentence.replace(/\s+/g, " ").trim())
  .filter((sentence) => sentence.length > 20 && sentence.length < 160);

/** Deterministic: the n-th passage is always the same. */
const passage = (n) => `${sentences[(n * 7919) % sentences.length]} (${n.toString(36)}) ${sentences[(n * 104_729 + 13) % sentences.length]}`;

const shortPassage = (n) => `${n.toString(36)} ${sentences[(n * 7919) % sentences.length].slice(0, 40)}`;

/** Files of `perFile` records, one passage each. */
function writeCorpus(folder, passageCount, perFile, textOf = passage) {
  mkdirSync(folder, { recursive: true });
  for (let file = 0; file * perFile < passageCount; file++) {
    const sections = Array.from({ length: perFile }, (_, i) => textOf(file * perFile + i));
    writeFileSync(join(folder, `${String(file).padStart(6, "0")}.jsonl`), sections.map((text) => JSON.stringify({ text })).join("\n"));
  }
}

/** Runs the command line; resolves to wall seconds and the peak of the resident memory of all its processes, in MB. */
function run(args, cwd) {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [RERANK, ...args], { cwd, stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (chunk) => (stderr += chunk));
  let peakMb = 0;
  const timer = setInterval(() => (peakMb = Math.max(peakMb, residentMb(child.pid))), 50);
  return new Promise((resolve, reject) => {
    child.on("close", (code) => {
      clearInterval(timer);
      if (code !== 0) reject(new Error(`rerank ${args.join(" ")} ended with ${code}: ${stderr}`));
      else resolve({ seconds: (performance.now() - startedAt) / 1000, peakMb });
    });
  });
}

function residentMb(pid) {
  try {
    const own = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    return own + (children === "" ? 0 : children.split(" ").reduce((sum, child) => sum + residentMb(child), 0));
  } catch {
    return 0; // Gone between two looks.
  }
}

/** An index as `rerank index docs` makes it, with random unit vectors in place of the model's: 50,000 embeddings take a quarter of an hour. */
async function fillWithRandomVectors(cwd) {
  const home = openIndexHome(cwd, undefined);
  const folder = generationFolder(home);
  const spec = await createModelLocator({ packageRoot: PACKAGE, hubCacheFolder: work, cwd }).locate("mini", "embedder");
  const { embedder } = startInference({ embedder: spec });
  const random = { spec, countTokens: (texts) => embedder.countTokens(texts), embedPassages: async (texts) => texts.map(() => ({ vector: unitVector(spec.dimensions), truncated: false })) };
  const store = openSqliteStore(join(folder, "index.sqlite"), { create: true });
  const roots = [{ path: "docs", include: [], exclude: [], hidden: false, follow: false, maxFileBytes: 20_000_000 }];
  const manifest = manifestOf({ known: undefined, embedder: spec, rerankerId: "mini", passageTokens: undefined, overlapTokens: undefined, roots });
  store.writeManifest(manifest);
  const vectorIndex = createHnswIndex({ folder, dimensions: spec.dimensions, fingerprint: spec.fingerprint });
  await buildIndex({ store, files: createFileWalker({ baseFolder: cwd }), readDocument, embedder: random, vectorIndex }, { roots, chunking: manifest.chunking });
  store.close();
}

function unitVector(dimensions) {
  const vector = Float32Array.from({ length: dimensions }, () => Math.random() - 0.5);
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
function medianMs(args, cwd, runs = 7) {
  return median(
    Array.from({ length: runs }, () => {
      const startedAt = performance.now();
      const { status, stderr } = spawnSync(process.execPath, [RERANK, ...args], { cwd, encoding: "utf8" });
      if (status !== 0) throw new Error(`rerank ${args.join(" ")} ended with ${status}: ${stderr}`);
      return performance.now() - startedAt;
    }),
  );
}

async function measureIndexing(tenThousand) {
  const many = join(work, "many-passages");
  writeCorpus(join(many, "docs"), tenThousand, 100);
  const indexed = await run(["index", "docs"], many);
  report(`index ${tenThousand} passages`, indexed.seconds, "s", "");
  report("  passages a second", tenThousand / indexed.seconds, "/s", "");
  report("  peak resident memory, all processes", indexed.peakMb, "MB", "< 1500");

  const files = join(work, "many-files");
  writeCorpus(join(files, "docs"), tenThousand, 1, shortPassage);
  await run(["index", "docs"], files);
  report(`index ${tenThousand} unchanged files again`, (await run(["index", "docs"], files)).seconds, "s", "< 3");
}

const work = mkdtempSync(join(tmpdir(), "rerank-speed-"));
try {
  report("rerank --version", medianMs(["--version"], work), "ms", "< 150");
  report("rerank --help", medianMs(["--help"], work), "ms", "< 150");

  if (!values["only-large"]) await measureIndexing(10_000 * scale);

  const fiftyThousand = 50_000 * scale;
  const large = join(work, "large");
  writeCorpus(join(large, "docs"), fiftyThousand, 1000, shortPassage);
  const filledAt = performance.now();
  await fillWithRandomVectors(large);
  report(`store and link ${fiftyThousand} passages (no model)`, (performance.now() - filledAt) / 1000, "s", "");
  writeFileSync(join(large, "docs", "new.md"), "# One more\n\nA single new file with a sentence about limescale.\n");
  report(`add one file to ${fiftyThousand} passages`, (await run(["index", "docs"], large)).seconds, "s", "< 5");

  report("cold search to coarse results (--no-rerank)", medianMs(["search", "how do I remove limescale", "--no-rerank", "--json"], large), "ms", "< 1200");
  report("cold search, reranked", medianMs(["search", "how do I remove limescale", "--json"], large, 5), "ms", "");

  for (const recall of ["hnsw", "exact"]) {
    const index = await openIndex(large, { recall });
    const overheads = [];
    for (const query of ["limescale in the kettle", "中国的首都", "what keeps the moon in its orbit", "undo a commit", "how long do eggs boil"]) {
      const startedAt = performance.now();
      const { timings } = await index.search(query);
      // What is neither the query's embedding nor the judging: recall, passages, ordering.
      overheads.push(performance.now() - startedAt - timings.embedMs - timings.rerankMs);
    }
    await index.close();
    report(`search overhead beyond the models, ${recall}`, median(overheads), "ms", "< 50");
  }
  if (values.json) console.log(JSON.stringify({ version: 1, node: process.version, results }, null, 2));
} finally {
  rmSync(work, { recursive: true, force: true });
}
