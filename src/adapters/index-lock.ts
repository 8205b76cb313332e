import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type BetterSqlite3 from "better-sqlite3";
import { UserError } from "../domain/errors.ts";
import { loadBetterSqlite3 } from "./native-modules.ts";
import { translateSqliteError } from "./sqlite-store/errors.ts";

/** The process that holds an index, as it describes itself. */
export interface IndexLockHolder {
  readonly pid: number;
  /** As the user typed it: "rerank index ./docs". */
  readonly command: string;
  /** ISO 8601. */
  readonly startedAt: string;
}

export interface AcquireIndexLockOptions {
  readonly command: string;
  /** Wait until the holder is done; otherwise a held lock is a UserError. */
  readonly wait: boolean;
  /** Called once, when the waiting begins. `undefined`: the holder has not said who it is. */
  readonly onWaiting?: (holder: IndexLockHolder | undefined) => void;
  readonly signal?: AbortSignal;
}

export interface IndexLock {
  release(): void;
}

const POLL_MS = 250;
/** A holder writes its name right after it has the lock: this long it may take. */
const NAMING_MS = 50;

/**
 * The right to write the index in this folder, for one process at a time. It is a transaction on an empty SQLite database:
 * the operating system ends it with the process, however that dies, so that no lock is ever left behind.
 *
 * @throws UserError when another process holds the lock (without `wait`) or the folder cannot be written; `signal.reason`
 * when aborted.
 */
export async function acquireIndexLock(folder: string, options: AcquireIndexLockOptions): Promise<IndexLock> {
  const { command, wait, onWaiting, signal } = options;
  for (let isFirst = true; ; isFirst = false) {
    signal?.throwIfAborted();
    const lock = tryLock(folder, command);
    if (lock !== undefined) return lock;
    if (isFirst) {
      const holder = await findHolder(folder, signal);
      if (!wait) throw heldBy(holder);
      onWaiting?.(holder);
    }
    await waitFor(POLL_MS, signal);
    // A holder whose first run fails takes the folder away again.
    mkdirSync(folder, { recursive: true });
  }
}

/** `undefined` when another process holds the lock. */
function tryLock(folder: string, command: string): IndexLock | undefined {
  const file = join(folder, "lock.sqlite");
  const holderFile = holderFileOf(folder);
  let db: BetterSqlite3.Database | undefined;
  try {
    db = new (loadBetterSqlite3())(file, { timeout: 0 });
    // Nothing is ever written to the database: it stays empty, and cannot be damaged.
    db.exec("BEGIN EXCLUSIVE");
    writeFileSync(holderFile, JSON.stringify({ pid: process.pid, command, startedAt: new Date().toISOString() }));
  } catch (error) {
    db?.close();
    if (error instanceof Error && "code" in error && String(error.code).startsWith("SQLITE_BUSY")) return undefined;
    throw translateLockError(error, file);
  }
  const held = db;
  return {
    release() {
      if (!held.open) return;
      try {
        // First the name, then the lock: the next holder's name must not be the one that is removed.
        rmSync(holderFile, { force: true });
      } finally {
        held.close();
      }
    },
  };
}

function translateLockError(error: unknown, file: string): unknown {
  // better-sqlite3's own check, before SQLite is asked.
  if (error instanceof TypeError && error.message.includes("directory does not exist")) {
    return new UserError(`the index cannot be locked: the folder of ${file} does not exist`, { cause: error });
  }
  return translateSqliteError(error, file);
}

async function findHolder(folder: string, signal: AbortSignal | undefined): Promise<IndexLockHolder | undefined> {
  const holder = indexLockHolder(folder);
  if (holder !== undefined) return holder;
  await waitFor(NAMING_MS, signal);
  return indexLockHolder(folder);
}

/**
 * The process that says it holds the lock: for messages, and for guesses about what is unfinished. `undefined` when the
 * file is missing, half written, or left behind by a process that is no more.
 */
export function indexLockHolder(folder: string): IndexLockHolder | undefined {
  try {
    const holder = JSON.parse(readFileSync(holderFileOf(folder), "utf8")) as IndexLockHolder;
    return isAlive(holder.pid) ? holder : undefined;
  } catch {
    // The name is for messages only; the lock does not depend on it.
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Not allowed to signal it: it is another user's, and alive.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function holderFileOf(folder: string): string {
  return join(folder, "lock.json");
}

function heldBy(holder: IndexLockHolder | undefined): UserError {
  const who =
    holder === undefined
      ? ""
      : `: pid ${holder.pid}, \`${holder.command}\`, since ${new Date(holder.startedAt).toTimeString().slice(0, 5)}`;
  return new UserError(`another rerank process holds the index${who}`, {
    hint: "wait until it is done, or stop it; what it has committed stays",
  });
}

/** Rejects with `signal.reason`, where the timer would reject with an error of its own. */
async function waitFor(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(ms, undefined, signal && { signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw error;
  });
}
