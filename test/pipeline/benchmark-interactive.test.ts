import { describe, expect, test } from "vitest";
import { judgeInteractive, type InteractiveOptions } from "../../src/pipeline/benchmark-interactive.ts";
import { precisionFigures, sampleBenchmark } from "../support/benchmark-report.ts";

function judged(more: Partial<InteractiveOptions> = {}) {
  const { models, reranking, precisions, recommendation } = sampleBenchmark();
  return judgeInteractive({ models: "mini", reranker: models.reranker, reranking, precisions, recommendation, tokens: 256, ...more }).models;
}

describe("judgeInteractive", () => {
  test("tells the measured models from the recommended way of the others by their time for a search", () => {
    expect(judged().map(({ models, source, isInteractive }) => [models, source, isInteractive])).toEqual([
      ["mini", "measured", true],
      ["qwen3-0.6b", "estimated", false],
    ]);
    expect(judged({ precisions: [precisionFigures("int8", 1280)] })[1]).toMatchObject({ searchMs: 10_000, isInteractive: true });
  });

  test("asks the reranker's own time where the recommended way is that of the measured models", () => {
    expect(judged({ models: "qwen3-0.6b", precisions: [precisionFigures("int8", 180, { source: "measured" })] })).toMatchObject([{ models: "qwen3-0.6b", source: "measured" }]);
  });

  test("knows nothing of models that do not fit", () => {
    expect(judged({ recommendation: { models: "mini", precision: null, device: null, reason: "" } })).toMatchObject([{ models: "mini" }]);
  });
});
