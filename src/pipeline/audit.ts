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
  readonly leftovers: Leftovers;
  readonly disk: DiskUse;
  /** The process that is writing the index, which explains what is unfinished: "rerank index docs". */
  readonly writer: string | undefined;
}

export interface ContentFindings {
  readonly manifest: IndexManifest;
  readonly rows: RowFaults;
  readonly unusedVectors: number;
  /** Paths of documents whose record cannot be read. */
  readonly unreadableDocuments: readonly string[];
  readonly passages: PassageFindings;
  readonly vectors: VectorFindings;
  readonly graph: GraphFindings;
  /** `undefined`: the files were not compared, for the reason given. */
  readonly staleness: Staleness | undefined;
  readonly stalenessFailure: string | undefined;
  /** Documents that lie below none of the index's roots. */
  readonly uncovered: readonly string[];
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
  return {
    indexFolder,
    integrity,
    content: manifest && (await contentOf(deps, manifest, options)),
    leftovers,
    disk: { ...fileSizes, leftovers: leftovers.uselessBytes + leftovers.unfinishedBytes, parts: isWhole ? store.sizes() : undefined },
    writer,
  };
}

async function contentOf(deps: AuditDependencies, manifest: IndexManifest, options: AuditOptions): Promise<ContentFindings> {
  const { store, graph, createScan, files } = deps;
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
    ...(await filesOf(deps, manifest, unreadableDocuments.length === 0, signal)),
    uncovered: unreadableDocuments.length > 0 ? [] : uncoveredBy(manifest.roots, store, files),
    modelNotes: await deps.modelNotes(manifest),
  };
}

type FileFindings = Pick<ContentFindings, "staleness" | "stalenessFailure">;

async function filesOf({ store, files, rootExists }: AuditDependencies, { roots }: IndexManifest, isReadable: boolean, signal: AbortSignal): Promise<FileFindings> {
  if (!isReadable) return { staleness: undefined, stalenessFailure: "records of documents cannot be read" };
  try {
    return { staleness: await stalenessOf(store, files, roots, rootExists, signal), stalenessFailure: undefined };
  } catch (error) {
    signal.throwIfAborted();
    // A root that may not be read today says nothing about the index.
    return { staleness: undefined, stalenessFailure: (error as Error).message };
  }
}

function uncoveredBy(roots: readonly IndexRoot[], store: AuditedStore, files: FileSource): string[] {
  const paths = store.documents().map(({ path }) => path);
  return paths.filter((path) => !roots.some((root) => files.covers(root.path, path)));
}
