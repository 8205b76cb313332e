import { readdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { UserError } from "../../domain/errors.ts";
import { fileSize } from "./download-blob.ts";
import type { DownloadedFiles, DownloadOptions } from "./download-model-files.ts";
import { cachedCommit, type RepoCache } from "./hub-cache-layout.ts";

/** The wanted files from the cache alone. Throws UserError when the model was never brought, or not all of it. */
export async function cachedFiles(cache: RepoCache, { repo, revision, wanted }: DownloadOptions): Promise<DownloadedFiles> {
  const commit = cachedCommit(cache, revision);
  const folder = commit === undefined ? undefined : join(cache.snapshotsFolder, commit);
  const sizes = folder === undefined ? new Map<string, number>() : await filesBelow(folder);
  if (commit === undefined || folder === undefined || sizes.size === 0) {
    throw new UserError(`${repo} is not on this machine, and HF_HUB_OFFLINE forbids to bring it`, {
      hint: "unset HF_HUB_OFFLINE (and TRANSFORMERS_OFFLINE) and run the command again",
    });
  }
  const files = wanted([...sizes.keys()]).map((path) => ({ path, sizeBytes: sizes.get(path) ?? 0, reused: true }));
  return { folder, commit, files };
}

/** Sizes by path with forward slashes. A pointer whose blob is gone is no file. */
async function filesBelow(folder: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const sizeBytes = await fileSize(path);
    if (sizeBytes !== undefined) sizes.set(relative(folder, path).replaceAll(sep, "/"), sizeBytes);
  }
  return sizes;
}
