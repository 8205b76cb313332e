import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createFileWalker } from "../adapters/file-walker.ts";
import { generationFolder, requireIndexHome, type IndexHome } from "../adapters/index-home.ts";
import { hnswState } from "../adapters/open-vector-index.ts";
import { readDocument } from "../adapters/readers/all-readers.ts";
import type { HubSettings, Settings } from "../config/settings-table.ts";
import { UserError } from "../domain/errors.ts";
import type { ModelSpec } from "../domain/model-spec.ts";
import { parseRemoteName } from "../domain/remote-name.ts";
import type { IndexEvent } from "../pipeline/events.ts";
import { DEFAULT_CHUNKING, PASSAGES_VERSION } from "../pipeline/index-manifest.ts";
import type { Corpus } from "../ports/dataset.ts";
import type { IndexManifest, PassageStore } from "../ports/passage-store.ts";
import type { CompileTalk } from "./compile-model.ts";
import { openForReading, openLocator, requireManifest, STORE_FILE } from "./compose.ts";
import type { CommandContext } from "./context.ts";
import { datasetFileName, evalCacheFolder } from "./eval-cache.ts";
import { openIndexSession } from "./index-session.ts";
import { approveSending } from "./remote-approval.ts";
import { locateEmbedder, modelNames, usualModelNotice } from "./locate-models.ts";

export interface EvalIndexOptions {
  readonly settings: Settings;
  readonly hub: HubSettings;
  readonly context: Pick<CommandContext, "cwd" | "environment" | "signal">;
  /** What the cached index's folder is called, beside digests. */
  readonly name: string;
  /** Absent: the current index, or one of its documents where models or sizes ask for other vectors. */
  readonly corpus: Corpus | undefined;
  readonly onNotice: (line: string) => void;
  readonly openProgress: CompileTalk["openProgress"];
  /** Shows how far a run of the indexer is; called only where there is something to embed. */
  readonly showIndexing: () => { event(event: IndexEvent): void; stop(): void };
}

/** An index that the queries can be asked of, and the settings that open it with the models that were asked for. */
export interface EvalIndex {
  readonly home: IndexHome;
  readonly settings: Settings;
}

/**
 * The index that an evaluation asks: the current one, or one in the cache folder, built or brought in step first. Indexes in the cache
 * are kept: the next evaluation of the same documents and embedder finds its vectors there.
 */
export async function prepareEvalIndex(options: EvalIndexOptions): Promise<EvalIndex> {
  const { settings, hub, context, onNotice } = options;
  const { cwd, environment, signal } = context;
  const locator = openLocator(hub, cwd, { settings, talk: { onNotice, signal, openProgress: options.openProgress } });
  const current = options.corpus === undefined ? currentIndex(cwd, settings) : undefined;
  const names = await modelNames(locator, settings, current?.manifest);
  if (current === undefined && settings.models === undefined && settings.embedder === undefined && parseRemoteName(names.embedder) === undefined) onNotice(usualModelNotice(names.embedder, "pair"));
  const embedder = await locateEmbedder(locator, names.embedder, settings, current?.manifest);
  const chosen = { ...settings, models: undefined, ...names };
  if (current !== undefined && servesCurrent(current.manifest, embedder, settings)) {
    return { home: current.home, settings: { ...chosen, index: current.home.indexFolder } };
  }
  const corpus = options.corpus ?? current?.corpus;
  if (corpus === undefined) throw new Error("neither a corpus nor an index");
  if (current !== undefined) onNotice(`the index has other vectors than ${embedder.id} makes here: its documents are indexed anew in the cache folder, for this evaluation`);

  const chunking = current?.manifest.chunking ?? DEFAULT_CHUNKING;
  const passageTokens = settings.passageTokens ?? chunking.maxTokens;
  const overlapTokens = settings.overlapTokens ?? Math.min(chunking.overlapTokens, Math.floor(passageTokens / 2));
  const folder = join(
    evalCacheFolder(environment),
    datasetFileName(options.name, corpus.digest.slice(0, 12)),
    `${embedder.fingerprint.slice(0, 12)}-${passageTokens}-${overlapTokens}-p${PASSAGES_VERSION}`,
  );
  const prepared = { ...chosen, passageTokens, overlapTokens, index: folder };
  // The files of an index change; a corpus cannot have changed, as its digest is part of the folder's name.
  const state = cachedState(folder, corpus, embedder);
  if (options.corpus === undefined || state !== "whole") await fillIndex(folder, corpus, prepared, { ...options, rebuild: state === "damaged" });
  const home = requireIndexHome(cwd, folder);
  if (current !== undefined) requireSameDocuments(current.home, home);
  return { home, settings: prepared };
}

