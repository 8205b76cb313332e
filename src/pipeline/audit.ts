import { UserError } from "../domain/errors.ts";
import type { AuditedStore, Leftovers, RowFaults, StoreIntegrity, StoreSizes } from "../ports/audited-store.ts";
import type { FileSource } from "../ports/file-source.ts";
import type { IndexManifest, IndexRoot } from "../ports/passage-store.ts";
import type { AuditedGraph, GraphHealth } from "../ports/vector-index.ts";
import { auditPassages, type PassageFindings } from "./audit-passages.ts";
import { auditVectors, type VectorAuditOptions, type VectorFindings } from "./audit-vectors.ts";
import { stalenessOf, type Staleness } from "./index-status.ts";

/** Everything that an audit has found; the reporters say what is a problem of it, `planRepair` what can be mended. */
export interface AuditFindings {
  readonly indexFolder: string;
  readonly integrity: StoreIntegrity;
  /** `undefined` when the rows of the store cannot be trusted, or there is no manifest. */
  readonly content: ContentFindings | undefined;
  /** Where `content` is `undefined`: what was looked at all the same. */
  readonly around?: AroundFindings;
  readonly leftovers: Leftovers;
  readonly disk: DiskUse;
  /** The process that is writing the index, which explains what is unfinished: "rerank index docs". */
  readonly writer: string | undefined;
}

export interface ContentFindings extends FileFindings, ModelFindings {
  readonly rows: RowFaults;
  readonly unusedVectors: number;
  /** Paths of documents whose record cannot be read. */
  readonly unreadableDocuments: readonly string[];
  readonly passages: PassageFindings;
  readonly vectors: VectorFindings;
  readonly graph: GraphFindings;
}

/** What can be looked at without the rows of the store. */
export interface AroundFindings extends FileFindings {
  /** "in step": its checksum is right; the store cannot say more. */
  readonly graph: GraphHealth;
  /** `undefined` where the manifest, which names them, cannot be read. */
  readonly models: ModelFindings | undefined;
}

export interface FileFindings {
  /** `undefined`: the files were not compared, for the reason given. */
  readonly staleness: Staleness | undefined;
  readonly stalenessFailure: string | undefined;
  /** Documents that lie below none of the index's roots. */
  readonly uncovered: readonly string[];
}

export interface ModelFindings {
  readonly manifest: IndexManifest;
  /** What keeps the index's models from being used on this machine. */
  readonly modelNotes: readonly ModelNote[];
}

export interface ModelNote {
  readonly detail: string;
  /** What to do about it. */
  readonly hint: string | undefined;
}

export interface GraphFindings {
  readonly health: GraphHealth;
  /** Share of removed vectors, 0 to 1. */
  readonly deletedShare: number;
  /** Searches of smaller indexes scan exactly, and do not use the graph. */
  readonly usedFrom: number;
}

/** Bytes on disk. */
export interface DiskUse {
  /** The store's file. */
  readonly store: number;
  readonly log: number;
  readonly hnsw: number;
  readonly leftovers: number;
  /** What the store's file is made of; `undefined` when it cannot be read. */
  readonly parts: StoreSizes | undefined;
}

export interface AuditDependencies {
  readonly indexFolder: string;
  readonly store: AuditedStore;
  readonly graph: { readonly health: GraphHealth; readonly index: AuditedGraph | undefined; readonly usedFrom: number };
  readonly createScan: VectorAuditOptions["createScan"];
  readonly files: FileSource;
  readonly rootExists: (root: IndexRoot) => boolean;
  readonly modelNotes: (manifest: IndexManifest) => Promise<readonly ModelNote[]>;
  readonly leftovers: Leftovers;
  readonly fileSizes: Pick<DiskUse, "store" | "log" | "hnsw">;
  readonly writer: string | undefined;
}

export interface AuditOptions {
  readonly samples: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** What is being looked at, and how far it all is, 0 to 1. */
  readonly onProgress: (step: string, share: number) => void;
}

/** Looks at all of an index and changes nothing. Rejects with the signal's reason when aborted. */
export async function auditIndex(deps: AuditDependencies, options: AuditOptions): Promise<AuditFindings> {
  const { indexFolder, store, leftovers, fileSizes, writer } = deps;
  options.onProgress("database", 0);
  const integrity = store.integrity();
  const isWhole = integrity.database.length === 0;
  const manifest = isWhole ? store.readManifest() : undefined;
  const looked = manifest === undefined ? { content: undefined, around: await aroundOf(deps, options) } : { content: await contentOf(deps, manifest, options) };
  return {
    indexFolder,
    integrity,
    ...looked,
    leftovers,
    disk: { ...fileSizes, leftovers: leftovers.uselessBytes + leftovers.unfinishedBytes, parts: isWhole ? store.sizes() : undefined },
    writer,
  };
}

async function contentOf(deps: AuditDependencies, manifest: IndexManifest, options: AuditOptions): Promise<ContentFindings> {
  const { store, graph, createScan } = deps;
  const { samples, seed, signal, onProgress } = options;
  const counts = store.counts();
  // With 200 samples a vector takes about twice the time of a passage.
  const work = Math.max(1, counts.passages + 2 * counts.vectors);
  const passages = await auditPassages(store, {
    samples,
    signal,
    onProgress: (done) => onProgress("passages", done / work),
  });
  const vectors = await auditVectors(store, {
    dimensions: manifest.dimensions,
    graph: graph.index,
    createScan,
    samples,
    seed,
    signal,
    onProgress: (done) => onProgress("vectors", (counts.passages + 2 * done) / work),
  });
  const unreadableDocuments = store.unreadableDocuments();
  return {
    manifest,
    rows: store.rowFaults(),
    unusedVectors: store.unusedVectors(),
    unreadableDocuments,
    passages,
    vectors,
    graph: { health: graph.health, deletedShare: graph.index?.deletedShare ?? 0, usedFrom: graph.usedFrom },
    ...(unreadableDocuments.length > 0 ? NOT_COMPARED : await filesOf(deps, manifest, signal)),
    modelNotes: await deps.modelNotes(manifest),
  };
}

export const NOT_COMPARED: FileFindings = { staleness: undefined, stalenessFailure: "records of the index cannot be read", uncovered: [] };

async function aroundOf(deps: AuditDependencies, { signal }: AuditOptions): Promise<AroundFindings> {
  const { store, graph, modelNotes } = deps;
  const manifest = readable(() => store.readManifest());
  const areDocumentsReadable = readable(() => store.unreadableDocuments().length === 0 && store.documents()) !== undefined;
  return {
    graph: graph.health,
    ...(manifest !== undefined && areDocumentsReadable ? await filesOf(deps, manifest, signal) : NOT_COMPARED),
    models: manifest && { manifest, modelNotes: await modelNotes(manifest) },
  };
}

/** `undefined` where the damage of the database is in what is read. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

async function filesOf({ store, files, rootExists }: AuditDependencies, { roots }: IndexManifest, signal: AbortSignal): Promise<FileFindings> {
  const uncovered = uncoveredBy(roots, store, files);
  try {
    return { staleness: await stalenessOf(store, files, roots, rootExists, signal), stalenessFailure: undefined, uncovered };
  } catch (error) {
    signal.throwIfAborted();
    // A root that may not be read today says nothing about the index.
    return { staleness: undefined, stalenessFailure: (error as Error).message, uncovered };
  }
}

function uncoveredBy(roots: readonly IndexRoot[], store: AuditedStore, files: FileSource): string[] {
  const paths = store.documents().map(({ path }) => path);
  return paths.filter((path) => !roots.some((root) => files.covers(root.path, path)));
}
