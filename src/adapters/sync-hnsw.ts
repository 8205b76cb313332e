import { setImmediate as nextTurn } from "node:timers/promises";
import type { PassageStore } from "../ports/passage-store.ts";
import type { HnswIndex } from "./hnsw-index.ts";

/** Adding a vector takes about a millisecond; between batches a screen can be drawn and Ctrl-C be heard. */
const BATCH_SIZE = 32;
/** From this share of removed vectors on, a new graph is built: the old one would be searched through its graves. */
const MAX_DELETED_SHARE = 0.3;

/**
 * Makes the index hold exactly the store's vectors. It is not saved.
 * @param onProgress called with the vectors added and to be added, after each batch.
 * Rejects with `signal.reason` when aborted; what is in the index by then is right, but not all of it.
 */
export async function syncHnsw(
  index: HnswIndex,
  store: Pick<PassageStore, "vectorIds" | "vectors">,
  onProgress?: (done: number, total: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  const wanted = store.vectorIds();
  const kept = new Set(wanted);
  index.remove([...index.vectorIds].filter((id) => !kept.has(id)));
  if (index.deletedShare > MAX_DELETED_SHARE) index.clear();
  const missing = wanted.filter((id) => !index.vectorIds.has(id));
  for (let start = 0; start < missing.length; start += BATCH_SIZE) {
    signal?.throwIfAborted();
    index.add([...store.vectors(missing.slice(start, start + BATCH_SIZE))]);
    onProgress?.(Math.min(start + BATCH_SIZE, missing.length), missing.length);
    await nextTurn();
  }
}
