import { chmodSync, copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import type BetterSqlite3 from "better-sqlite3";
import { UserError } from "../../domain/errors.ts";
import { loadBetterSqlite3 } from "../native-modules.ts";
import { assertKnownFormat, createSchema, isBlank, migrate } from "./schema.ts";

export type Database = BetterSqlite3.Database;
/** A prepared statement; the same text gives the same statement. */
export type Prepare = (sql: string) => BetterSqlite3.Statement<unknown[]>;

export interface Connection {
  readonly db: Database;
  readonly prepare: Prepare;
  readonly file: string;
  close(): void;
}

export interface ConnectOptions {
  readonly readOnly: boolean;
  readonly create: boolean;
}

/** How long a statement waits for another process's transaction; the longest of ours, a batch, takes milliseconds. */
const BUSY_TIMEOUT_MS = 5000;
/**
 * A vector of 384 dimensions takes 1.6 kB: five fit into 8 kB, while the default page of 4 kB holds two and leaves a
 * quarter empty.
 */
const PAGE_BYTES = 8192;

/** Opens the database of an index and checks that it is one. Errors of SQLite come through as they are. */
export function connect(file: string, { readOnly, create }: ConnectOptions): Connection {
  const mayCreate = create && !readOnly;
  const isEmpty = !existsSync(file) || statSync(file).size === 0;
  if (isEmpty && !mayCreate) throw noIndex(file);
  if (!existsSync(dirname(file))) throw new UserError(`there is no folder ${dirname(file)}`);
  const { db, close } = readOnly ? openReadOnly(file) : openWritable(file);
  try {
    const isNew = isBlank(db);
    if (isNew && !mayCreate) throw noIndex(file);
    // Before anything is set: a database of another program stays as it is.
    if (!isNew) assertKnownFormat(db, file, { readOnly });
    if (!readOnly) prepareForWriting(db);
  } catch (error) {
    close();
    throw error;
  }
  const statements = new Map<string, BetterSqlite3.Statement<unknown[]>>();
  return {
    db,
    file,
    close,
    prepare(sql) {
      let statement = statements.get(sql);
      if (statement === undefined) statements.set(sql, (statement = db.prepare(sql)));
      return statement;
    },
  };
}

function prepareForWriting(db: Database): void {
  // Takes effect in an empty file only.
  db.pragma(`page_size = ${PAGE_BYTES}`);
  db.pragma("journal_mode = WAL");
  // In WAL mode a killed process loses nothing with NORMAL; a power cut may cost the last commits, never the file.
  db.pragma("synchronous = NORMAL");
  db.pragma("foreign_keys = ON");
  if (isBlank(db)) createSchema(db);
  else migrate(db);
}

interface OpenedDatabase {
  readonly db: Database;
  readonly close: () => void;
}

function openWritable(file: string): OpenedDatabase {
  const db = new (loadBetterSqlite3())(file, { timeout: BUSY_TIMEOUT_MS });
  return { db, close: () => db.close() };
}

function openReadOnly(file: string): OpenedDatabase {
  const Database = loadBetterSqlite3();
  const open = (path: string) => new Database(path, { readonly: true, timeout: BUSY_TIMEOUT_MS });
  const db = open(file);
  try {
    // The first read opens the log and its shared memory, not the opening of the file.
    isBlank(db);
    return { db, close: () => db.close() };
  } catch (error) {
    db.close();
    if (!lacksSharedMemory(error)) throw error;
  }
  return openCopy(file, open);
}

/** SQLite's answer where the shared memory of the log cannot be made: a read-only folder or file system, or a full one. */
function lacksSharedMemory(error: unknown): boolean {
  return error instanceof Error && "code" in error && /^SQLITE_(CANTOPEN|READONLY|FULL|IOERR_SHM)/.test(String(error.code));
}

/**
 * A database in WAL mode in a folder that cannot be written: SQLite would take `immutable=1`, but better-sqlite3 is built
 * without URIs, so a copy in the temporary folder is read instead. It holds the log too, whose commits would be lost.
 */
function openCopy(file: string, open: (path: string) => Database): OpenedDatabase {
  const folder = mkdtempSync(join(tmpdir(), "rerank-read-only-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const copy = join(folder, basename(file));
    for (const suffix of ["", "-wal"]) {
      if (!existsSync(file + suffix)) continue;
      copyFileSync(file + suffix, copy + suffix);
      chmodSync(copy + suffix, 0o600);
    }
    const db = open(copy);
    isBlank(db);
    // Open files outlive their names, so that not even a killed process leaves the copy behind; on Windows they do not.
    if (process.platform !== "win32") remove();
    return {
      db,
      close() {
        db.close();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

function noIndex(file: string): UserError {
  return new UserError(`there is no index in ${dirname(file)}`, { hint: "make one: rerank index <folder>" });
}
