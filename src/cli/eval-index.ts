import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { createFileWalker } from "../adapters/file-walker.ts";
import { generationFolder, requireIndexHome, type IndexHome } from "../adapters/index-home.ts";
import { hnswState } from "../adapters/open-vector-index.ts";
import { readDocument } from "../adapters/readers/all-readers.ts";
import { cacheFolder } from "../config/cache-folder.ts";
import type { HubSettings, Settings } from "../config/settings-table.ts";
import type { ModelSpec } from "../domain/model-spec.ts";
import type { IndexEvent } from "../pipeline/events.ts";
import { DEFAULT_CHUNKING } from "../pipeline/index-manifest.ts";
import type { Corpus } from "../ports/dataset.ts";
import type { IndexManifest, PassageStore } from "../ports/passage-store.ts";
import type { CompileTalk } from "./compile-model.ts";
import { openForReading, openLocator, requireManifest, STORE_FILE } from "./compose.ts";
import type { CommandContext } from "./context.ts";
import { openIndexSession } from "./index-session.ts";
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
  if (current === undefined && settings.models === undefined && settings.embedder === undefined) onNotice(usualModelNotice(names.embedder, "pair"));
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
    cacheFolder(environment, homedir(), process.platform),
    "eval",
    `${options.name.replaceAll(/[^\w.-]+/g, "-").slice(0, 60)}-${corpus.digest.slice(0, 12)}`,
    `${embedder.fingerprint.slice(0, 12)}-${passageTokens}-${overlapTokens}`,
  );
  const prepared = { ...chosen, passageTokens, overlapTokens, index: folder };
  // The files of an index change; a corpus cannot have changed, as its digest is part of the folder's name.
  const filled = options.corpus === undefined ? undefined : findFilled(folder, corpus, embedder);
  const home = filled ?? (await fillIndex(folder, corpus, prepared, options));
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

/** The index in this folder, if it holds all of the corpus. */
function findFilled(folder: string, corpus: Corpus, { fingerprint }: ModelSpec): IndexHome | undefined {
  const home = { indexFolder: folder, baseFolder: join(folder, "..") };
  const generation = generationFolder(home);
  if (!existsSync(join(generation, STORE_FILE))) return undefined;
  const { store } = openForReading(home);
  try {
    const isWhole = store.readManifest()?.embedderFingerprint === fingerprint && store.documents().length === corpus.documentCount;
    return isWhole && hnswState(generation, store.vectorCensus(), fingerprint).inStep ? home : undefined;
  } finally {
    store.close();
  }
}

async function fillIndex(folder: string, corpus: Corpus, settings: Settings, { hub, context, onNotice, openProgress, showIndexing }: EvalIndexOptions): Promise<IndexHome> {
  const { cwd, signal } = context;
  const progress = showIndexing();
  try {
    const session = await openIndexSession({
      settings: { ...settings, index: folder },
      hub,
      cwd,
      paths: [],
      corpus,
      rebuild: false,
      command: "rerank eval",
      signal,
      onNotice,
      openProgress,
      onEvent: (event) => progress.event(event),
    });
    try {
      await session.run();
      signal.throwIfAborted();
      return session.home;
    } finally {
      await session.close();
    }
  } finally {
    progress.stop();
  }
}

/** Changes whenever the documents of an index do, or how they are cut (hex). */
export function contentDigest(store: PassageStore, { chunking }: IndexManifest): string {
  const hash = createHash("sha256").update(JSON.stringify(chunking));
  const documents = store.documents().map(({ path, contentHash }) => `${path}\0${contentHash}\n`);
  for (const document of documents.toSorted()) hash.update(document);
  return hash.digest("hex");
}
