import { randomUUID } from "node:crypto";
import { link, mkdir, open, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 150;
const HEARTBEAT_MS = 5_000;
/** A holder that has not shown itself for so long is gone: three heartbeats may be lost to a slow disk. */
const STALE_MS = 20_000;

export interface LockOptions {
  readonly signal: AbortSignal | undefined;
  /** Called once when another process holds the lock. */
  readonly onWait: () => void;
}

/**
 * Runs a task while no other process runs one under the same lock file. Node has no file locks, so the file's existence is
 * the lock, and its modification time shows that the holder lives. Rejects with `signal.reason` when aborted while it waits.
 */
export async function withBlobLock<T>(lockPath: string, { signal, onWait }: LockOptions, task: () => Promise<T>): Promise<T> {
  const mark = JSON.stringify({ pid: process.pid, host: hostname(), id: randomUUID() });
  for (let waits = 0; !(await take(lockPath, mark)); waits += 1) {
    if (waits === 0) onWait();
    signal?.throwIfAborted();
    await removeStale(lockPath);
    await sleep(POLL_MS, undefined, signal && { signal }).catch(() => signal?.throwIfAborted());
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    // A lock that was taken away (the machine slept) costs at most a second download of the same bytes.
    utimes(lockPath, now, now).catch(() => {});
  }, HEARTBEAT_MS);
  heartbeat.unref();
  try {
    return await task();
  } finally {
    clearInterval(heartbeat);
    if ((await contentOf(lockPath)) === mark) await rm(lockPath, { force: true });
  }
}

async function take(lockPath: string, mark: string): Promise<boolean> {
  // Holders that fail may take the folder away again, at any moment, when it is empty.
  await mkdir(dirname(lockPath), { recursive: true });
  try {
    const handle = await open(lockPath, "wx");
    try {
      await handle.writeFile(mark);
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if (["EEXIST", "ENOENT"].includes((error as NodeJS.ErrnoException).code ?? "")) return false;
    throw error;
  }
}

async function removeStale(lockPath: string): Promise<void> {
  const seen = await contentOf(lockPath);
  if (seen === undefined || !(await isStale(lockPath, seen))) return;
  const aside = `${lockPath}.${randomUUID()}`;
  try {
    await rename(lockPath, aside);
    // Another process may have removed the stale lock and taken a new one between the look and the rename: give that back.
    if ((await contentOf(aside)) !== seen) await link(aside, lockPath);
  } catch {
    // The other process was faster; the next try to take the lock tells.
  }
  await rm(aside, { force: true });
}

async function isStale(lockPath: string, mark: string): Promise<boolean> {
  const { pid, host } = parseMark(mark);
  if (host === hostname() && pid !== undefined && !isAlive(pid)) return true;
  try {
    const { mtimeMs } = await stat(lockPath);
    return Date.now() - mtimeMs > STALE_MS;
  } catch {
    return false;
  }
}

function parseMark(mark: string): { readonly pid?: number; readonly host?: string } {
  try {
    return (JSON.parse(mark) ?? {}) as { pid?: number; host?: string };
  } catch {
    // Its holder is still writing it, or died in the middle: then its age tells.
    return {};
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function contentOf(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined);
}
