import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { cachedCommit, repoCache } from "../hub/hub-cache-layout.ts";

export interface Snapshot {
  /** "owner/name" */
  readonly repo: string;
  /** Absolute. */
  readonly folder: string;
  /** `undefined` in caches that keep none. */
  readonly commit: string | undefined;
}

/**
 * Every snapshot of a repository on this machine, the wanted revision first, then the newest. Also those that transformers.js
 * keeps as plain folders (`owner/name`), and those below `hub/` when the cache folder is the one above it (HF_HOME).
 */
export function snapshotsOf(cacheFolder: string, repo: string, revision: string): Snapshot[] {
  const snapshots: Snapshot[] = [];
  for (const base of [cacheFolder, join(cacheFolder, "hub")]) {
    const cache = repoCache(base, repo);
    const wanted = cachedCommit(cache, revision);
    const found = commitsIn(cache.snapshotsFolder).map((commit) => ({ repo, commit, folder: join(cache.snapshotsFolder, commit) }));
    snapshots.push(...found.filter(({ commit }) => commit === wanted), ...found.filter(({ commit }) => commit !== wanted));
    const plain = join(base, ...repo.split("/"));
    if (existsSync(join(plain, "tokenizer.json"))) snapshots.push({ repo, folder: plain, commit: undefined });
  }
  return snapshots;
}

/** Newest first. */
function commitsIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const dated = readdirSync(folder).map((commit) => ({ commit, mtimeMs: statSync(join(folder, commit)).mtimeMs }));
  return dated.sort((a, b) => b.mtimeMs - a.mtimeMs).map(({ commit }) => commit);
}
