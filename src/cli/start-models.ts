import type { ModelSpec } from "../domain/model-spec.ts";
import { startInference, type Inference, type InferenceOptions } from "../inference/inference-client.ts";

export interface StartModelsOptions extends Omit<InferenceOptions, "embedder" | "reranker"> {
  readonly embedder?: ModelSpec;
  readonly reranker?: ModelSpec;
}

/** Models of this machine in a process of their own, those of other machines behind their APIs: the same ports for both. */
export function startModels({ embedder, reranker, ...options }: StartModelsOptions): Inference {
  if (embedder?.family === "remote" || reranker?.family === "remote") throw new Error("not built yet");
  return startInference({ ...(embedder && { embedder }), ...(reranker && { reranker }), ...options });
}
