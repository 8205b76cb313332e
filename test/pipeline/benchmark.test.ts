import { expect, test } from "vitest";
import { createExactIndex } from "../../src/adapters/exact-index.ts";
import type { UpdatableVectorIndex } from "../../src/ports/vector-index.ts";
import { runBenchmark, type BenchmarkDependencies, type BenchmarkOptions, type BenchmarkProgress } from "../../src/pipeline/benchmark.ts";
import { sampleBenchmark } from "../support/benchmark-report.ts";
import { createFakeEmbedder, createFakeReranker, fakeSpec } from "../support/fake-models.ts";
import { createHnswIndex } from "../../src/adapters/hnsw-index.ts";
import { tempFolder } from "../support/temp-folder.ts";

const DOCUMENTS = ["descale the kettle with vinegar ".repeat(40), "the capital of china is beijing ".repeat(40)];

interface Started {
  readonly starts: number;
  readonly closes: number;
}

function fakes(maxTokens = 512, loaded: () => Promise<{ loadMs: number }> = async () => ({ loadMs: 12 })) {
  const started = { starts: 0, closes: 0 };
  const folder = tempFolder();
  const dependencies: BenchmarkDependencies = {
    startModels() {
      started.starts += 1;
      return {
        embedder: createFakeEmbedder({ spec: { ...fakeSpec("embedder"), maxTokens } }),
        reranker: createFakeReranker(() => 1, 0, { ...fakeSpec("reranker"), maxTokens }),
        loaded,
        memoryBytes: async () => 123,
        async close() {
          started.closes += 1;
        },
      };
    },
    createHnsw: (dimensions): UpdatableVectorIndex => createHnswIndex({ folder, dimensions, fingerprint: "test" }),
    createExact: createExactIndex,
    ownMemoryBytes: () => 456,
    probe: { models: "qwen3-0.6b", tokens: 256, memoryBytes: () => 1e9, time: async () => [1000] },
  };
  return { dependencies, started: started as Started };
}

function options(more: Partial<BenchmarkOptions> = {}): BenchmarkOptions {
  const { machine, models } = sampleBenchmark();
  return {
    machine,
    models,
    name: "mini",
    documents: DOCUMENTS,
    query: "how do I remove limescale?",
    candidateCount: 50,
    vectors: 150,
    queries: 3,
    ways: [{ precision: "int8", device: "cpu" }],
    probesEmbedder: false,
    timeBoxes: { rateMs: 5, hnswMs: 1000, probeMs: 1 },
    ...more,
  };
}

test("measures loading, both models at three lengths, HNSW, memory and precisions", async () => {
  const { dependencies, started } = fakes();
  const report = await runBenchmark(dependencies, options());
  expect(started).toEqual({ starts: 2, closes: 2 });
  expect(report.load.second).toMatchObject({ embedderMs: 12, rerankerMs: 12 });
  expect(report.embedding.map(({ textTokens }) => textTokens)).toEqual([64, 256, 512]);
  for (const { tokens, textTokens, runs, tokensPerSecond, ms } of report.embedding) {
    expect(Math.abs(tokens - textTokens)).toBeLessThan(textTokens * 0.05);
    expect(runs).toBeGreaterThan(0);
    expect(tokensPerSecond.median).toBeGreaterThan(0);
    expect(ms.low).toBeLessThanOrEqual(ms.high);
  }
  for (const { tokens, textTokens, ms, searchMs } of report.reranking) {
    // The reranker counts the query's words, too.
    expect(tokens).toBeGreaterThan(textTokens * 0.95);
    expect(searchMs).toBeGreaterThanOrEqual(50 * ms.median);
  }
  expect(report.hnsw).toMatchObject({ vectors: 150, queries: 3, dimensions: fakeSpec("embedder").dimensions });
  expect(report.memory).toEqual({ modelsBytes: 123, ownBytes: 456 });
  expect(report.recommendation).toMatchObject({ models: "qwen3-0.6b", precision: "int8", device: "cpu" });
  // 50 texts of a second each are estimated for Qwen3.
  expect(report.interactive).toMatchObject({ withinMs: 10_000, tokens: 256, models: [{ models: "mini", source: "measured", isInteractive: true }, { models: "qwen3-0.6b", source: "estimated", searchMs: 50_000, isInteractive: false }] });
});

test("a model that reads more is measured on longer texts", async () => {
  const { embedding, reranking } = await runBenchmark(fakes(2048).dependencies, options());
  expect(embedding.map(({ textTokens }) => textTokens)).toEqual([64, 256, 1024]);
  expect(reranking.map(({ textTokens }) => textTokens)).toEqual([64, 256, 1024]);
});

test("the embedder's own rate takes the place of an estimate where it is the model in question", async () => {
  const { models } = sampleBenchmark();
  const { precisions, embedding } = await runBenchmark(fakes().dependencies, options({ models, probesEmbedder: true }));
  expect(precisions).toEqual([expect.objectContaining({ source: "measured", tokensPerSecond: embedding[1]?.tokensPerSecond })]);
});

test("the share grows from 0 and each part is named", async () => {
  const seen: BenchmarkProgress[] = [];
  await runBenchmark(fakes().dependencies, options({ onProgress: (progress) => seen.push(progress) }));
  const shares = seen.map(({ share }) => share);
  expect(shares).toEqual(shares.toSorted((a, b) => a - b));
  expect(shares[0]).toBe(0);
  expect(shares.at(-1)).toBeLessThan(1);
  expect(seen.map(({ step }) => step)).toEqual([
    "loading the models",
    "embedding, 64 tokens",
    "embedding, 256 tokens",
    "embedding, 512 tokens",
    "reranking, 64 tokens",
    "reranking, 256 tokens",
    "reranking, 512 tokens",
    "HNSW",
    "qwen3-0.6b, int8 on cpu",
  ]);
});

test("models that cannot be loaded are an error, and their process is ended", async () => {
  const { dependencies, started } = fakes(512, async () => Promise.reject(new Error("damaged")));
  await expect(runBenchmark(dependencies, options())).rejects.toThrow("damaged");
  expect(started).toEqual({ starts: 1, closes: 1 });
});

test("an abort ends it while models load, and while texts are read, and their process with it", async () => {
  const reason = new Error("Ctrl-C");
  const loading = new AbortController();
  const never = fakes(512, async () => {
    loading.abort(reason);
    return new Promise(() => {});
  });
  await expect(runBenchmark(never.dependencies, options({ signal: loading.signal }))).rejects.toBe(reason);
  expect(never.started).toEqual({ starts: 1, closes: 1 });

  const reading = new AbortController();
  const { dependencies, started } = fakes();
  const onProgress = ({ step }: BenchmarkProgress): void => {
    if (step.startsWith("reranking")) reading.abort(reason);
  };
  await expect(runBenchmark(dependencies, options({ signal: reading.signal, onProgress }))).rejects.toBe(reason);
  expect(started).toEqual({ starts: 2, closes: 2 });
});
