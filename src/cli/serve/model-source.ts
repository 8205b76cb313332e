import type { ModelLocator } from "../../adapters/models/model-locator.ts";
import type { BorrowModels } from "../../inference/child-process.ts";
import type { ModelSource } from "../../server/service/model-source.ts";
import { startSettings, locateEmbedder, locateReranker, type ModelSettings } from "../locate-models.ts";
import { readyModels } from "../ready-models.ts";
import { startModels } from "../start-models.ts";

/**
 * The models of this machine, for a server.
 *
 * @param locator without a compiler: a request never waits for minutes, and never fills the disk.
 * @param borrow asked first for models that another server has loaded.
 */
export function createModelSource(locator: ModelLocator, settings: ModelSettings, borrow?: BorrowModels): ModelSource {
  return {
    locate: (name, role) => (role === "embedder" ? locateEmbedder(locator, name, settings) : locateReranker(locator, name, settings)),
    ready: (role) => readyModels(locator, role),
    start: (spec, { onNotice, onDeath }) => startModels({ [spec.role]: spec, ...startSettings(settings), ...(borrow && { borrow }), onNotice, onDeath }),
  };
}
