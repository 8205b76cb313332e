import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../domain/errors.ts";
import { fileSize, partPathOf } from "./download-blob.ts";
import type { RepoCache } from "./hub-cache-layout.ts";
import type { HubFile } from "./hub-client.ts";

/** A wanted file, where it goes, and how much of it is here. */
export interface PlannedFile {
  readonly path: string;
  readonly file: HubFile;
  readonly blobPath: string;
  readonly pointerPath: string;
  /** Complete in the cache already. */
  readonly reused: boolean;
  /** Bytes that are here from an earlier, interrupted run. */
  readonly partBytes: number;
}

/** Left free on the disk beyond the files themselves. */
const SPARE_BYTES = 64 * 1024 * 1024;

export async function planFile(cache: RepoCache, commit: string, path: string, file: HubFile): Promise<PlannedFile> {
  const blobPath = join(cache.blobsFolder, file.etag);
  const pointerPath = join(cache.snapshotsFolder, commit, ...path.split("/"));
  return { path, file, blobPath, pointerPath, reused: await isHere(file, blobPath, pointerPath), partBytes: (await fileSize(partPathOf(blobPath))) ?? 0 };
}

/**
 * Whether a file is complete in the cache. Where file systems have no links, huggingface_hub keeps the file itself in the
 * snapshot, and no blob.
 */
export async function isHere({ sizeBytes }: HubFile, blobPath: string, pointerPath: string): Promise<boolean> {
  const found = (await fileSize(blobPath)) ?? (await fileSize(pointerPath));
  return found !== undefined && (sizeBytes === undefined || found === sizeBytes);
}

/** Throws UserError when the disk has no room for what is still to come. */
export async function checkDiskSpace(plan: readonly PlannedFile[], cacheFolder: string): Promise<void> {
  const missing = plan.filter(({ reused }) => !reused);
  const neededBytes = missing.reduce((total, { file, partBytes }) => total + Math.max(0, (file.sizeBytes ?? 0) - partBytes), 0);
  if (neededBytes === 0) return;
  const { bavail, bsize } = await statfs(cacheFolder);
  if (bavail * bsize >= neededBytes + SPARE_BYTES) return;
  throw new UserError(`the model needs ${gigabytes(neededBytes)}, and the disk of ${cacheFolder} has ${gigabytes(bavail * bsize)} left`, {
    hint: "free space, or name a folder on another disk in HF_HUB_CACHE",
  });
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(bytes < 1e10 ? 2 : 0)} GB`;
}
