import { watch } from "chokidar";

export interface WatchOptions {
  /** A folder whose changes do not count: the index itself. */
  readonly ignored: string;
  /** Ends the watching. */
  readonly signal: AbortSignal;
  /** Quiet time after the last change before it is told: editors write a file in several steps. */
  readonly quietMs?: number;
}

/** Yields once after every burst of changes below the folders, until `signal` aborts. */
export async function* watchFolders(
  folders: readonly string[],
  { ignored, signal, quietMs = 300 }: WatchOptions,
): AsyncGenerator<void> {
  const skipped = new Set([".git", "node_modules", ".rerank"]);
  const watcher = watch([...folders], {
    ignoreInitial: true,
    ignored: (path) => path === ignored || path.split(/[\\/]/).some((part) => skipped.has(part) && !folders.includes(path)),
    awaitWriteFinish: { stabilityThreshold: quietMs, pollInterval: 50 },
  });
  let changed = false;
  let wake = () => {};
  let timer: NodeJS.Timeout | undefined;
  watcher.on("all", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      changed = true;
      wake();
    }, quietMs);
  });
  signal.addEventListener("abort", () => wake(), { once: true });
  try {
    while (!signal.aborted) {
      if (!changed) await new Promise<void>((resolve) => (wake = resolve));
      if (signal.aborted) return;
      changed = false;
      yield;
    }
  } finally {
    clearTimeout(timer);
    await watcher.close();
  }
}
