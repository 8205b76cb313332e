import type { FileSource } from "../ports/file-source.ts";
import type { IndexManifest, IndexRoot, PassageStore, StoreCounts } from "../ports/passage-store.ts";
import { planIndex } from "./plan-index.ts";

/** What has changed on disk since the last run, by size and time; nothing is read. */
export interface Staleness {
  readonly unchanged: number;
  readonly changed: number;
  readonly added: number;
  readonly gone: number;
  /** Roots that are not there any more. Their documents are not counted as gone. */
  readonly missingRoots: readonly string[];
}

/** State of an index, for `rerank status`. */
export interface IndexStatus {
  readonly indexFolder: string;
  readonly manifest: IndexManifest;
  readonly counts: StoreCounts;
  readonly storeBytes: number;
  /** `null` when there is no HNSW file. */
  readonly hnswBytes: number | null;
  /** Whether the HNSW file holds exactly the store's vectors. */
  readonly hnswInStep: boolean;
  readonly staleness: Staleness;
}

export async function stalenessOf(
  store: PassageStore,
  files: FileSource,
  roots: readonly IndexRoot[],
  exists: (root: IndexRoot) => boolean,
  signal?: AbortSignal,
): Promise<Staleness> {
  const present = roots.filter(exists);
  const documents = store.documents();
  const plan = await planIndex(files, present, documents, () => {}, signal);
  const known = new Set(documents.map(({ path }) => path));
  const changed = plan.pending.filter(({ path }) => known.has(path)).length;
  return {
    unchanged: plan.unchanged.length,
    changed,
    added: plan.pending.length - changed,
    gone: plan.vanished.size,
    missingRoots: roots.filter((root) => !exists(root)).map(({ path }) => path),
  };
}
