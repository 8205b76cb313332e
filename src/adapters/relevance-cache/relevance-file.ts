import { chmodSync, closeSync, lstatSync, mkdirSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { loadBetterSqlite3 } from "../native-modules.ts";
import { APPLICATION_ID, checkCacheFile, databaseOfAnother } from "./check-cache-file.ts";
import type { DatedRelevance } from "./dated-cache.ts";

const FORMAT_VERSION = 1;
/** A statement blocks this process's one thread while it waits for the other process's batch. */
const BUSY_TIMEOUT_MS = 20;
/** While it is opened, and for the last batch, nobody waits for an answer. */
const PATIENT_TIMEOUT_MS = 2000;
/** Batches that remove entries are long enough to be rare, and short enough not to be felt. */
const MAX_SPARE_ENTRIES = 250;

const SCHEMA = `
  CREATE TABLE relevance (
    key BLOB PRIMARY KEY,
    logit REAL NOT NULL,
    relevance REAL NOT NULL,
    truncated INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    stored_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX relevance_by_age ON relevance (stored_at);
  CREATE TABLE counter (entries INTEGER NOT NULL);
  INSERT INTO counter VALUES (0);
  PRAGMA user_version = ${FORMAT_VERSION};`;

/** Bits of the column `truncated`: the text was cut, the query was. */
const TEXT_CUT = 1;
const QUERY_CUT = 2;

interface Row {
  readonly logit: number;
  readonly relevance: number;
  readonly truncated: number;
  readonly tokens: number;
  readonly storedAt: number;
}

/** Relevances in SQLite. Errors of SQLite come through as they are. */
export interface RelevanceFile {
  get(key: string): DatedRelevance | undefined;
  /** One transaction. Entries older than `oldestMs`, and the oldest of too many, go with it. */
  save(entries: Iterable<readonly [key: string, dated: DatedRelevance]>, limits: { readonly maxEntries: number; readonly oldestMs: number }): void;
  readonly entryCount: number;
  /** From here on a statement may wait for another process's batch. */
  waitLonger(): void;
  close(): void;
}

/**
 * Makes the file, readable for this user alone, where there is none. Throws UserError for what is not a cache of relevances, which
 * is left as it is; errors of SQLite and of the file system as they are.
 */
export function openRelevanceFile(path: string): RelevanceFile {
  const kind = checkCacheFile(path);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, "a", 0o600));
  // SQLite gives the log and its shared memory the permissions of the file, as soon as it opens them.
  if (kind === "ours") keepPrivate(path);
  const db = new (loadBetterSqlite3())(path, { timeout: PATIENT_TIMEOUT_MS });
  try {
    if (isBlank(db)) {
      keepPrivate(path);
      // Before there is a log, so that the file itself is marked from the first page on.
      db.pragma(`application_id = ${APPLICATION_ID}`);
    } else checkFormat(db, path);
    db.pragma("journal_mode = WAL");
    // Nothing waits for the disk. A killed process loses its last batch; a power cut may damage the file, which is then begun anew.
    db.pragma("synchronous = OFF");
    if (isBlank(db)) inTransaction(db, () => isBlank(db) && db.exec(SCHEMA));
    db.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
    return wrap(db);
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Puts a damaged file out of the way. Another process that has it open goes on with what is put aside.
 *
 * @returns where it is now.
 * @throws UserError for what is not a cache of relevances.
 */
export function setAside(path: string): string {
  checkCacheFile(path);
  let aside = `${path}.damaged`;
  for (let copy = 2; lstatSync(aside, { throwIfNoEntry: false }) !== undefined; copy++) aside = `${path}.damaged-${copy}`;
  renameSync(path, aside);
  for (const suffix of ["-wal", "-shm"]) rmSync(path + suffix, { force: true });
  return aside;
}

/** What can only be mended by a new file: damage, or the format of another version. */
export function isDamage(error: unknown): boolean {
  return error instanceof OtherFormat || (error instanceof Error && "code" in error && /^SQLITE_(CORRUPT|NOTADB|ERROR$|SCHEMA)/.test(String(error.code)));
}

/** Another process is in the middle of its own batch. */
export function isBusy(error: unknown): boolean {
  return error instanceof Error && "code" in error && /^SQLITE_(BUSY|LOCKED)/.test(String(error.code));
}

class OtherFormat extends Error {}

type Database = InstanceType<ReturnType<typeof loadBetterSqlite3>>;

function keepPrivate(path: string): void {
  if (process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
}

function isBlank(db: Database): boolean {
  return db.prepare("SELECT count(*) FROM sqlite_schema").pluck().get() === 0;
}

function checkFormat(db: Database, path: string): void {
  if (db.pragma("application_id", { simple: true }) !== APPLICATION_ID) throw databaseOfAnother(path);
  const version = db.pragma("user_version", { simple: true });
  if (version !== FORMAT_VERSION) throw new OtherFormat(`it has the format ${version}, not ${FORMAT_VERSION}`);
}

function inTransaction(db: Database, work: () => void): void {
  db.exec("BEGIN IMMEDIATE");
  try {
    work();
    db.exec("COMMIT");
  } catch (error) {
    // A full disk has rolled it back already.
    if (db.inTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

function wrap(db: Database): RelevanceFile {
  const select = db.prepare("SELECT logit, relevance, truncated, tokens, stored_at AS storedAt FROM relevance WHERE key = ?");
  const insert = db.prepare("INSERT OR IGNORE INTO relevance (logit, relevance, truncated, tokens, stored_at, key) VALUES (?, ?, ?, ?, ?, ?)");
  const update = db.prepare("UPDATE relevance SET logit = ?, relevance = ?, truncated = ?, tokens = ?, stored_at = ? WHERE key = ?");
  const removeOldest = db.prepare("DELETE FROM relevance WHERE key IN (SELECT key FROM relevance ORDER BY stored_at LIMIT ?)");
  const removeExpired = db.prepare("DELETE FROM relevance WHERE key IN (SELECT key FROM relevance WHERE stored_at <= ? ORDER BY stored_at LIMIT ?)");
  const count = db.prepare("SELECT entries FROM counter").pluck();
  // Counting the rows takes milliseconds for each 100,000.
  const setCount = db.prepare("UPDATE counter SET entries = ?");

  return {
    get(key) {
      const row = select.get(keyBytes(key)) as Row | undefined;
      if (row === undefined) return undefined;
      const { logit, relevance, truncated, tokens, storedAt } = row;
      const judgment = { logit, relevance, truncated: (truncated & TEXT_CUT) !== 0 };
      return { known: { judgment, tokens, ...((truncated & QUERY_CUT) !== 0 && { queryTruncated: true as const }) }, storedAtMs: storedAt };
    },
    save(entries, { maxEntries, oldestMs }) {
      inTransaction(db, () => {
        let entryCount = count.get() as number;
        for (const [key, { known, storedAtMs }] of entries) {
          const { logit, relevance, truncated } = known.judgment;
          const values = [logit, relevance, (truncated ? TEXT_CUT : 0) | (known.queryTruncated ? QUERY_CUT : 0), known.tokens, Math.floor(storedAtMs), keyBytes(key)];
          const isNew = insert.run(values).changes === 1;
          if (isNew) entryCount += 1;
          else update.run(values);
        }
        entryCount -= removeExpired.run(oldestMs, MAX_SPARE_ENTRIES).changes;
        const excess = entryCount - maxEntries;
        if (excess > 0) entryCount -= removeOldest.run(excess + Math.min(MAX_SPARE_ENTRIES, Math.floor(maxEntries / 10))).changes;
        setCount.run(entryCount);
      });
    },
    get entryCount() {
      return count.get() as number;
    },
    waitLonger: () => void db.pragma(`busy_timeout = ${PATIENT_TIMEOUT_MS}`),
    close: () => db.close(),
  };
}

/** Half of what the digits take. */
function keyBytes(key: string): Buffer {
  return Buffer.from(key, "hex");
}
