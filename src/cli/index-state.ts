import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { createFileWalker } from "../adapters/file-walker.ts";
import type { IndexHome } from "../adapters/index-home.ts";
import { hnswState } from "../adapters/open-vector-index.ts";
import { stalenessOf, type IndexStatus, type Staleness } from "../pipeline/index-status.ts";
import type { IndexManifest, PassageStore } from "../ports/passage-store.ts";
import { STORE_FILE } from "./compose.ts";

export interface ReadableIndex {
  readonly store: PassageStore;
  readonly manifest: IndexManifest;
  /** Of the generation that the store is of. */
  readonly folder: string;
}

/** What lies in an index's files; none of the documents' files is looked at. */
export function indexState({ indexFolder }: IndexHome, { store, manifest, folder }: ReadableIndex): Omit<IndexStatus, "staleness"> {
  const { sizeBytes, inStep } = hnswState(folder, store.vectorCensus(), manifest.embedderFingerprint);
  return {
    indexFolder,
    manifest,
    counts: store.counts(),
    storeBytes: sizeOf(join(folder, STORE_FILE)) + sizeOf(join(folder, `${STORE_FILE}-wal`)),
    hnswBytes: sizeBytes,
    hnswInStep: inStep,
  };
}

/** Lists all files that the index covers. Rejects with the signal's reason. */
export function indexStaleness(baseFolder: string, { store, manifest }: Omit<ReadableIndex, "folder">, signal: AbortSignal): Promise<Staleness> {
  return stalenessOf(store, createFileWalker({ baseFolder }), manifest.roots, ({ path }) => existsSync(resolve(baseFolder, path)), signal);
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
