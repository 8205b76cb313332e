import { existsSync } from "node:fs";
import { join } from "node:path";
import { createFileWalker } from "../adapters/file-walker.ts";
import { openSyncedHnsw } from "../adapters/open-vector-index.ts";
import {
  findIndexHome,
  generationFolder,
  makeFolder,
  openIndexHome,
  removeOldGenerations,
  removeUnfilled,
  switchGeneration,
  type IndexHome,
} from "../adapters/index-home.ts";
import { liesBelow } from "../adapters/stored-paths.ts";
import { acquireIndexLock, type IndexLockHolder } from "../adapters/index-lock.ts";
import { readDocument } from "../adapters/readers/all-readers.ts";
import { openSqliteStore } from "../adapters/sqlite-store/open-sqlite-store.ts";
import type { HubSettings, Settings } from "../config/settings-table.ts";
import { RemoteFailure } from "../domain/errors.ts";
import type { ModelSpec } from "../domain/model-spec.ts";
import { buildIndex, type BuildIndexOptions } from "../pipeline/build-index.ts";
import { estimateIndex } from "../pipeline/estimate-index.ts";
import type { IndexEvent } from "../pipeline/events.ts";
import { manifestOf, requireSameManifest } from "../pipeline/index-manifest.ts";
import type { IndexReport } from "../pipeline/index-report.ts";
import type { Corpus } from "../ports/dataset.ts";
import type { IndexManifest, IndexRoot, PassageStore } from "../ports/passage-store.ts";
import type { CompileTalk } from "./compile-model.ts";
import { openLocator, STORE_FILE } from "./compose.ts";
import { checkPaths, mergeRoots, resolveRoots } from "./index-roots.ts";
import { startSettings, locateEmbedder, modelNames, usualModelNotice, type ModelSettings } from "./locate-models.ts";
import { manifestForRebuild, prepareRebuild, readManifest } from "./index-rebuild.ts";
import type { ApproveSending } from "./remote-approval.ts";
import { createCostReader } from "./remote-costs.ts";
import { addressOf } from "./remote-settings.ts";
import { startModels } from "./start-models.ts";

export type IndexSettings = ModelSettings &
  Pick<
    Settings,
    "index" | "include" | "exclude" | "hidden" | "follow" | "maxFileSize" | "passageTokens" | "overlapTokens" | "dimensions" | "wait"
  >;

export interface IndexRunOptions {
  readonly settings: IndexSettings;
  readonly hub: HubSettings;
  readonly cwd: string;
  /** As the user gave them; empty = the roots that the index knows. */
  readonly paths: readonly string[];
  /** Given, these documents are indexed, and `paths` are left empty. */
  readonly corpus?: Corpus;
  readonly rebuild: boolean;
  /** Shown to another process that finds the index locked. */
  readonly command: string;
  readonly signal: AbortSignal;
  readonly onEvent: (event: IndexEvent) => void;
  readonly onNotice: (line: string) => void;
  /** Asked before texts are sent to an embedder of another machine. */
  readonly approveSending: ApproveSending;
  /** Shows how far a model is that has to be compiled first. */
  readonly openProgress?: CompileTalk["openProgress"];
}

/** An index held for writing: locked, with its model loading, for one run. */
export interface IndexSession {
  readonly home: IndexHome;
  readonly roots: readonly IndexRoot[];
  run(): Promise<IndexReport>;
  close(): Promise<void>;
}

/** Locks the index and opens all that a run needs. A mistake in paths or models leaves no index behind that a search would find. */
export async function openIndexSession(options: IndexRunOptions): Promise<IndexSession> {
  const { settings, cwd, signal, onNotice } = options;
  if (options.corpus === undefined) checkPaths(options.paths, cwd, findIndexHome(cwd, settings.index) !== undefined);
  const home = openIndexHome(cwd, settings.index);
  const lock = await acquireIndexLock(home.indexFolder, {
    command: options.command,
    wait: settings.wait,
    signal,
    onWaiting: (holder) => onNotice(waitingLine(holder)),
  });
  const opened: { close(): unknown }[] = [{ close: () => lock.release() }];
  const close = async () => {
    // Last opened, first closed: the lock goes when nothing writes any more.
    for (let each = opened.pop(); each !== undefined; each = opened.pop()) await each.close();
  };
  try {
    // Without an index there is no old one to keep answering: the first run fills the current generation.
    const rebuild = options.rebuild && existsSync(join(generationFolder(home), STORE_FILE));
    const { known, roots, manifest, embedder } = await planSession(home, { ...options, rebuild });
    if (known !== undefined && !rebuild) requireSameManifest(known, manifest);
    removeOldGenerations(home);
    const inference = startModels({ embedder, ...startSettings(settings), onNotice });
    opened.push(inference);
    // An index belongs to its model from the first write on: one that cannot be loaded must not get it.
    if (known === undefined || rebuild) await inference.loaded("embedder");
    const folder = rebuild ? prepareRebuild(home, manifest, onNotice) : generationFolder(home);
    if (embedder.family === "remote") {
      // Before a store is made: a refusal leaves nothing behind.
      const known = existsSync(join(folder, STORE_FILE)) ? openStore(home, folder) : openSqliteStore(":memory:", { create: true });
      try {
        const { files, readDocument } = options.corpus ?? filesOf(home);
        const estimate = await estimateIndex({ store: known, files, readDocument, counter: inference.embedder }, buildOptions(options, roots, manifest));
        await options.approveSending(estimate, embedder);
      } finally {
        known.close();
      }
    }
    const store = openStore(home, folder);
    opened.push(store);
    if (rebuild && options.corpus === undefined) dropForeign(store, manifest.roots, home);
    store.writeManifest(manifest);
    const { dimensions, embedderFingerprint: fingerprint } = manifest;
    const vectorIndex = await openSyncedHnsw(store, { folder, dimensions, fingerprint, signal, onProgress: tellRebuild(onNotice) });
    return {
      home,
      roots,
      async run() {
        const { files, readDocument } = options.corpus ?? filesOf(home);
        const costs = createCostReader(inference);
        const report = await buildIndex(
          { store, files, readDocument, embedder: inference.embedder, vectorIndex },
          buildOptions(options, roots, manifest),
        ).catch((error: unknown) => {
          throw error instanceof RemoteFailure ? resumable(error, options.command) : error;
        });
        for (const line of costs.read()) onNotice(line);
        if (rebuild && !report.interrupted) {
          store.close();
          switchGeneration(home);
        }
        return report;
      },
      close,
    };
  } catch (error) {
    // Right before the lock goes: what the next holder writes must stay.
    if (home.isNew) opened.splice(1, 0, { close: () => removeUnfilled(home) });
    await close();
    throw error;
  }
}

