import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { generationFolder, nextGenerationFolder, type IndexHome } from "../adapters/index-home.ts";
import { openSqliteStore } from "../adapters/sqlite-store/open-sqlite-store.ts";
import { UserError } from "../domain/errors.ts";
import { differences } from "../pipeline/index-manifest.ts";
import type { IndexManifest } from "../ports/passage-store.ts";
import { STORE_FILE } from "./compose.ts";

/** The next generation's folder; what an interrupted rebuild left there is used when it was built the same way. */
export function prepareRebuild(home: IndexHome, manifest: IndexManifest, onNotice: (line: string) => void): string {
  const folder = nextGenerationFolder(home);
  if (!existsSync(folder)) return folder;
  const obstacle = obstacleToResume(folder, manifest);
  if (obstacle === undefined) return folder;
  if (obstacle !== "") onNotice(`an interrupted rebuild is started anew: it was made with ${obstacle}`);
  rmSync(folder, { recursive: true, force: true });
  return folder;
}

/** Why the rest of a rebuild is of no use, in words; "" when there is nothing in it; `undefined` when it can be used. */
function obstacleToResume(folder: string, manifest: IndexManifest): string | undefined {
  try {
    const store = openSqliteStore(join(folder, STORE_FILE), { readOnly: true });
    try {
      const left = store.readManifest();
      if (left === undefined) return "";
      return differences(left, manifest).join(" and ") || undefined;
    } finally {
      store.close();
    }
  } catch {
    // Damaged, of another version, or killed before it had any table.
    return "";
  }
}

/** `undefined` before the first run. An older layout is brought up to date by the opening. */
export function readManifest(home: IndexHome): IndexManifest | undefined {
  const file = join(generationFolder(home), STORE_FILE);
  if (!existsSync(file)) return undefined;
  const store = openSqliteStore(file);
  try {
    return store.readManifest();
  } finally {
    store.close();
  }
}

/** The manifest that a rebuild takes roots and model from; a damaged store has none, and then the folders must be named. */
export function manifestForRebuild(home: IndexHome, areFoldersKnown: boolean): IndexManifest | undefined {
  try {
    return readManifest(home);
  } catch (error) {
    if (areFoldersKnown) return undefined;
    throw new UserError(`the index cannot be read, so its folders are not known: ${(error as Error).message}`, {
      hint: "name them: rerank index --rebuild <folder>",
      cause: error,
    });
  }
}
