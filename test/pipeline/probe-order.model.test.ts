import { afterEach, expect, test } from "vitest";
import { startInference, type Inference } from "../../src/inference/inference-client.ts";
import { probeOrder } from "../../src/pipeline/probe-order.ts";
import { miniEmbedderSpec, miniRerankerSpec } from "../support/mini-specs.ts";

let inference: Inference | undefined;
afterEach(() => inference?.close());

test("both models of the bundled pair put the known answers first", async () => {
  inference = startInference({ embedder: miniEmbedderSpec, reranker: miniRerankerSpec });
  const { embedder, reranker } = await probeOrder(inference);
  expect(embedder?.answers.filter(({ margin }) => !(margin > 0))).toEqual([]);
  expect(reranker?.answers.filter(({ margin }) => !(margin > 0))).toEqual([]);
  expect(embedder?.isOrdered).toBe(true);
  expect(reranker?.isOrdered).toBe(true);
  expect(reranker?.leastMargin).toBeGreaterThan(1);
});