/** The same failure, and what is to be done about it: every batch of vectors was committed. */
function resumable({ kind, message, hint }: RemoteFailure, command: string): RemoteFailure {
  const goOn = `go on with: ${command}`;
  return new RemoteFailure(kind, `${message}; what has been embedded is kept`, { hint: hint === undefined ? goOn : `${hint}; then ${goOn}` });
}

function filesOf({ baseFolder }: IndexHome): Pick<Corpus, "files" | "readDocument"> {
  return { files: createFileWalker({ baseFolder }), readDocument };
}

interface SessionPlan {
  readonly known: IndexManifest | undefined;
  readonly manifest: IndexManifest;
  /** What this run walks: a rebuild starts from nothing, so that what it does not read is gone. */
  readonly roots: readonly IndexRoot[];
  readonly embedder: ModelSpec;
}

/** Settles roots and models. Writes nothing into the manifest. */
async function planSession(home: IndexHome, options: IndexRunOptions): Promise<SessionPlan> {
  const { settings, hub, cwd, paths, corpus, rebuild, onNotice } = options;
  const known = rebuild ? manifestForRebuild(home, paths.length > 0 || corpus !== undefined) : readManifest(home);
  const knownRoots = known?.roots ?? [];
  const places = { cwd, baseFolder: home.baseFolder };
  const given = corpus?.roots ?? resolveRoots(paths, settings, { ...places, known: knownRoots });
  const allRoots = mergeRoots(knownRoots, given);
  const roots = rebuild && corpus === undefined ? resolveRoots([], settings, { ...places, known: allRoots }) : given;
  const locator = openLocator(hub, cwd, { settings, talk: options });
  const names = await modelNames(locator, settings, known);
  const embedder = await locateEmbedder(locator, names.embedder, settings, known);
  if (addressOf(settings.embedUrl) !== undefined && embedder.family !== "remote") onNotice(`the index has an embedder of its own, ${embedder.id}: the server of --embed-url is not asked`);
  if (settings.models === undefined && settings.embedder === undefined && known === undefined && embedder.family !== "remote") {
    onNotice(usualModelNotice(names.embedder, "pair"));
  }
  const { passageTokens, overlapTokens } = settings;
  const manifest = manifestOf({ known, embedder, rerankerId: names.reranker, passageTokens, overlapTokens, roots: allRoots });
  return { known, manifest, roots, embedder };
}

/** What is said while another process holds the index. */
export function waitingLine(holder: IndexLockHolder | undefined): string {
  const who = holder === undefined ? "another process" : `process ${holder.pid} (${holder.command})`;
  return `waiting for ${who}, which is writing the index; Ctrl-C gives up`;
}

/** Says, once, that many vectors are put into the HNSW graph before the run begins: about half a second for 1,000. */
function tellRebuild(onNotice: (line: string) => void): (done: number, total: number) => void {
  let told = false;
  return (_done, total) => {
    if (told || total < 2000) return;
    told = true;
    onNotice(`the HNSW file is missing, damaged or out of step: adding ${total} vectors`);
  };
}

function buildOptions(options: IndexRunOptions, roots: readonly IndexRoot[], { chunking }: IndexManifest): BuildIndexOptions {
  return { roots, chunking, signal: options.signal, onEvent: options.onEvent };
}

function openStore(home: IndexHome, folder: string): PassageStore {
  makeFolder(folder, home);
  return openSqliteStore(join(folder, STORE_FILE), { create: true });
}

/** Drops what an interrupted rebuild has read below roots that the index does not cover any more. */
function dropForeign(store: PassageStore, roots: readonly IndexRoot[], { baseFolder }: IndexHome): void {
  const paths = store.documents().map(({ path }) => path);
  store.removeDocuments(paths.filter((path) => !roots.some((root) => liesBelow(path, root.path, baseFolder))));
}
