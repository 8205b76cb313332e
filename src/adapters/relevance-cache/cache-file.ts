import { existsSync, statSync } from "node:fs";
import { loadBetterSqlite3 } from "../native-modules.ts";
import { isDamage, openRelevanceFile, setAside } from "./relevance-file.ts";

export interface CacheFileState {
  readonly entries: number;
  /** With its log. */
  readonly sizeBytes: number;
  /** When the oldest and the newest entry were answered, in milliseconds as `Date.now()` has them; `undefined` where there is none. */
  readonly oldestMs: number | undefined;
  readonly newestMs: number | undefined;
}

/** What a file of relevances holds; `undefined` where there is none. Throws UserError for a file of another program. */
export function readCacheFile(path: string): CacheFileState | undefined {
  if (!existsSync(path)) return undefined;
  // Refuses what is not ours, and repairs nothing.
  openRelevanceFile(path).close();
  const db = new (loadBetterSqlite3())(path, { readonly: true });
  try {
    const { entries, oldest, newest } = db.prepare("SELECT count(*) AS entries, min(stored_at) AS oldest, max(stored_at) AS newest FROM relevance").get() as Row;
    return { entries, sizeBytes: sizeOf(path), oldestMs: oldest ?? undefined, newestMs: newest ?? undefined };
  } finally {
    db.close();
  }
}

interface Row {
  readonly entries: number;
  readonly oldest: number | null;
  readonly newest: number | null;
}

/**
 * Drops all entries, also under other processes that have the file open: they go on with it. A damaged file is put aside.
 *
 * @returns the number of entries that were dropped. Throws UserError for a file of another program.
 */
export function clearCacheFile(path: string): number {
  if (!existsSync(path)) return 0;
  try {
    openRelevanceFile(path).close();
  } catch (error) {
    if (!isDamage(error)) throw error;
    setAside(path);
    return 0;
  }
  const db = new (loadBetterSqlite3())(path, { timeout: 2000 });
  try {
    const dropped = db.transaction(() => {
      const { changes } = db.prepare("DELETE FROM relevance").run();
      db.prepare("UPDATE counter SET entries = 0").run();
      return changes;
    })();
    // Gives the room back; deleted rows stay on the disk until then.
    db.exec("VACUUM");
    db.pragma("wal_checkpoint(TRUNCATE)");
    return dropped;
  } finally {
    db.close();
  }
}

function sizeOf(path: string): number {
  return [path, `${path}-wal`].reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
}
