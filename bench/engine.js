// This engine against what people run today, on weights of the 0.6B's exact shape. docs/performance.md says what each figure means.
//
//   npm run build && npm run -s bench:engine -- [--json] [--quick] [--only ours,torch,llama,naive] [--precisions int8,fp32,int4]
//     [--install-peers] [--rounds 3] [--threads N] [--outliers 3] [--embedder FOLDER --reranker FOLDER] [--work-folder FOLDER]
//
// The weights are random unless folders are named. Sides take turns, each in a process of its own; the median of the rounds counts.
// A side that cannot run has `null` for its figures, and a reason.
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { inferenceThreads } from "../dist/engine/processor-cores.js";
import { agreement, medianFigures } from "./engine/figures.js";
import { describeMachine } from "./engine/machine.js";
import { installPeers } from "./engine/peers/install-peers.js";
import { engineSide, llamaSide, naiveSide, torchSide } from "./engine/sides.js";
import { formatTable } from "./engine/table.js";
import { openWorkFolder } from "./engine/work-folder.js";
import { createWorkload } from "./engine/workload.js";
import { openRandomCheckpoint } from "./engine/write-random-checkpoint.js";

const { values: options } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    only: { type: "string", default: "ours,torch,llama,naive" },
    precisions: { type: "string", default: "int8,fp32,int4" },
    "install-peers": { type: "boolean", default: false },
    rounds: { type: "string" },
    threads: { type: "string" },
    outliers: { type: "string", default: "0" },
    embedder: { type: "string" },
    reranker: { type: "string" },
    "work-folder": { type: "string" },
  },
});

/** stdout is for the result. @param {string} line */
const tell = (line) => process.stderr.write(`${line}\n`);

const workFolder = openWorkFolder(options["work-folder"]);
if (options["install-peers"]) installPeers(workFolder);
// 0 where only ONNX Runtime knows: the others need a number.
const threads = Number(options.threads ?? inferenceThreads()) || 4;
const checkpoints = findCheckpoints();
const workload = createWorkload(checkpoints.reranker, options.quick);
const workloadPath = join(workFolder, options.quick ? "workload-quick.json" : "workload.json");
writeFileSync(workloadPath, JSON.stringify(workload));
const machine = describeMachine(threads);
const bench = { workFolder, checkpoints, workloadPath, threads, onNotice: tell };

const results = await runAll(chosenSides(), Number(options.rounds ?? (options.quick ? 1 : 3)));
const summary = summarize(results);
process.stdout.write(options.json ? `${JSON.stringify(summary, null, 1)}\n` : formatTable(summary));

function findCheckpoints() {
  if (options.embedder !== undefined && options.reranker !== undefined) {
    return { embedder: resolve(options.embedder), reranker: resolve(options.reranker) };
  }
  tell("random weights in the 0.6B's shape");
  // Both roles read the same weights: compiled for each role, they are two models as large as the real ones.
  const folder = openRandomCheckpoint(workFolder, { outliers: Number(options.outliers) });
  return { embedder: folder, reranker: folder };
}

function chosenSides() {
  const precisions = /** @type {import("./engine/compiled-models.js").Precision[]} */ (options.precisions.split(","));
  const wanted = options.only.split(",");
  return [
    ...precisions.map((precision) => engineSide(bench, precision)),
    torchSide(bench, "bfloat16"),
    torchSide(bench, "float32"),
    llamaSide(bench),
    naiveSide(bench),
  ].map((side) => ({ ...side, reason: wanted.includes(side.name) ? undefined : "left out by --only" }));
}

/**
 * @typedef {import("./engine/sides.js").Side & { reason: string | undefined }} ChosenSide
 * @param {readonly ChosenSide[]} sides
 * @param {number} rounds
 * @returns {Promise<{ label: string, reason: string | undefined, figures: any }[]>}
 */
