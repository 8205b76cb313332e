import { statSync } from "node:fs";
import { join } from "node:path";
import { findIndexHome, generationFolder, type IndexHome } from "../../adapters/index-home.ts";
import { openVectorIndex } from "../../adapters/open-vector-index.ts";
import { openSqliteStore } from "../../adapters/sqlite-store/open-sqlite-store.ts";
import type { HubSettings, Settings } from "../../config/settings-table.ts";
import { requireSameEmbedder } from "../../pipeline/index-manifest.ts";
import type { IndexView, IndexViews } from "../../server/search/index-view.ts";
import { ServiceError } from "../../server/service-error.ts";
import { openLocator, requireManifest, STORE_FILE } from "../compose.ts";
import { locateEmbedder, modelNames, type ModelSettings } from "../locate-models.ts";

export interface IndexViewsOptions {
  readonly settings: ModelSettings & Pick<Settings, "recall" | "index">;
  readonly hub: HubSettings;
  /** The index is looked for here and above, unless `settings.index` names it. */
  readonly cwd: string;
  readonly onNotice: (line: string) => void;
}

interface OpenView {
  readonly view: IndexView;
  readonly folder: string;
  /** Of the files as they were just before they were opened. */
  readonly mark: string;
  /** When files of this folder that have changed are worth another opening, by performance.now(). */
  readonly reopenAt: number;
  users: number;
  isCurrent: boolean;
}

/**
 * A run of `rerank index` changes the store every second, and reading all vectors of a large index takes seconds. A tenth of the
 * time goes into reading at most; until then searches miss the newest passages, and nothing else: ids are never used twice.
 */
const REST_FACTOR = 10;

/** The index of a folder, opened when it is first searched, and again when it has changed. */
export function openIndexViews(options: IndexViewsOptions): IndexViews {
  let current: OpenView | undefined;
  let opening: Promise<OpenView> | undefined;
  let isClosed = false;

  function retire(): void {
    if (current === undefined) return;
    current.isCurrent = false;
    closeUnused(current);
    current = undefined;
  }

  async function upToDate(): Promise<OpenView> {
    if (isClosed) throw stopping();
    const home = findIndexHome(options.cwd, options.settings.index);
    if (home === undefined) {
      retire();
      throw new ServiceError("not-found", "no index here; run rerank index");
    }
    if (current !== undefined && isFresh(current, home)) return current;
    // Whoever comes while it is opened shares what is opened.
    opening ??= openView(home, options)
      .then((opened) => {
        retire();
        current = opened;
        if (isClosed) retire();
        return opened;
      })
      .finally(() => (opening = undefined));
    return opening;
  }

  return {
    async use(work) {
      const open = await upToDate();
      // It was closed while it was opened.
      if (isClosed) throw stopping();
      open.users++;
      try {
        return await work(open.view);
      } finally {
        open.users--;
        closeUnused(open);
      }
    },
    close() {
      isClosed = true;
      retire();
    },
  };
}

function stopping(): ServiceError {
  return new ServiceError("unavailable", "the server is stopping", { retryAfterSeconds: 1 });
}

function closeUnused({ view, users, isCurrent }: OpenView): void {
  if (users === 0 && !isCurrent) view.store.close();
}

function isFresh({ folder, mark, reopenAt }: OpenView, home: IndexHome): boolean {
  if (generationFolder(home) !== folder) return false;
  return performance.now() < reopenAt || markOf(folder) === mark;
}

/**
 * What changes with every write into the store. Every transaction moves the log or, after a checkpoint, the file; both are written
 * before a run of `rerank index` says that it is done. SQLite's own counter would say nothing of a copy (see connection.ts).
 */
function markOf(folder: string): string {
  const marks = [STORE_FILE, `${STORE_FILE}-wal`, "vectors.hnsw.json"].map((name) => {
    const stats = statSync(join(folder, name), { bigint: true, throwIfNoEntry: false });
    // Opening the store for reading makes an empty log.
    return stats === undefined || stats.size === 0n ? "-" : `${stats.ino}:${stats.size}:${stats.mtimeNs}`;
  });
  return marks.join(" ");
}

async function openView(home: IndexHome, options: IndexViewsOptions): Promise<OpenView> {
  const startedAt = performance.now();
  const folder = generationFolder(home);
  try {
    const mark = markOf(folder);
    const view = await readView(home, folder, options);
    const now = performance.now();
    return { view, folder, mark, reopenAt: now + REST_FACTOR * (now - startedAt), users: 0, isCurrent: true };
  } catch (error) {
    // A rebuild has switched in that moment, and its old files are gone.
    if (generationFolder(home) !== folder) return openView(home, options);
    throw error;
  }
}

async function readView(home: IndexHome, folder: string, { settings, hub, cwd, onNotice }: IndexViewsOptions): Promise<IndexView> {
  const store = openSqliteStore(join(folder, STORE_FILE), { readOnly: true });
  try {
    const manifest = requireManifest(store, home);
    const locator = openLocator(hub, cwd, { settings });
    const names = await modelNames(locator, settings, manifest);
    // How long the vectors are is the index's to say.
    const embedder = await locateEmbedder(locator, names.embedder, { embedTokens: settings.embedTokens }, manifest);
    requireSameEmbedder(manifest, embedder);
    const { dimensions, embedderFingerprint: fingerprint } = manifest;
    const vectorIndex = await openVectorIndex(store, { folder, dimensions, fingerprint, method: settings.recall, onNotice });
    return { baseFolder: home.baseFolder, manifest, store, vectorIndex, embedder };
  } catch (error) {
    store.close();
    throw error;
  }
}
