import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openInGeneration, type IndexHome } from "../adapters/index-home.ts";
import { createModelLocator, type CompileOnce } from "../adapters/models/model-locator.ts";
import { openVectorIndex } from "../adapters/open-vector-index.ts";
import { openSqliteStore } from "../adapters/sqlite-store/open-sqlite-store.ts";
import { cacheFolder } from "../config/cache-folder.ts";
import { readEnvironment } from "../config/environment.ts";
import type { HubSettings, Settings } from "../config/settings-table.ts";
import { UserError } from "../domain/errors.ts";
import type { BorrowModels } from "../inference/child-process.ts";
import { compileInChild } from "../inference/compile-client.ts";
import { requireSameEmbedder } from "../pipeline/index-manifest.ts";
import type { SearchDependencies } from "../pipeline/search.ts";
import type { IndexManifest, PassageStore } from "../ports/passage-store.ts";
import { talkingCompiler, type CompileTalk } from "./compile-model.ts";
import { checkDevice, locateEmbedder, locateReranker, modelNames, startSettings, usualPrecision, type AnyLocator, type ModelSettings } from "./locate-models.ts";
import type { RemoteSettings } from "./remote-settings.ts";
import { createRemoteLocator } from "./remote-specs.ts";
import { startModels, type StartedModels } from "./start-models.ts";

/** The folder of package.json: models and corpora travel beside it. */
export const PACKAGE_ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const STORE_FILE = "index.sqlite";

export interface LocatorOptions {
  /** Decides in what precision Qwen3 models run, and where those of other machines are. */
  readonly settings: Pick<ModelSettings, "device" | "precision"> & Partial<RemoteSettings>;
  /** Where it is given, a Qwen3 model that is not compiled yet is compiled when it is located. */
  readonly talk?: CompileTalk;
}

export function openLocator(hub: HubSettings, cwd: string, { settings, talk }: LocatorOptions): AnyLocator {
  const env = readEnvironment();
  const local = createModelLocator({
    packageRoot: PACKAGE_ROOT,
    hubCacheFolder: hub.cacheFolder,
    cwd,
    compiledFolder: join(cacheFolder(env, homedir(), process.platform), "compiled"),
    usualPrecision: () => usualPrecision(settings),
    ...(talk && { compile: compilerFor(settings, talk), onNotice: talk.onNotice }),
  });
  // Few callers have part of the settings only; they know no other machines.
  return isComplete(settings) ? { ...local, remote: createRemoteLocator({ settings, env, ...talk }) } : local;
}

function isComplete(settings: Partial<RemoteSettings>): settings is RemoteSettings {
  return settings.remoteTimeout !== undefined;
}

function compilerFor(settings: LocatorOptions["settings"], talk: CompileTalk): CompileOnce {
  const compile = talkingCompiler(compileInChild, talk);
  return async (...task) => {
    await checkDevice(settings);
    await compile(...task);
  };
}

/** An index opened for searching, with its models loading in the inference child. */
export interface OpenedIndex extends SearchDependencies {
  readonly home: IndexHome;
  readonly manifest: IndexManifest;
  /** The process behind the models, or the servers. */
  readonly inference: StartedModels;
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
  readonly signal?: AbortSignal;
  /** Shows how far a model is that has to be compiled first. */
  readonly openProgress?: CompileTalk["openProgress"];
  /** Models that are loaded already, in a running server; left out, a process of one's own loads them. */
  readonly borrow?: BorrowModels;
}

/** Opens an index for searching. Models load in the child while the vector index opens here. */
export async function openIndexAt(home: IndexHome, options: OpenIndexOptions): Promise<OpenedIndex> {
  const { folder, store } = openForReading(home);
  let inference: StartedModels | undefined;
  try {
    const manifest = requireManifest(store, home);
    const { settings, hub, cwd } = options;
    const locator = openLocator(hub, cwd, { settings, talk: options });
    const names = await modelNames(locator, settings, manifest);
    // How long the vectors are is the index's to say.
    const embedder = await locateEmbedder(locator, names.embedder, { embedTokens: settings.embedTokens }, manifest);
    requireSameEmbedder(manifest, embedder);
    const reranker = options.rerank ? await locateReranker(locator, names.reranker, settings) : undefined;
    const running = startModels({
      embedder,
      ...(reranker && { reranker }),
      ...startSettings(settings),
      ...(options.borrow && { borrow: options.borrow }),
      onNotice: options.onNotice,
    });
    inference = running;
    const vectorIndex = openVectorIndex(store, {
      folder,
      dimensions: manifest.dimensions,
      fingerprint: manifest.embedderFingerprint,
      method: settings.recall,
      onNotice: options.onNotice,
    });
    // It is awaited after the query is embedded; until then a failure must not count as unhandled.
    vectorIndex.catch(() => {});
    return {
      home,
      manifest,
      inference: running,
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
