import type { ModelRole } from "../domain/model-spec.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { PrecisionProbe, ProbedWay } from "../ports/precision-probe.ts";
import type { Reranker } from "../ports/reranker.ts";
import { measureHnsw, type HnswBenchmark } from "./benchmark-hnsw.ts";
import { judgeInteractive } from "./benchmark-interactive.ts";
import { measurePrecisions, recommend, type MeasuredWay } from "./benchmark-precisions.ts";
import { measureEmbedding, measureReranking, PASSAGE_TOKENS } from "./benchmark-rates.ts";
import type { BenchmarkedModel, BenchmarkMachine, BenchmarkReport, LoadTimes, RateAtLength } from "./benchmark-report.ts";
import { untilAborted } from "./until-aborted.ts";

/** Both models in a process of their own. */
export interface RunningModels {
  readonly embedder: Embedder;
  readonly reranker: Reranker;
  loaded(role: ModelRole): Promise<{ readonly loadMs: number }>;
  /** Resident memory of the process. */
  memoryBytes(): Promise<number>;
  close(): Promise<void>;
}

export interface BenchmarkDependencies extends Pick<HnswBenchmark, "createHnsw" | "createExact"> {
  /** Forks the process, which begins to load at once. */
  readonly startModels: () => RunningModels;
  readonly probe: PrecisionProbe;
  /** Resident memory of this process. */
  readonly ownMemoryBytes: () => number;
}

/** How long each part may take; a part that needs longer for a single run takes that long. */
export interface TimeBoxes {
  /** For one model at one length. */
  readonly rateMs: number;
  readonly hnswMs: number;
  /** For one precision on one device, beside its loading. */
  readonly probeMs: number;
}

/** On two slow cores about a minute altogether with the bundled pair. */
export const DEFAULT_TIME_BOXES: TimeBoxes = { rateMs: 3500, hnswMs: 12_000, probeMs: 1500 };

export interface BenchmarkOptions {
  readonly machine: BenchmarkMachine;
  readonly models: { readonly embedder: BenchmarkedModel; readonly reranker: BenchmarkedModel };
  /** Both, as `--models` takes them. */
  readonly name: string;
  /** Texts that are cut to lengths, in the languages that matter. At least one that is not empty. */
  readonly documents: readonly string[];
  readonly query: string;
  readonly candidateCount: number;
  /** Vectors and queries of the HNSW index. */
  readonly vectors: number;
  readonly queries: number;
  readonly ways: readonly ProbedWay[];
  /** The embedder is the model whose precisions are tried: its own rate goes before an estimate. */
  readonly probesEmbedder: boolean;
  readonly timeBoxes?: TimeBoxes;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: BenchmarkProgress) => void;
}

export interface BenchmarkProgress {
  /** What is measured now, in words: "embedding, 256 tokens". */
  readonly step: string;
  /** 0 to 1. */
  readonly share: number;
}

/** What loading both models twice takes, about, and a probe beside its runs: for the share of progress alone. */
const LOAD_MS = 3000;
const PROBE_START_MS = 1500;

/** Measures one part after the other, so that none slows another down. Rejects with `signal.reason` when aborted. */
export async function runBenchmark(dependencies: BenchmarkDependencies, options: BenchmarkOptions): Promise<BenchmarkReport> {
  const startedAt = performance.now();
  const { probe, startModels, ownMemoryBytes, createHnsw, createExact } = dependencies;
  const { machine, models, name, documents, query, candidateCount, vectors, queries, ways, probesEmbedder, timeBoxes = DEFAULT_TIME_BOXES, signal } = options;
  const { rateMs, hnswMs, probeMs } = timeBoxes;
  const begin = createSteps(LOAD_MS + 6 * rateMs + hnswMs + ways.length * (probeMs + PROBE_START_MS), options.onProgress);

  begin("loading the models", LOAD_MS);
  const first = await withModels(startModels, async (_running, load) => load, signal);
  const rates = await withModels(
    startModels,
    async (running, load) => {
      const shared = { documents, timeBoxMs: rateMs, signal };
      const embedding = await measureEmbedding(running.embedder, { ...shared, onLength: (tokens) => begin(`embedding, ${tokens} tokens`, rateMs) });
      const reranking = await measureReranking(running, { ...shared, query, candidateCount, onLength: (tokens) => begin(`reranking, ${tokens} tokens`, rateMs) });
      const modelsBytes = await untilAborted(running.memoryBytes(), signal);
      return { load, embedding, reranking, modelsBytes, dimensions: running.embedder.spec.dimensions };
    },
    signal,
  );

  begin("HNSW", hnswMs);
  const hnsw = await measureHnsw({ dimensions: rates.dimensions, vectors, queries, timeBoxMs: hnswMs, createHnsw, createExact, signal });
  const ownBytes = ownMemoryBytes();

  const precisions = await measurePrecisions({
    probe,
    ways,
    timeBoxMs: probeMs,
    candidateCount,
    availableBytes: machine.availableBytes,
    measured: probesEmbedder ? measuredWay(models.embedder, rates.embedding) : undefined,
    onWay: ({ precision, device }) => begin(`${probe.models}, ${precision} on ${device}`, probeMs + PROBE_START_MS),
    signal,
  });
  const recommendation = recommend(precisions, probe.models, machine.availableBytes);
  const { reranking } = rates;
  return {
    machine,
    models,
    load: { first, second: rates.load },
    embedding: rates.embedding,
    reranking,
    candidateCount,
    hnsw,
    memory: { modelsBytes: rates.modelsBytes, ownBytes },
    probed: { models: probe.models, tokens: probe.tokens },
    precisions,
    recommendation,
    interactive: judgeInteractive({ models: name, reranker: models.reranker, reranking, precisions, recommendation, tokens: probe.tokens }),
    elapsedMs: performance.now() - startedAt,
  };
}

/** Begins a step that takes about `plannedMs`, and tells how much of all is done before it. */
function createSteps(totalMs: number, onProgress: BenchmarkOptions["onProgress"] = () => {}): (step: string, plannedMs: number) => void {
  let doneMs = 0;
  return (step, plannedMs) => {
    onProgress({ step, share: doneMs / totalMs });
    doneMs += plannedMs;
  };
}

/** Starts both models, waits until they can answer, and ends their process whatever happens. */
async function withModels<T>(startModels: () => RunningModels, work: (running: RunningModels, load: LoadTimes) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  signal?.throwIfAborted();
  const startedAt = performance.now();
  const running = startModels();
  try {
    const [embedder, reranker] = await untilAborted(Promise.all([running.loaded("embedder"), running.loaded("reranker")]), signal);
    return await work(running, { embedderMs: embedder.loadMs, rerankerMs: reranker.loadMs, readyMs: performance.now() - startedAt });
  } finally {
    await running.close();
  }
}

/** The embedder's own rate at the length that precisions are tried at. */
function measuredWay({ precision, device }: BenchmarkedModel, embedding: readonly RateAtLength[]): MeasuredWay | undefined {
  const rate = embedding.find(({ textTokens }) => textTokens === PASSAGE_TOKENS);
  return rate && { precision: precision as MeasuredWay["precision"], device, tokensPerSecond: rate.tokensPerSecond };
}
