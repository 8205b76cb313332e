import type { PassageStore } from "./passage-store.ts";

/** What the storage engine says of its own file, one line each; empty = whole. */
export interface StoreIntegrity {
  /** Rows may be lost: only a new index helps. */
  readonly database: readonly string[];
  /** The lexical index alone, which is derived. */
  readonly lexical: readonly string[];
}

/** Rows that point at nothing, or that nothing points at. */
export interface RowFaults {
  /** Passages whose document or vector is not there; one that lacks both counts twice. */
  readonly strayReferences: number;
  /** Passages that the lexical index lacks; 0 where it cannot be read, which `integrity` says. */
  readonly withoutTerms: number;
  /** Entries of the lexical index without a passage; 0 where it cannot be read. */
  readonly strayTerms: number;
}

/** A row of the table of passages as it is. */
export interface StoredPassage {
  readonly id: number;
  /** `null`: its document is not there. */
  readonly path: string | null;
  /** `undefined`: they cannot be read. */
  readonly headings: readonly string[] | undefined;
  readonly text: string;
  /** `null`: its vector is not there. */
  readonly vectorKey: string | null;
}

export interface CheckedVector {
  readonly vectorId: number;
  /** `undefined` where it has a fault. */
  readonly vector: Float32Array | undefined;
  /** "12 dimensions, not 384", "length NaN, not 1". */
  readonly fault: string | undefined;
}

/** What lies in the store's file, in bytes, indexes counted with what they index. */
export interface StoreSizes {
  readonly documents: number;
  readonly passages: number;
  readonly vectors: number;
  readonly lexicalIndex: number;
  readonly other: number;
  /** Pages that hold nothing. */
  readonly free: number;
}

/** What killed processes have left beside an index's files. */
export interface Leftovers {
  /** Absolute paths of files and folders that nothing will ever use. */
  readonly useless: readonly string[];
  readonly uselessBytes: number;
  /** Folders of rebuilds that `rerank index --rebuild` goes on with. */
  readonly unfinishedRebuilds: readonly string[];
  readonly unfinishedBytes: number;
}

/** The store as an audit reads it: one state of it from first to last, whatever another process writes meanwhile. */
export interface AuditedStore extends PassageStore {
  /** Reads everything, in one go. */
  integrity(): StoreIntegrity;
  rowFaults(): RowFaults;
  /** Paths of documents whose record cannot be read. */
  unreadableDocuments(): string[];
  /** Vectors that no passage uses. */
  unusedVectors(): number;
  /** Paths of the documents whose passages use these vectors. */
  documentsOfVectors(vectorIds: readonly number[]): string[];
  /** All passages, streamed in id order. */
  storedPassages(): IterableIterator<StoredPassage>;
  /** All vectors (or those asked for), streamed in id order. */
  checkedVectors(dimensions: number, ids?: readonly number[]): IterableIterator<CheckedVector>;
  /** Whether the lexical index finds the passage by each of these terms; not where it cannot be read. */
  isFoundBy(passageId: number, terms: readonly string[]): boolean;
  sizes(): StoreSizes;
}

export interface RowRepair {
  /** Documents to be dropped with their passages, so that the next run reads them again. */
  readonly forget: readonly string[];
  readonly dropVectors: readonly number[];
  /**
   * "refill" writes the entries of the lexical index anew from the passages. "replace" does so for one whose pages cannot be trusted:
   * they are left out of the file's use, unread, and `compact` gives them back.
   */
  readonly lexical: "keep" | "refill" | "replace";
}

export interface RepairedRows {
  /** Passages that belonged to no document. */
  readonly strayPassages: number;
  readonly unusedVectors: number;
  /** Of those named, the ones that no other document uses. */
  readonly damagedVectors: number;
}

/** The store as a repair writes it. */
export interface RepairableStore extends PassageStore {
  /**
   * Drops passages without a document, vectors that no passage uses, and what is named. Whole vectors of the documents that
   * are forgotten stay, for the next run to find. One transaction: after a crash or an
   * abort (which rejects with the signal's reason) the store is as before.
   *
   * @param onProgress passages done and to be done, while the lexical index is written.
   */
  repairRows(repair: RowRepair, onProgress: (done: number, total: number) => void, signal: AbortSignal): Promise<RepairedRows>;
  /** Writes the file anew without its free pages, and empties the log. It needs as much room again while it runs. */
  compact(): void;
}
