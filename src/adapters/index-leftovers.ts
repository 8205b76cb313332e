import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Leftovers } from "../ports/audited-store.ts";
import { hnswLeftovers, removeHnswLeftovers } from "./hnsw-files.ts";
import { generationFolder, otherGenerations, removeOldGenerations, type IndexHome } from "./index-home.ts";

/** What a switch of generations writes aside. */
const CURRENT_ASIDE = "CURRENT.new";

/** What killed processes have left in an index's folder. A process that is writing has such files too. */
export function findLeftovers(home: IndexHome): Leftovers {
  const folder = generationFolder(home);
  const { old, next } = otherGenerations(home);
  const aside = join(home.indexFolder, CURRENT_ASIDE);
  const useless = [
    ...old.map((name) => join(home.indexFolder, name)),
    ...hnswLeftovers(folder).map((name) => join(folder, name)),
    ...(existsSync(aside) ? [aside] : []),
  ];
  const unfinished = next.map((name) => join(home.indexFolder, name));
  return {
    useless,
    uselessBytes: useless.reduce((sum, path) => sum + bytesBelow(path), 0),
    unfinishedRebuilds: unfinished,
    unfinishedBytes: unfinished.reduce((sum, path) => sum + bytesBelow(path), 0),
  };
}

/** Removes what is useless. The caller holds the index's lock: nobody else writes. */
export function removeLeftovers(home: IndexHome): void {
  removeOldGenerations(home);
  removeHnswLeftovers(generationFolder(home));
  rmSync(join(home.indexFolder, CURRENT_ASIDE), { force: true });
}

/** Bytes of a file, or of all files in a folder. What is gone meanwhile counts nothing. */
export function bytesBelow(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 0;
  if (!stats.isDirectory()) return stats.size;
  try {
    return readdirSync(path).reduce((sum, name) => sum + bytesBelow(join(path, name)), 0);
  } catch {
    // Removed between the two looks, or not ours to read.
    return 0;
  }
}
