import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openInGeneration, type IndexHome } from "../adapters/index-home.ts";
import { createModelLocator, type ModelLocator } from "../adapters/models/model-locator.ts";
import { openVectorIndex } from "../adapters/open-vector-index.ts";
import { openSqliteStore } from "../adapters/sqlite-store/open-sqlite-store.ts";
import type { HubSettings, Settings } from "../config/settings-table.ts";
import { UserError } from "../domain/errors.ts";
import { startInference, type Inference } from "../inference/inference-client.ts";
import { requireSameEmbedder } from "../pipeline/index-manifest.ts";
import type { SearchDependencies } from "../pipeline/search.ts";
import type { IndexManifest, PassageStore } from "../ports/passage-store.ts";

/** The folder of package.json: models and corpora travel beside it. */
export const PACKAGE_ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const STORE_FILE = "index.sqlite";

export type ModelSettings = Pick<Settings, "models" | "embedder" | "reranker" | "threads">;

export function openLocator(hub: HubSettings, cwd: string): ModelLocator {
  return createModelLocator({ packageRoot: PACKAGE_ROOT, hubCacheFolder: hub.cacheFolder, cwd });
}

/** The names of the two models: as the settings say, else as the index was built, else the bundled pair. */
export function modelNames(
  locator: ModelLocator,
  { models, embedder, reranker }: ModelSettings,
  manifest: IndexManifest | undefined,
): { readonly embedder: string; readonly reranker: string } {
  const overrides = { ...(embedder !== undefined && { embedder }), ...(reranker !== undefined && { reranker }) };
  if (models === undefined && manifest !== undefined) {
    return { embedder: manifest.embedderId, reranker: manifest.rerankerId, ...overrides };
  }
  return locator.resolvePair(models, overrides);
}

/** The number of threads for the inference child; 0 leaves it to the child, which counts physical cores. */
export function threadsOf({ threads }: Pick<Settings, "threads">): { readonly threads?: number } {
  return threads > 0 ? { threads } : {};
}

/** An index opened for searching, with its models loading in the inference child. */
export interface OpenedIndex extends SearchDependencies {
  readonly home: IndexHome;
  readonly manifest: IndexManifest;
  close(): Promise<void>;
}

export interface OpenIndexOptions {
  readonly settings: ModelSettings & Pick<Settings, "recall">;
  readonly hub: HubSettings;
  readonly cwd: string;
  /** Whether the second stage is wanted. */
  readonly rerank: boolean;
  /** One line each about what is not as asked for. */
  readonly onNotice: (line: string) => void;
}

/** Opens an index for searching. Models load in the child while the vector index opens here. */
export async function openIndexAt(home: IndexHome, options: OpenIndexOptions): Promise<OpenedIndex> {
  const { folder, store } = openForReading(home);
  let inference: Inference | undefined;
  try {
    const manifest = requireManifest(store, home);
    const locator = openLocator(options.hub, options.cwd);
    const names = modelNames(locator, options.settings, manifest);
    const embedder = await locator.locate(names.embedder, "embedder");
    requireSameEmbedder(manifest, embedder);
    const reranker = options.rerank ? await locator.locate(names.reranker, "reranker") : undefined;
    const running = startInference({
      embedder,
      ...(reranker && { reranker }),
      ...threadsOf(options.settings),
      onNotice: options.onNotice,
    });
    inference = running;
    const vectorIndex = openVectorIndex(store, {
      folder,
      dimensions: manifest.dimensions,
      fingerprint: manifest.embedderFingerprint,
      method: options.settings.recall,
      onNotice: options.onNotice,
    });
    // It is awaited after the query is embedded; until then a failure must not count as unhandled.
    vectorIndex.catch(() => {});
    return {
      home,
      manifest,
      store,
      vectorIndex,
      embedder: running.embedder,
      ...(reranker && { reranker: running.reranker }),
      async close() {
        await running.close();
        store.close();
      },
    };
  } catch (error) {
    await inference?.close();
    store.close();
    throw error;
  }
}

/** The current generation's store, and the folder that it lies in. */
export function openForReading(home: IndexHome): { readonly folder: string; readonly store: PassageStore } {
  return openInGeneration(home, (folder) => ({ folder, store: openSqliteStore(join(folder, STORE_FILE), { readOnly: true }) }));
}

export function requireManifest(store: PassageStore, home: IndexHome): IndexManifest {
  const manifest = store.readManifest();
  if (manifest !== undefined) return manifest;
  throw new UserError(`the index in ${home.indexFolder} is empty`, { hint: "fill it: rerank index <folder>" });
}
