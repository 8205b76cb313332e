import type { SkipReason } from "../domain/errors.ts";
import type { Passage, PassageDraft } from "../domain/passage.ts";
import type { StoredVector } from "./vector-index.ts";

/** What an index was built with. A search with other settings would compare what cannot be compared. */
export interface IndexManifest {
  /** Layout of the store; a larger one than this program knows is an error that asks for an upgrade. */
  readonly formatVersion: number;
  /** The embedder: what the user calls it, and what tells it from others. */
  readonly embedderId: string;
  readonly embedderFingerprint: string;
  /** Tokens that the embedder reads of a text. Indexes of earlier versions do not say. */
  readonly embedTokens?: number;
  /** The reranker that searches use unless they are told otherwise: no vector depends on it. */
  readonly rerankerId: string;
  readonly dimensions: number;
  /** A remote embedder was told this length, and has to be told it again. */
  readonly asksDimensions?: true;
  readonly chunking: { readonly maxTokens: number; readonly overlapTokens: number };
  /** The folders and files that `rerank index` was given, with the options that decide what is read below each. */
  readonly roots: readonly IndexRoot[];
  readonly createdAt: string;
}

export interface IndexRoot {
  /** As documents' paths are: relative to the index's base folder, "." for the base itself, or absolute. */
  readonly path: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly hidden: boolean;
  readonly follow: boolean;
  readonly maxFileBytes: number;
}

export interface DocumentRecord {
  readonly path: string;
  readonly sizeBytes: number;
  /** Modification time in ms, with its fraction. */
  readonly mtimeMs: number;
  /** Digest of the file's bytes (hex). */
  readonly contentHash: string;
  readonly format: string;
  readonly title: string;
  /** Why it has no passages, for files that cannot be read as they are: they are not read again before they change. */
  readonly skip?: { readonly reason: SkipReason; readonly detail: string };
}

/** A passage on its way into the store, with the key of its vector. */
export interface KeyedPassage extends PassageDraft {
  /** Digest (hex) of the model input, `passageInput(passage)`: passages that read the same share one vector. */
  readonly vectorKey: string;
}

export interface StoreCounts {
  /** Skipped ones do not count. */
  readonly documents: number;
  readonly passages: number;
  readonly vectors: number;
}

/** Numbers that change whenever the set of vectors does: vector ids are never used twice. */
export interface VectorCensus {
  readonly count: number;
  readonly maxVectorId: number;
}

/**
 * The truth of an index: documents, passages, vectors, manifest. Every method is one transaction: after a crash at any
 * moment the store holds all of it or nothing of it. Methods throw UserError when the disk is full, the store damaged or
 * read-only.
 */
export interface PassageStore {
  /** `undefined` until the first run has written one. */
  readManifest(): IndexManifest | undefined;
  writeManifest(manifest: IndexManifest): void;

  /** All documents, skipped ones too, in no particular order; small records, one per file. */
  documents(): DocumentRecord[];
  /** Puts a document and its passages in place of what was stored for its path. Every vector key must be stored already. */
  saveDocument(document: DocumentRecord, passages: readonly KeyedPassage[]): void;
  /** New size and time for documents whose content is the same. */
  touchDocuments(documents: readonly Pick<DocumentRecord, "path" | "sizeBytes" | "mtimeMs">[]): void;
  /** The same content at another path: passages and vectors stay, path, size, time (and title) change. */
  moveDocument(from: string, to: DocumentRecord): void;
  removeDocuments(paths: readonly string[]): void;

  /** Of these keys, the ones that have a vector. */
  knownVectorKeys(keys: readonly string[]): Set<string>;
  /** Adds vectors under their keys and gives the stored form back, with ids. A key that is there already keeps its vector and id. */
  saveVectors(vectors: readonly { readonly vectorKey: string; readonly vector: Float32Array }[]): StoredVector[];
  /** Drops the vectors that no passage uses. */
  pruneVectors(): void;
  vectorCensus(): VectorCensus;
  vectorIds(): number[];
  /** All vectors (or those asked for), streamed in id order. */
  vectors(ids?: readonly number[]): IterableIterator<StoredVector>;

  /** The passages behind these vectors, in no particular order; one vector can stand for several. */
  passagesOfVectors(vectorIds: readonly number[]): Passage[];
  passagesById(ids: readonly number[]): Passage[];
  /** A document's passages in reading order. */
  passagesOfDocument(path: string): Passage[];
  /** Paths of all documents that have passages, for filters by glob. */
  paths(): string[];
  /** The ids of the vectors used by the passages of these documents. */
  vectorIdsOfDocuments(paths: readonly string[]): Set<number>;

  /**
   * Passages by BM25, best first. `terms` are the lexical terms of the query (see domain/lexical-terms), any of which may match.
   * @param paths only passages of these documents, when given.
   */
  lexicalSearch(terms: readonly string[], count: number, paths?: ReadonlySet<string>): Passage[];

  counts(): StoreCounts;
  /** One line per problem found: damage, orphans, vectors of a wrong length. Empty = healthy. Reads everything. */
  check(): string[];
  close(): void;
}
