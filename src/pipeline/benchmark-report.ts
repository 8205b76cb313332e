import type { Device } from "../domain/model-spec.ts";
import type { ProbedWay } from "../ports/precision-probe.ts";
import type { ModelStamp } from "./search-result.ts";

/** What was measured on. Bytes of memory as the process may use it: a container's share of the machine. */
export interface BenchmarkMachine {
  /** "Linux 6.1.0 x64". */
  readonly system: string;
  readonly processor: string;
  /** Hardware threads. */
  readonly logicalProcessors: number;
  /** Threads within one run of a model. */
  readonly threads: number;
  readonly nodeVersion: string;
  readonly totalBytes: number;
  /** Before anything was loaded. */
  readonly availableBytes: number;
  /** Of the last minute, before anything was measured; 0 on Windows, which keeps none. */
  readonly loadAverage: number;
  /** Other programs kept all processors busy: the figures are low. */
  readonly isBusy: boolean;
}

export interface BenchmarkedModel extends ModelStamp {
  readonly device: Exclude<Device, "auto">;
}

/** Times of many repeats: the median, and the quartiles around it. */
export interface Spread {
  readonly median: number;
  /** The first quartile. */
  readonly low: number;
  /** The third quartile. */
  readonly high: number;
}

export interface LoadTimes {
  /** Within the model process, one after the other. */
  readonly embedderMs: number;
  readonly rerankerMs: number;
  /** From forking the process until both models can answer. */
  readonly readyMs: number;
}

/** One model at one length of text. */
export interface RateAtLength {
  /** Tokens that the texts were cut to. */
  readonly textTokens: number;
  /**
   * Mean tokens of a run. Embedders: of the text, without the few that the model adds. Rerankers: all that went through the model for a
   * pair; what it had kept of the query is not among them.
   */
  readonly tokens: number;
  readonly runs: number;
  readonly tokensPerSecond: Spread;
  /** For one text or pair. */
  readonly ms: Spread;
}

export interface RerankingRate extends RateAtLength {
  /** What a search costs whose candidates are of this length: the query's vector and the judgments. */
  readonly searchMs: number;
}

export interface HnswFigures {
  /** Fewer than planned where time ran out. */
  readonly vectors: number;
  readonly dimensions: number;
  readonly queries: number;
  readonly buildVectorsPerSecond: number;
  /** For 100 neighbours. */
  readonly queryMs: Spread;
  readonly exactQueryMs: Spread;
  /** Mean share of the exact 10 (100) nearest that are among HNSW's, 0 to 1. */
  readonly recall10: number;
  readonly recall100: number;
}

/** Resident memory. */
export interface MemoryFigures {
  /** The process with both models, when they had read all texts. */
  readonly modelsBytes: number;
  /** This process, with the vector indexes that were measured. */
  readonly ownBytes: number;
}

/** One way to run the model that is recommended for; a way that does not work on this machine has a `failure`. */
export interface PrecisionFigures extends ProbedWay {
  /** "measured": with the model itself; "estimated": from some of its layers with random weights. */
  readonly source: "measured" | "estimated";
  readonly tokensPerSecond: Spread | null;
  /** For judging the candidates of a search, each as long as a text of the probe. */
  readonly searchMs: number | null;
  /** Both models and their process, from the shapes of their weights. */
  readonly memoryBytes: number;
  /** Whether that much memory was free. */
  readonly fits: boolean;
  readonly failure: string | null;
}

/** How the models whose precisions were tried run best; whether they are worth their time, `InteractiveFigures` say. */
export interface Recommendation {
  /** As `--models`, `--precision` and `--device` take them; `null` where only the bundled pair remains. */
  readonly models: string;
  readonly precision: ProbedWay["precision"] | null;
  readonly device: ProbedWay["device"] | null;
  /** One line. */
  readonly reason: string;
}

/** What a search costs with one choice of models. */
export interface InteractiveModels {
  /** As `--models` takes them. */
  readonly models: string;
  readonly precision: string;
  readonly device: Exclude<Device, "auto">;
  readonly source: "measured" | "estimated";
  readonly searchMs: number;
  /** Within the time of `InteractiveFigures`. */
  readonly isInteractive: boolean;
}

/** Which models are fast enough for somebody who waits. */
export interface InteractiveFigures {
  /** What a search may take. */
  readonly withinMs: number;
  /** Of each candidate. */
  readonly tokens: number;
  /** Those that were measured first; then those that are recommended for, where they are others. */
  readonly models: readonly InteractiveModels[];
}

export interface BenchmarkReport {
  readonly machine: BenchmarkMachine;
  readonly models: { readonly embedder: BenchmarkedModel; readonly reranker: BenchmarkedModel };
  /** The first start may have read the files from the disk; the second found them in memory. */
  readonly load: { readonly first: LoadTimes; readonly second: LoadTimes };
  /** Shortest texts first. */
  readonly embedding: readonly RateAtLength[];
  readonly reranking: readonly RerankingRate[];
  /** Of the searches whose cost is told. */
  readonly candidateCount: number;
  readonly hnsw: HnswFigures;
  readonly memory: MemoryFigures;
  /** The model whose precisions were tried, and the tokens of each text that it read. */
  readonly probed: { readonly models: string; readonly tokens: number };
  readonly precisions: readonly PrecisionFigures[];
  readonly recommendation: Recommendation;
  readonly interactive: InteractiveFigures;
  readonly elapsedMs: number;
}
