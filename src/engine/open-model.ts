import { UserError } from "../domain/errors.ts";
import type { ModelSpec } from "../domain/model-spec.ts";
import { openEncoderEmbedder } from "./encoder/encoder-embedder.ts";
import { openEncoderReranker } from "./encoder/encoder-reranker.ts";
import type { EngineOptions, LoadedEmbedder, LoadedReranker } from "./loaded-models.ts";

/** Loads an embedding model of any family into this process. Throws UserError when its files do not allow it. */
export async function openEmbedder(spec: ModelSpec, options: EngineOptions = {}): Promise<LoadedEmbedder> {
  if (spec.family === "encoder") return openEncoderEmbedder(spec, options);
  throw notServed(spec);
}

/** Loads a reranker of any family into this process. Throws UserError when its files do not allow it. */
export async function openReranker(spec: ModelSpec, options: EngineOptions = {}): Promise<LoadedReranker> {
  if (spec.family === "encoder") return openEncoderReranker(spec, options);
  throw notServed(spec);
}

function notServed({ id, family }: ModelSpec): UserError {
  return new UserError(`${id} is of the family ${family}, which this version does not run`, {
    hint: "choose another model with --models",
  });
}
