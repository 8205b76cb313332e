import { existsSync } from "node:fs";
import { join } from "node:path";
import { generationFolder } from "../../../src/adapters/index-home.ts";
import { openVectorIndex } from "../../../src/adapters/open-vector-index.ts";
import { openSqliteStore } from "../../../src/adapters/sqlite-store/open-sqlite-store.ts";
import type { PassageStore } from "../../../src/ports/passage-store.ts";

/** Where the store of a folder's index lies now. */
export function storeFile(folder: string): string {
  return join(storeFolder(folder), "index.sqlite");
}

export function storeFolder(folder: string): string {
  return generationFolder({ baseFolder: folder, indexFolder: join(folder, ".rerank") });
}

/** Gives the store of a folder's index, opened for reading, to `look`; `undefined` when there is none yet. */
export function lookAt<T>(folder: string, look: (store: PassageStore) => T): T | undefined {
  const file = storeFile(folder);
  if (!existsSync(file)) return undefined;
  let store: PassageStore;
  try {
    store = openSqliteStore(file, { readOnly: true });
  } catch (error) {
    // The first run has made the file and no table yet.
    if ((error as Error).message.startsWith("there is no index")) return undefined;
    throw error;
  }
  try {
    return look(store);
  } finally {
    store.close();
  }
}

/** All passages of an index with the bytes of their vectors, one line each, in order of path and place. */
export function contentOf(store: PassageStore): string[] {
  const vectors = new Map([...store.vectors()].map(({ vectorId, vector }) => [vectorId, Buffer.from(vector.buffer).toString("base64")]));
  return store
    .paths()
    .flatMap((path) => store.passagesOfDocument(path))
    .map(({ path, location, text, vectorId }) => `${path}:${location.startLine} ${text} ${vectors.get(vectorId) ?? "without a vector"}`)
    .toSorted();
}

/** How a search would recall, with HNSW asked for: the method, and what was said about it. */
export async function recallMethod(folder: string): Promise<{ method: string; notices: string[] }> {
  const store = openSqliteStore(storeFile(folder), { readOnly: true });
  try {
    const manifest = store.readManifest();
    if (manifest === undefined) return { method: "none", notices: [] };
    const notices: string[] = [];
    const index = await openVectorIndex(store, {
      folder: storeFolder(folder),
      dimensions: manifest.dimensions,
      fingerprint: manifest.embedderFingerprint,
      method: "hnsw",
      onNotice: (line) => notices.push(line),
    });
    const query = new Float32Array(manifest.dimensions);
    query[0] = 1;
    await index.nearest(query, 5);
    return { method: index.method, notices };
  } finally {
    store.close();
  }
}
