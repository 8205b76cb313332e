import type { StartedModels } from "../../src/cli/start-models.ts";
import type { Embedder } from "../../src/ports/embedder.ts";
import type { Reranker } from "../../src/ports/reranker.ts";
import { createFakeEmbedder, createFakeReranker } from "./fake-models.ts";

export interface FakeInference extends StartedModels {
  readonly isClosed: boolean;
}

interface FakeInferenceOptions {
  readonly embedder?: Embedder;
  readonly reranker?: Reranker;
  /** What loading waits for, or fails with. */
  readonly load?: () => Promise<void>;
}

/** Models that have loaded without a process, on the CPU. */
export function createFakeInference({
  embedder = createFakeEmbedder(),
  reranker = createFakeReranker(() => 0),
  load = async () => {},
}: FakeInferenceOptions = {}): FakeInference {
  let isClosed = false;
  return {
    embedder,
    reranker,
    async loaded() {
      await load();
      return { loadMs: 1, device: "cpu" };
    },
    memoryBytes: async () => 0,
    costs: () => [],
    async close() {
      isClosed = true;
    },
    get isClosed() {
      return isClosed;
    },
  };
}
