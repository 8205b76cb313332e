import { readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../domain/errors.ts";

const REPO = /^[\w-][\w.-]*\/[\w-][\w.-]*$/;
const REVISION = /^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/;
const COMMIT = /^[0-9a-f]{40}$/;

/** The folders of one model repository in the cache that huggingface_hub and transformers fill. */
export interface RepoCache {
  /** Contents, each named by the hub's digest of it. */
  readonly blobsFolder: string;
  /** Files whose text is a commit, by the name of a branch or tag. */
  readonly refsFolder: string;
  /** One folder per commit: file names that point into the blobs. */
  readonly snapshotsFolder: string;
  /** Marks of downloads under way. */
  readonly locksFolder: string;
}

/** @param repo "owner/name". Throws UserError when it is none: a part of it becomes the name of a folder. */
export function repoCache(cacheFolder: string, repo: string): RepoCache {
  if (!isRepoId(repo)) throw new UserError(`"${repo}" is not the id of a model on the hub`, { hint: "hub ids look like owner/name" });
  const name = `models--${repo.replace("/", "--")}`;
  return {
    blobsFolder: join(cacheFolder, name, "blobs"),
    refsFolder: join(cacheFolder, name, "refs"),
    snapshotsFolder: join(cacheFolder, name, "snapshots"),
    locksFolder: join(cacheFolder, ".locks", name),
  };
}

export function isRepoId(name: string): boolean {
  return REPO.test(name) && !name.includes("..") && !name.includes("--");
}

/** A full commit id: nothing that it names can change. */
export function isCommit(revision: string): boolean {
  return COMMIT.test(revision);
}

/** Throws UserError for text that is no branch, tag or commit: it becomes a part of a path and of an address. */
export function checkRevision(revision: string): void {
  if (REVISION.test(revision) && !revision.includes("..")) return;
  throw new UserError(`"${revision}" is not a revision`, { hint: "name a branch, a tag or a commit" });
}

/** The commit that the cache knows for a branch or tag; `undefined` where none was brought yet. */
export function cachedCommit(cache: RepoCache, revision: string): string | undefined {
  if (isCommit(revision)) return revision;
  checkRevision(revision);
  try {
    const commit = readFileSync(join(cache.refsFolder, ...revision.split("/")), "utf8").trim();
    return isCommit(commit) ? commit : undefined;
  } catch {
    // No such file: never brought.
    return undefined;
  }
}
