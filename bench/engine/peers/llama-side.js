// node-llama-cpp's `rankAll` over a GGUF file: one JSON line on stdout.
//
//   node llama-side.js FOLDER_OF_NODE_LLAMA_CPP GGUF WORKLOAD_JSON THREADS
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { measurePerItem, peakMemoryMb } from "../measure.js";

const [folder = "", gguf = "", workloadPath = "", threads = "0"] = process.argv.slice(2);
const { getLlama } = await import(pathToFileURL(createRequire(join(folder, "package.json")).resolve("node-llama-cpp")).href);
const workload = JSON.parse(readFileSync(workloadPath, "utf8"));

const llama = await getLlama({ gpu: false, build: "never", skipDownload: true, logLevel: "error", maxThreads: Number(threads) });
const startedAt = performance.now();
const model = await llama.loadModel({ modelPath: gguf });
const context = await model.createRankingContext({ contextSize: 1024, threads: Number(threads) });
const loadMs = performance.now() - startedAt;

const relevances = await context.rankAll(workload.query, workload.documents.slice(0, 2));
const rank = (/** @type {string} */ document) => context.rankAll(workload.query, [document]);
const result = {
  pairMs: await measurePerItem(workload.documents, rank, workload.secondsPerFigure),
  longPairMs: await measurePerItem(workload.longDocuments, rank, workload.secondsPerFigure),
  relevances,
  loadMs: { reranker: loadMs },
  peakMemoryMb: peakMemoryMb(),
  version: `node-llama-cpp with llama.cpp ${llama.llamaCppRelease.release}`,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
await llama.dispose();
