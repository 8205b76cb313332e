import { UserError } from "../../domain/errors.ts";
import type { CacheLimits, DatedCache, DatedRelevance } from "./dated-cache.ts";
import { isBusy, isDamage, openRelevanceFile, type RelevanceFile, setAside } from "./relevance-file.ts";

export interface SqliteCacheOptions extends CacheLimits {
  /** Absolute. Two processes may share it. */
  readonly path: string;
  /** One line each, said once, about what keeps relevances from being kept. */
  readonly onNotice?: ((line: string) => void) | undefined;
}

const BATCH_DELAY_MS = 100;
/** Of one transaction: 15 ms on a busy machine. No processor judges more in the time between two. */
const MAX_BATCH = 250;
/** What waits while another process writes. Beyond it the oldest are forgotten. */
const MAX_PENDING = 20_000;
/** A file that could not be opened is tried again after this time: the disk may have room by then. */
const RETRY_MS = 60_000;

/**
 * Relevances in a SQLite file that only this user can read; keys are digests, and no text is ever in it. Writes wait for a batch, so
 * that no request waits for a disk; a process that is killed loses the last tenth of a second. A damaged cache is put aside and begun
 * anew; where the disk is full or cannot be written, a notice is given and nothing is kept until it can be. `close` writes
 * what waits. Throws UserError where the path is anything but a cache of relevances, and leaves that as it is.
 */
export function openSqliteCache({ path, maxEntries, ttlMs, now = Date.now, onNotice = () => {} }: SqliteCacheOptions): DatedCache {
  const pending = new Map<string, DatedRelevance>();
  const said = new Set<"lost" | "damaged">();
  let file: RelevanceFile | undefined;
  let retryAtMs = 0;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  function notify(kind: "lost" | "damaged", line: string): void {
    if (!said.has(kind)) onNotice(line);
    said.add(kind);
  }

  function opened(): RelevanceFile | undefined {
    if (file !== undefined || closed || performance.now() < retryAtMs) return file;
    try {
      file = openRelevanceFile(path);
    } catch (error) {
      if (!isDamage(error)) {
        retryAtMs = performance.now() + RETRY_MS;
        throw error;
      }
      beginAnew(error as Error);
    }
    return file;
  }

  function beginAnew({ message }: Error): void {
    file?.close();
    file = undefined;
    retryAtMs = performance.now() + RETRY_MS;
    const aside = setAside(path);
    notify("damaged", `the cache of relevances was damaged (${message}): it is begun anew, and the old one is ${aside}`);
    file = openRelevanceFile(path);
  }

  /** `otherwise` where the file is not there or fails: that is no error of a request. */
  function attempt<Result>(work: (file: RelevanceFile) => Result, otherwise: Result): Result {
    try {
      const there = opened();
      if (there !== undefined) return work(there);
    } catch (error) {
      if (!isBusy(error)) recover(error as Error);
    }
    return otherwise;
  }

  function recover(error: Error): void {
    let reason = error;
    if (isDamage(error)) {
      try {
        beginAnew(error);
        return;
      } catch (second) {
        reason = second as Error;
      }
    }
    notify("lost", `relevances are not kept in ${path}: ${reason.message}`);
  }

  /** Returns false where another process is writing: what waits can be written later. */
  function flush(): boolean {
    const batch = [...pending].slice(0, MAX_BATCH);
    try {
      opened()?.save(batch, { maxEntries, oldestMs: now() - ttlMs });
    } catch (error) {
      if (isBusy(error)) return false;
      recover(error as Error);
    }
    for (const [key] of batch) pending.delete(key);
    return true;
  }

  function schedule(): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      flush();
      if (pending.size > 0) schedule();
    }, BATCH_DELAY_MS).unref();
  }

  function getDated(key: string): DatedRelevance | undefined {
    checkKey(key);
    const dated = pending.get(key) ?? attempt((there) => there.get(key), undefined);
    return dated !== undefined && now() - dated.storedAtMs < ttlMs ? dated : undefined;
  }

  function setDated(key: string, dated: DatedRelevance): void {
    checkKey(key);
    if (closed) return;
    pending.delete(key);
    pending.set(key, dated);
    for (const oldest of pending.keys()) {
      if (pending.size <= MAX_PENDING) break;
      pending.delete(oldest);
    }
    schedule();
  }

  try {
    opened();
  } catch (error) {
    if (error instanceof UserError) throw error;
    recover(error as Error);
  }
  return {
    getDated,
    setDated,
    get: (key) => getDated(key)?.known,
    set: (key, known) => setDated(key, { known, storedAtMs: now() }),
    /** Those that wait for their batch included. */
    get entryCount() {
      return attempt((there) => there.entryCount, 0) + pending.size;
    },
    close() {
      if (closed) return;
      clearTimeout(timer);
      attempt((there) => there.waitLonger(), undefined);
      while (pending.size > 0 && flush());
      pending.clear();
      closed = true;
      file?.close();
      file = undefined;
    },
  };
}

/** What is no digest could be a text, and must not come into the file. */
function checkKey(key: string): void {
  if (!/^(?:[0-9a-f]{2})+$/.test(key)) throw new Error("a key of the cache is not a hexadecimal digest");
}