interface CurrentIndex {
  readonly home: IndexHome;
  readonly manifest: IndexManifest;
  /** The files that it covers, for an index of other vectors. */
  readonly corpus: Corpus;
}

function currentIndex(cwd: string, settings: Settings): CurrentIndex {
  const home = requireIndexHome(cwd, settings.index);
  const { store } = openForReading(home);
  try {
    const manifest = requireManifest(store, home);
    const digest = createHash("sha256").update(home.indexFolder).digest("hex");
    const files = createFileWalker({ baseFolder: home.baseFolder });
    return { home, manifest, corpus: { digest, documentCount: store.counts().documents, roots: manifest.roots, files, readDocument } };
  } finally {
    store.close();
  }
}

function servesCurrent({ embedderFingerprint, chunking }: IndexManifest, embedder: ModelSpec, { passageTokens, overlapTokens }: Settings): boolean {
  return (
    embedder.fingerprint === embedderFingerprint &&
    (passageTokens ?? chunking.maxTokens) === chunking.maxTokens &&
    (overlapTokens ?? chunking.overlapTokens) === chunking.overlapTokens
  );
}

/** Whether the index in this folder holds all of the corpus, can be gone on with, or is of no use to this program. */
function cachedState(folder: string, corpus: Corpus, { fingerprint }: ModelSpec): "whole" | "unfinished" | "damaged" {
  const home = { indexFolder: folder, baseFolder: join(folder, "..") };
  const generation = generationFolder(home);
  if (!existsSync(join(generation, STORE_FILE))) return "unfinished";
  try {
    const { store } = openForReading(home);
    try {
      const isWhole = store.readManifest()?.embedderFingerprint === fingerprint && store.documents().length === corpus.documentCount;
      return isWhole && hnswState(generation, store.vectorCensus(), fingerprint).inStep ? "whole" : "unfinished";
    } finally {
      store.close();
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    // Whatever is wrong with it, nobody's work is in it: it is made again.
    return "damaged";
  }
}

/** Throws UserError where the files are not those that the index was built from: variants of it and of other vectors would be asked of different documents. */
function requireSameDocuments(current: IndexHome, cached: IndexHome): void {
  const [before, now] = [current, cached].map((home) => {
    const { store } = openForReading(home);
    try {
      return new Map(store.documents().flatMap(({ path, contentHash, skip }) => (skip === undefined ? [[path, contentHash]] : [])));
    } finally {
      store.close();
    }
  });
  if (before!.size === now!.size && [...before!].every(([path, hash]) => now!.get(path) === hash)) return;
  throw new UserError("files have changed since the index was built, and models would be compared on different documents", { hint: "bring it up to date first: rerank index" });
}

async function fillIndex(
  folder: string,
  corpus: Corpus,
  settings: Settings,
  { hub, context, onNotice, openProgress, showIndexing, rebuild }: EvalIndexOptions & { readonly rebuild: boolean },
): Promise<void> {
  const { cwd, signal } = context;
  const progress = showIndexing();
  try {
    const session = await openIndexSession({
      settings: { ...settings, index: folder },
      hub,
      cwd,
      paths: [],
      corpus,
      rebuild,
      command: "rerank eval",
      signal,
      onNotice,
      openProgress,
      onEvent: (event) => progress.event(event),
      approveSending: approveSending({ askTokens: settings.askTokens, onNotice }),
    });
    try {
      await session.run();
      signal.throwIfAborted();
    } finally {
      await session.close();
    }
  } finally {
    progress.stop();
  }
}

/** Changes whenever the documents of an index do, or how they are cut (hex). */
export function contentDigest(store: PassageStore, { chunking }: IndexManifest): string {
  const hash = createHash("sha256").update(JSON.stringify([PASSAGES_VERSION, chunking]));
  const documents = store.documents().map(({ path, contentHash }) => `${path}\0${contentHash}\n`);
  for (const document of documents.toSorted()) hash.update(document);
  return hash.digest("hex");
}
