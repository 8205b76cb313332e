import { existsSync, realpathSync } from "node:fs";
import { dirname, sep } from "node:path";
import { watch } from "chokidar";
import { UserError } from "../domain/errors.ts";

export interface WatchOptions {
  /** A folder whose changes do not count: the index itself. */
  readonly ignored: string;
  /** Ends the watching. */
  readonly signal: AbortSignal;
  /** Whether folders behind symbolic links are watched too. */
  readonly follow: boolean;
  /** Quiet time after the last change before it is told: editors write a file in several steps. */
  readonly quietMs?: number;
  /** A change is told after this time though others keep coming: logs never rest. */
  readonly longestMs?: number;
}

/** Never documents; see walk-tree. */
const NEVER_WATCHED = new Set([".git", ".rerank", "node_modules"]);

/**
 * Yields once when the watching has begun, and once after every burst of changes of these files and folders or below them,
 * until `signal` aborts. Changes that come while the caller works are told afterwards, together.
 *
 * @throws UserError when the system refuses to watch so many folders.
 */
export async function* watchFolders(
  paths: readonly string[],
  { ignored, signal, follow, quietMs = 300, longestMs = 3000 }: WatchOptions,
): AsyncGenerator<void> {
  // A root may itself be a symbolic link, which the user named and which is followed.
  const roots = paths.map((path) => (existsSync(path) ? realpathSync(path) : path));
  const parents = new Set(roots.map((root) => dirname(root)));
  const isWatched = (path: string): boolean => roots.some((root) => isDocumentPath(path, root)) && !isBelow(path, ignored);
  // The folder around a root tells when the root comes back: editors and `git checkout` remove and make things anew.
  const watcher = watch([...roots, ...parents], {
    ignoreInitial: true,
    ignorePermissionErrors: true,
    followSymlinks: follow,
    ignored: (path) => !parents.has(path) && !isWatched(path),
  });
  let changed = false;
  let failure: unknown;
  let firstAt: number | undefined;
  let wake = (): void => {};
  let timer: NodeJS.Timeout | undefined;
  const tell = (): void => {
    changed = true;
    firstAt = undefined;
    wake();
  };
  watcher.on("ready", tell);
  watcher.on("all", (_event, path) => {
    // The folders around the roots change for other reasons too.
    if (!isWatched(path)) return;
    firstAt ??= performance.now();
    clearTimeout(timer);
    timer = setTimeout(tell, Math.max(0, Math.min(quietMs, firstAt + longestMs - performance.now())));
  });
  watcher.on("error", (error) => {
    failure ??= translateWatchError(error);
    wake();
  });
  const onAbort = (): void => wake();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    for (;;) {
      if (!changed && failure === undefined && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
      if (signal.aborted) return;
      if (failure !== undefined) throw failure;
      changed = false;
      yield;
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    await watcher.close();
  }
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** A root itself, or below it and not in a folder that is never entered; above the root such a folder does no harm. */
function isDocumentPath(path: string, root: string): boolean {
  if (!isBelow(path, root)) return false;
  return !path.slice(root.length).split(sep).some((part) => NEVER_WATCHED.has(part));
}

function translateWatchError(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== "ENOSPC" && code !== "EMFILE") return error;
  return new UserError("the system watches no more files for this user", {
    hint: "watch fewer folders, or raise fs.inotify.max_user_watches (Linux) or the limit of open files: ulimit -n",
    cause: error,
  });
}
