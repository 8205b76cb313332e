import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createFileWalker } from "../adapters/file-walker.ts";
import { openSyncedHnsw } from "../adapters/open-vector-index.ts";
import {
  generationFolder,
  nextGenerationFolder,
  openIndexHome,
  switchGeneration,
  type IndexHome,
} from "../adapters/index-home.ts";
import { acquireIndexLock, type IndexLockHolder } from "../adapters/index-lock.ts";
import { readDocument } from "../adapters/readers/all-readers.ts";
import { openSqliteStore } from "../adapters/sqlite-store/open-sqlite-store.ts";
import type { HubSettings, Settings } from "../config/settings-table.ts";
import { UserError } from "../domain/errors.ts";
import { startInference } from "../inference/inference-client.ts";
import { buildIndex, type BuildIndexOptions } from "../pipeline/build-index.ts";
import type { IndexEvent } from "../pipeline/events.ts";
import { differences, manifestOf, requireSameManifest } from "../pipeline/index-manifest.ts";
import type { IndexReport } from "../pipeline/index-report.ts";
import type { IndexManifest, IndexRoot, PassageStore } from "../ports/passage-store.ts";
import { modelNames, openLocator, threadsOf, STORE_FILE, type ModelSettings } from "./compose.ts";
import { mergeRoots, resolveRoots } from "./index-roots.ts";

export type IndexSettings = ModelSettings &
  Pick<
    Settings,
    "index" | "include" | "exclude" | "hidden" | "follow" | "maxFileSize" | "passageTokens" | "overlapTokens" | "wait"
  >;

export interface IndexRunOptions {
  readonly settings: IndexSettings;
  readonly hub: HubSettings;
  readonly cwd: string;
  /** As the user gave them; empty = the roots that the index knows. */
  readonly paths: readonly string[];
  readonly rebuild: boolean;
  /** Shown to another process that finds the index locked. */
  readonly command: string;
  readonly signal: AbortSignal;
  readonly onEvent: (event: IndexEvent) => void;
  readonly onNotice: (line: string) => void;
}

/** An index held for writing: locked, with its models loaded, for one run or (with --watch) many. */
export interface IndexSession {
  readonly home: IndexHome;
  readonly roots: readonly IndexRoot[];
  run(): Promise<IndexReport>;
  close(): Promise<void>;
}

/** Locks the index and opens all that a run needs. */
export async function openIndexSession(options: IndexRunOptions): Promise<IndexSession> {
  const { settings, hub, cwd, signal, onNotice } = options;
  const home = openIndexHome(cwd, settings.index);
  const lock = await acquireIndexLock(home.indexFolder, {
    command: options.command,
    wait: settings.wait,
    signal,
    onWaiting: (holder) => onNotice(waitingLine(holder)),
  });
  try {
    const current = options.rebuild ? undefined : openStore(generationFolder(home));
    const known = options.rebuild ? manifestForRebuild(home, options.paths) : current?.readManifest();
    const knownRoots = known?.roots ?? [];
    const given = resolveRoots(options.paths, settings, { cwd, baseFolder: home.baseFolder, known: knownRoots });
    const allRoots = mergeRoots(knownRoots, given);
    const locator = openLocator(hub, cwd);
    const names = modelNames(locator, settings, known);
    const embedder = await locator.locate(names.embedder, "embedder");
    if (settings.models === undefined && known === undefined) {
      onNotice(`no model was chosen: using the bundled pair ${names.embedder} (--models chooses another)`);
    }
    const manifest = manifestOf({
      known,
      embedder,
      rerankerId: names.reranker,
      passageTokens: settings.passageTokens,
      overlapTokens: settings.overlapTokens,
      roots: allRoots,
    });
    if (known !== undefined && !options.rebuild) requireSameManifest(known, manifest);
    // A rebuild starts from nothing: what it does not read is gone.
    const roots = options.rebuild ? allRoots : given;
    const folder = options.rebuild ? prepareRebuild(home, manifest) : generationFolder(home);
    const store = current ?? openStore(folder);
    store.writeManifest(manifest);
    const inference = startInference({ embedder, ...threadsOf(settings), onNotice });
    const vectorIndex = await openSyncedHnsw(store, {
      folder,
      dimensions: manifest.dimensions,
      fingerprint: manifest.embedderFingerprint,
      signal,
    });
    return {
      home,
      roots,
      async run() {
        const report = await buildIndex(
          { store, files: createFileWalker({ baseFolder: home.baseFolder }), readDocument, embedder: inference.embedder, vectorIndex },
          buildOptions(options, roots, manifest),
        );
        if (options.rebuild && !report.interrupted) {
          store.close();
          switchGeneration(home);
        }
        return report;
      },
      async close() {
        await inference.close();
        store.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** What is said while another process holds the index. */
export function waitingLine(holder: IndexLockHolder | undefined): string {
  const who = holder === undefined ? "another process" : `process ${holder.pid} (${holder.command})`;
  return `waiting for ${who}, which is writing the index; Ctrl-C gives up`;
}

function buildOptions(options: IndexRunOptions, roots: readonly IndexRoot[], { chunking }: IndexManifest): BuildIndexOptions {
  return { roots, chunking, signal: options.signal, onEvent: options.onEvent };
}

function openStore(folder: string): PassageStore {
  mkdirSync(folder, { recursive: true });
  return openSqliteStore(join(folder, STORE_FILE), { create: true });
}

/** The next generation's folder; what an interrupted rebuild left there is used when it was the same rebuild. */
function prepareRebuild(home: IndexHome, manifest: IndexManifest): string {
  const folder = nextGenerationFolder(home);
  if (existsSync(join(folder, STORE_FILE)) && !canResume(folder, manifest)) rmSync(folder, { recursive: true, force: true });
  return folder;
}

function canResume(folder: string, manifest: IndexManifest): boolean {
  try {
    const store = openStore(folder);
    const left = store.readManifest();
    store.close();
    return left !== undefined && differences(left, manifest).length === 0;
  } catch {
    // Damaged or of another version: it is started anew.
    return false;
  }
}

/** The manifest that a rebuild takes roots and model from; a damaged store has none, and then the folders must be named. */
function manifestForRebuild(home: IndexHome, paths: readonly string[]): IndexManifest | undefined {
  if (!existsSync(join(generationFolder(home), STORE_FILE))) return undefined;
  try {
    const store = openSqliteStore(join(generationFolder(home), STORE_FILE), { readOnly: true });
    const manifest = store.readManifest();
    store.close();
    return manifest;
  } catch (error) {
    if (paths.length > 0) return undefined;
    throw new UserError(`the index cannot be read, so its folders are not known: ${(error as Error).message}`, {
      hint: "name them: rerank index --rebuild <folder>",
      cause: error,
    });
  }
}
