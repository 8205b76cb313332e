import type { BenchmarkReport, PrecisionFigures, Spread } from "../../src/pipeline/benchmark-report.ts";

export const spread = (median: number): Spread => ({ median, low: median * 0.9, high: median * 1.1 });

export function precisionFigures(precision: PrecisionFigures["precision"], tokensPerSecond: number | null, more: Partial<PrecisionFigures> = {}): PrecisionFigures {
  const memoryBytes = { fp32: 4.2e9, int8: 1.6e9, int4: 1.3e9 }[precision];
  return {
    precision,
    device: "cpu",
    source: "estimated",
    tokensPerSecond: tokensPerSecond === null ? null : spread(tokensPerSecond),
    searchMs: tokensPerSecond === null ? null : (50 * 256 * 1000) / tokensPerSecond,
    memoryBytes,
    fits: true,
    failure: tokensPerSecond === null ? "its process died (signal SIGILL)" : null,
    ...more,
  };
}

/** What an idle machine of two cores might say. */
export function sampleBenchmark(more: Partial<BenchmarkReport> = {}): BenchmarkReport {
  const model = { id: "mini", revision: "2c1f0e9a", precision: "int8", fingerprint: "a1b2c3d4", device: "cpu" } as const;
  const rates = [64, 256, 512].map((textTokens) => ({ textTokens, tokens: textTokens, runs: 40, tokensPerSecond: spread(3000), ms: spread(textTokens / 3) }));
  return {
    machine: {
      system: "Linux 6.1.0 x64",
      processor: "AMD EPYC",
      logicalProcessors: 2,
      threads: 2,
      nodeVersion: "v20.20.2",
      totalBytes: 25e9,
      availableBytes: 20e9,
      loadAverage: 0.4,
      isBusy: false,
    },
    models: { embedder: model, reranker: model },
    load: { first: { embedderMs: 400, rerankerMs: 300, readyMs: 900 }, second: { embedderMs: 200, rerankerMs: 150, readyMs: 500 } },
    embedding: rates,
    reranking: rates.map((rate) => ({ ...rate, searchMs: 10 + 50 * rate.ms.median })),
    candidateCount: 50,
    hnsw: { vectors: 10_000, dimensions: 384, queries: 200, buildVectorsPerSecond: 1475, queryMs: spread(1.25), exactQueryMs: spread(7.5), recall10: 0.9995, recall100: 0.998 },
    memory: { modelsBytes: 236e6, ownBytes: 120e6 },
    probed: { models: "qwen3-0.6b", tokens: 256 },
    precisions: [precisionFigures("fp32", 160), precisionFigures("int8", 180), precisionFigures("int4", 90)],
    recommendation: { models: "qwen3-0.6b", precision: "int8", device: "cpu", reason: "int8 on cpu (about 180 tokens/s, 1.6 GB)" },
    interactive: {
      withinMs: 10_000,
      tokens: 256,
      models: [
        { models: "mini", precision: "int8", device: "cpu", source: "measured", searchMs: 4276.7, isInteractive: true },
        { models: "qwen3-0.6b", precision: "int8", device: "cpu", source: "estimated", searchMs: 71_111, isInteractive: false },
      ],
    },
    elapsedMs: 48_000,
    ...more,
  };
}
