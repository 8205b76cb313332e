import type { ModelLocator } from "../../adapters/models/model-locator.ts";
import { startInference } from "../../inference/inference-client.ts";
import type { ModelSource } from "../../server/service/model-source.ts";
import { inferenceSettings, locateEmbedder, locateReranker, type ModelSettings } from "../locate-models.ts";
import { readyModels } from "../ready-models.ts";

/**
 * The models of this machine, for a server.
 *
 * @param locator without a compiler: a request never waits for minutes, and never fills the disk.
 */
export function createModelSource(locator: ModelLocator, settings: ModelSettings): ModelSource {
  return {
    locate: (name, role) => (role === "embedder" ? locateEmbedder(locator, name, settings) : locateReranker(locator, name, settings)),
    ready: (role) => readyModels(locator, role),
    start: (spec, { onNotice, onDeath }) => startInference({ [spec.role]: spec, ...inferenceSettings(settings), onNotice, onDeath }),
  };
}
