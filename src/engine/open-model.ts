import type { LocalSpec } from "../domain/model-spec.ts";
import type { EngineOptions, LoadedEmbedder, LoadedReranker } from "./loaded-models.ts";

// A process loads the code of the families that it runs.

/** Loads an embedding model of any family into this process. Throws UserError when its files do not allow it. */
export async function openEmbedder(spec: LocalSpec, options: EngineOptions = {}): Promise<LoadedEmbedder> {
  if (spec.family === "qwen3") {
    const { openQwen3Embedder } = await import("./qwen3/open-qwen3-embedder.ts");
    return openQwen3Embedder(spec, options);
  }
  const { openEncoderEmbedder } = await import("./encoder/encoder-embedder.ts");
  return openEncoderEmbedder(spec, options);
}

/** Loads a reranker of any family into this process. Throws UserError when its files do not allow it. */
export async function openReranker(spec: LocalSpec, options: EngineOptions = {}): Promise<LoadedReranker> {
  if (spec.family === "qwen3") {
    const { openQwen3Reranker } = await import("./qwen3/open-qwen3-reranker.ts");
    return openQwen3Reranker(spec, options);
  }
  const { openEncoderReranker } = await import("./encoder/encoder-reranker.ts");
  return openEncoderReranker(spec, options);
}
