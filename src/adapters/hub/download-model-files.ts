import { mkdir, rename, writeFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { dirname, join } from "node:path";
import { UserError } from "../../domain/errors.ts";
import { withBlobLock } from "./blob-lock.ts";
import { downloadBlob, fileSize } from "./download-blob.ts";
import { createTally, type DownloadProgress, type Tally } from "./download-tally.ts";
import { cachedFiles } from "./cached-files.ts";
import { checkRevision, isCommit, repoCache, type RepoCache } from "./hub-cache-layout.ts";
import { createHubClient, type HubClient } from "./hub-client.ts";
import { openHubTransport, type HubFetch, type HubProxies } from "./hub-transport.ts";
import { linkIntoSnapshot } from "./link-snapshot.ts";
import { checkDiskSpace, isHere, planFile, type PlannedFile } from "./plan-download.ts";
import { DEFAULT_RETRIES, withRetries, type RetryPolicy } from "./transient-error.ts";

export interface DownloadOptions {
  /** The hub's address without a slash at the end: "https://huggingface.co". */
  readonly endpoint: string;
  readonly token?: string | undefined;
  /** The folder that holds `models--owner--name`. Created when it is missing. */
  readonly cacheFolder: string;
  /** No request at all: only what is in the cache. */
  readonly offline: boolean;
  readonly proxies?: HubProxies;
  /** In place of the own transport; `proxies` and `idleTimeoutMs` then do nothing. */
  readonly fetch?: HubFetch;
  readonly repo: string;
  /** Branch, tag or commit. */
  readonly revision: string;
  /** Picks from the repository's paths. May throw UserError when what it needs is not among them. */
  readonly wanted: (paths: readonly string[]) => readonly string[];
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
  readonly retries?: RetryPolicy;
  /** How long a server may stay silent before the connection counts as cut. */
  readonly idleTimeoutMs?: number;
}

export interface DownloadedFiles {
  /** The snapshot: absolute path of the folder in which the files have their names. */
  readonly folder: string;
  readonly commit: string;
  readonly files: readonly { readonly path: string; readonly sizeBytes: number; readonly reused: boolean }[];
}

const IDLE_TIMEOUT_MS = 60_000;
/**
 * Brings the wanted files of one model into the Hugging Face cache, and reuses what is there, whoever brought it. Every file
 * is checked against the hub's digest; nothing that is complete is ever removed or overwritten by something that is not.
 *
 * Throws UserError for everything that the user or time can mend, and rejects with `signal.reason` when aborted: parts that
 * have arrived stay, and the next call goes on from them.
 */
export async function downloadModelFiles(options: DownloadOptions): Promise<DownloadedFiles> {
  const { repo, revision, cacheFolder, signal } = options;
  const cache = repoCache(cacheFolder, repo);
  checkRevision(revision);
  if (options.offline) return cachedFiles(cache, options);
  const transport = options.fetch
    ? { fetch: options.fetch, close: async () => {} }
    : await openHubTransport(options.proxies, options.idleTimeoutMs ?? IDLE_TIMEOUT_MS);
  try {
    const client = createHubClient({ endpoint: options.endpoint, token: options.token, fetch: transport.fetch, signal });
    return await bringFiles(client, cache, options);
  } catch (error) {
    throw signal?.aborted ? signal.reason : asUserError(error, cacheFolder);
  } finally {
    await transport.close();
  }
}

async function bringFiles(client: HubClient, cache: RepoCache, options: DownloadOptions): Promise<DownloadedFiles> {
  const { repo, revision, signal, retries = DEFAULT_RETRIES } = options;
  const { commit, paths } = await withRetries(() => client.revision(repo, revision), retries, { signal, firstContact: true });
  await mkdir(cache.blobsFolder, { recursive: true });
  const plan: PlannedFile[] = [];
  for (const path of options.wanted(paths)) {
    const file = await withRetries(() => client.describe(repo, commit, path), retries, { signal });
    plan.push(await planFile(cache, commit, path, file));
  }
  await checkDiskSpace(plan, options.cacheFolder);
  const tally = createTally(plan, options.onProgress);
  for (const planned of plan) {
    signal?.throwIfAborted();
    if (!planned.reused) await bringFile(client, cache, commit, planned, options, tally);
    if ((await fileSize(planned.blobPath)) !== undefined) await linkIntoSnapshot(planned.blobPath, planned.pointerPath);
  }
  // Last, so that the branch's name never leads to a snapshot that lacks files.
  if (!isCommit(revision)) await writeReference(join(cache.refsFolder, ...revision.split("/")), commit);
  const files = plan.map(async ({ path, pointerPath, reused }) => ({ path, sizeBytes: (await fileSize(pointerPath)) ?? 0, reused }));
  return { folder: join(cache.snapshotsFolder, commit), commit, files: await Promise.all(files) };
}

async function bringFile(client: HubClient, cache: RepoCache, commit: string, planned: PlannedFile, options: DownloadOptions, tally: Tally): Promise<void> {
  const { path, file, blobPath, pointerPath } = planned;
  const { signal, retries = DEFAULT_RETRIES } = options;
  const lockPath = join(cache.locksFolder, `${file.etag}.rerank-lock`);
  await withBlobLock(lockPath, { signal, onWait: () => tally.report(path, "waiting") }, async () => {
    // Another process may have brought it while this one waited.
    if (!(await isHere(file, blobPath, pointerPath))) {
      await downloadBlob({
        path,
        host: client.host,
        file,
        blobPath,
        open: (fromByte) => client.open(options.repo, commit, path, fromByte),
        retries,
        signal,
        onBytes: (doneBytes) => tally.count(path, doneBytes),
        onRetry: (detail) => tally.report(path, "retrying", detail),
        onCheck: () => tally.report(path, "checking"),
      });
    }
  });
  tally.count(path, (await fileSize(blobPath)) ?? file.sizeBytes ?? 0);
}

async function writeReference(path: string, commit: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const aside = `${path}.${randomUUID()}.new`;
  await writeFile(aside, commit);
  await rename(aside, path);
}

/** Failures of the file system become the user's: the rest is ours. */
function asUserError(error: unknown, cacheFolder: string): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return error;
  const full = code === "ENOSPC" || code === "EDQUOT";
  return new UserError(full ? `the disk of ${cacheFolder} is full` : `cannot write to ${cacheFolder}: ${(error as Error).message}`, {
    hint: full ? "free space and run the command again: what has arrived is kept" : "fix its permissions, or name another folder in HF_HUB_CACHE",
    cause: error,
  });
}