async function runAll(sides, rounds) {
  const runs = sides.map(({ label, reason }) => ({ label, reason, results: /** @type {any[]} */ ([]) }));
  for (const [position, side] of sides.entries()) {
    const run = runs[position];
    if (run !== undefined) run.reason ??= await attempt(side, side.prepare);
  }
  for (let round = 1; round <= rounds; round++) {
    for (const [position, side] of sides.entries()) {
      const run = runs[position];
      if (run === undefined || run.reason !== undefined) continue;
      tell(`round ${round} of ${rounds}: ${side.label}`);
      run.reason = await attempt(side, async () => void run.results.push(await side.run()));
    }
  }
  return runs.map(({ label, reason, results }) => ({ label, reason, figures: reason === undefined ? medianFigures(results) : undefined }));
}

/** A peer that does not work here is a reason in the result; our own failure is an error, too. @param {ChosenSide} side @param {() => Promise<string | undefined>} work */
async function attempt({ name }, work) {
  try {
    return await work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    tell(reason);
    if (name === "ours") process.exitCode = 1;
    return reason.split("\n").at(-1);
  }
}

/** @param {readonly { label: string, reason: string | undefined, figures: any }[]} sides */
function summarize(sides) {
  const of = (/** @type {string} */ label) => sides.find((side) => side.label === label);
  const [int8, fp32, torch, torchFp32, llama, naive] = ["ours int8", "ours fp32", "PyTorch bfloat16", "PyTorch float32", "node-llama-cpp Q8_0", "usual ONNX export, fp32"].map((label) => of(label));
  const against = int8?.figures === undefined || fp32?.figures === undefined ? undefined : agreement(int8.figures, fp32.figures);
  const at200 = (/** @type {any} */ figures) => figures?.embedTokensPerSecond?.["200"] ?? null;
  /** @type {Record<string, { value: number | Record<string, number> | null | undefined, from: { reason: string | undefined } | undefined }>} */
  const figures = {
    pairMs: { value: int8?.figures?.pairMs, from: int8 },
    pairMsPrefix: { value: int8?.figures?.pairMsPrefix, from: int8 },
    pairMsPrefix130: { value: int8?.figures?.pairMsPrefix130, from: int8 },
    embedTokensPerSecond: { value: at200(int8?.figures), from: int8 },
    torchPairMs: { value: torch?.figures?.pairMs, from: torch },
    torchEmbedTokensPerSecond: { value: at200(torch?.figures), from: torch },
    torchFp32PairMs: { value: torchFp32?.figures?.pairMs, from: torchFp32 },
    torchFp32EmbedTokensPerSecond: { value: at200(torchFp32?.figures), from: torchFp32 },
    llamaPairMs: { value: llama?.figures?.pairMs, from: llama },
    naivePairMs: { value: naive?.figures?.pairMs, from: naive },
    peakMemoryMb: { value: int8?.figures?.peakMemoryMb, from: int8 },
    loadMs: { value: int8?.figures?.loadMs, from: int8 },
    cosineInt8: { value: against?.cosine, from: int8 },
    relevanceDifferenceInt8: { value: against?.relevanceDifference, from: int8 },
  };
  const missing = Object.entries(figures).filter(([, { value }]) => value === null || value === undefined);
  return {
    ...Object.fromEntries(Object.entries(figures).map(([name, { value }]) => [name, value ?? null])),
    /** Why a figure is null. */
    reason: Object.fromEntries(missing.map(([name, { from }]) => [name, from?.reason ?? "not measured: it needs a side that was left out, or longer than a figure may take"])),
    machine,
    workload: { pairTokens: workload.pairTokens, longPairTokens: workload.longPairTokens, pairs: workload.documents.length, weights: options.reranker ?? "random" },
    sides: sides.map(({ label, reason, figures: own }) => ({ label, ...(reason !== undefined && { reason }), ...withoutAnswers(own, fp32?.figures) })),
  };
}

/** Vectors and relevances fill pages; how far they are from fp32 fits into a line. @param {any} figures @param {any} exact */
function withoutAnswers(figures, exact) {
  if (figures === undefined) return {};
  const { vectors, reports, ...shown } = figures;
  return {
    ...shown,
    ...(vectors !== undefined && exact !== undefined && { againstFp32: agreement(figures, exact) }),
    ...(reports !== undefined && { compiled: Object.fromEntries(Object.entries(reports).map(([role, report]) => [role, { ...report, matrices: undefined }])) }),
  };
}
