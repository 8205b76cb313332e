import { findIndexHome, type IndexHome } from "../../adapters/index-home.ts";
import type { HubSettings, Settings } from "../../config/settings-table.ts";
import type { ModelRole, ModelSpec } from "../../domain/model-spec.ts";
import { compileProgressOf } from "../compile-model.ts";
import { openForReading, openLocator } from "../compose.ts";
import type { CommandContext } from "../context.ts";
import { locateEmbedder, locateReranker, modelNames, usualModelNotice } from "../locate-models.ts";

export interface OwnModelsOptions {
  readonly settings: Settings;
  readonly hub: HubSettings;
  /** Whether somebody has named models: then nothing has to be said of them. */
  readonly isChosen: boolean;
  readonly onNotice: (line: string) => void;
}

/** The index's models, or those that the settings name: compiled first where they have to be. Rejects with UserError where one cannot be had. */
export async function ownModels(context: CommandContext, { settings, hub, isChosen, onNotice }: OwnModelsOptions): Promise<Record<ModelRole, ModelSpec>> {
  const home = findIndexHome(context.cwd, settings.index);
  const manifest = home && readManifest(home);
  const locator = openLocator(hub, context.cwd, { settings, talk: { onNotice, signal: context.signal, openProgress: compileProgressOf(context) } });
  const names = await modelNames(locator, settings, manifest);
  if (!isChosen && manifest === undefined) onNotice(usualModelNotice(names.reranker, "pair"));
  const embedder = await locateEmbedder(locator, names.embedder, { embedTokens: settings.embedTokens }, manifest);
  return { embedder, reranker: await locateReranker(locator, names.reranker, settings) };
}

function readManifest(home: IndexHome) {
  const { store } = openForReading(home);
  try {
    return store.readManifest();
  } finally {
    store.close();
  }
}
