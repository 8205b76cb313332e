import { UserError } from "../../domain/errors.ts";
import { damaged } from "./errors.ts";
import type { Database } from "./connection.ts";

/** Layout of the store, kept in `PRAGMA user_version`. Every change of SCHEMA raises it and adds a step to `migrate`. */
export const FORMAT_VERSION = 2;
/** "RRNK": tells an index from any other SQLite database. */
const APPLICATION_ID = 0x52_52_4e_4b;

/** Contentless: it stores terms, not a second copy of the text. */
const LEXICAL_SCHEMA = `
CREATE VIRTUAL TABLE passage_terms USING fts5 (
  terms, content='', contentless_delete=1, tokenize="unicode61 remove_diacritics 0"
);
`;

/**
 * Ids are never used twice (AUTOINCREMENT): HNSW labels, result ids and the census of the vectors depend on it.
 * The UNIQUE index over vector_key holds every id too, so that listing and counting vectors never reads their blobs.
 */
const SCHEMA = `
CREATE TABLE manifest (id INTEGER PRIMARY KEY CHECK (id = 1), json TEXT NOT NULL) STRICT;
CREATE TABLE documents (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  path TEXT NOT NULL UNIQUE,
  size_bytes INTEGER NOT NULL,
  mtime_ms REAL NOT NULL,
  content_hash TEXT NOT NULL,
  format TEXT NOT NULL,
  title TEXT NOT NULL,
  skip TEXT
) STRICT;
CREATE TABLE vectors (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  vector_key TEXT NOT NULL UNIQUE,
  vector BLOB NOT NULL
) STRICT;
CREATE TABLE passages (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  document_id INTEGER NOT NULL REFERENCES documents (id),
  vector_id INTEGER NOT NULL REFERENCES vectors (id),
  start_line INTEGER NOT NULL,
  end_line INTEGER NOT NULL,
  page INTEGER,
  row_number INTEGER,
  headings TEXT NOT NULL,
  text TEXT NOT NULL
) STRICT;
CREATE INDEX passages_of_document ON passages (document_id, vector_id);
CREATE INDEX passages_of_vector ON passages (vector_id);
${LEXICAL_SCHEMA}`;

/** Makes the tables of a new index in one transaction; a crash leaves an empty file, which counts as new again. */
export function createSchema(db: Database): void {
  db.transaction(() => {
    // Another process may have been quicker between the look and the lock.
    if (!isBlank(db)) return;
    db.exec(SCHEMA);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${FORMAT_VERSION}`);
  }).exclusive();
}

/**
 * Puts an empty lexical index in the place of one whose pages cannot be trusted. To drop it would be to read them, and to free what
 * a damaged page points at, which may be another table's: only its entries in the schema go. The caller holds a transaction.
 */
export function replaceLexicalTable(db: Database): void {
  db.unsafeMode(true);
  try {
    db.pragma("writable_schema = ON");
    db.exec("DELETE FROM sqlite_schema WHERE tbl_name GLOB 'passage_terms*'");
    // Reads the schema again, too.
    db.pragma("writable_schema = RESET");
  } finally {
    db.unsafeMode(false);
  }
  db.exec(LEXICAL_SCHEMA);
}

/** Whether the file holds no table yet: a new one, or one whose first run was killed before it had made any. */
export function isBlank(db: Database): boolean {
  return db.prepare("SELECT count(*) FROM sqlite_schema").pluck().get() === 0;
}

/** Throws UserError unless the file is an index of a layout that this program knows; one that may be written may be older. */
export function assertKnownFormat(db: Database, file: string, { readOnly }: { readonly readOnly: boolean }): void {
  const applicationId = db.pragma("application_id", { simple: true });
  if (applicationId !== APPLICATION_ID) {
    throw new UserError(`${file} is a database, but not an index of rerank`, {
      hint: "point --index at another folder",
    });
  }
  const version = formatVersion(db);
  if (version > FORMAT_VERSION) throw newerFormat(file, version);
  if (version < 1) throw damaged(file, `format version ${version}`);
  if (readOnly && version < FORMAT_VERSION) throw olderFormat(file, version);
}

/** Brings the tables of an older index to this layout; its documents, passages and vectors stay. */
export function migrate(db: Database): void {
  if (formatVersion(db) === FORMAT_VERSION) return;
  db.transaction(() => {
    if (formatVersion(db) === FORMAT_VERSION) return;
    // Format 1: some had the column before the number was raised.
    const hasSkip = db.prepare("SELECT count(*) FROM pragma_table_info('documents') WHERE name = 'skip'").pluck().get() === 1;
    if (!hasSkip) db.exec("ALTER TABLE documents ADD COLUMN skip TEXT");
    db.pragma(`user_version = ${FORMAT_VERSION}`);
  }).exclusive();
}

function formatVersion(db: Database): number {
  return Number(db.pragma("user_version", { simple: true }));
}

function olderFormat(file: string, version: number): UserError {
  return new UserError(`the index was made by an older rerank: ${file} has format ${version}, this program reads ${FORMAT_VERSION}`, {
    hint: "`rerank index` brings it up to date; nothing is embedded again",
  });
}

export function newerFormat(file: string, version: number): UserError {
  return new UserError(
    `the index was made by a newer rerank: ${file} has format ${version}, this program knows ${FORMAT_VERSION}`,
    { hint: "upgrade: npm install -g rerank-cli@latest; or build the index anew: rerank index --rebuild" },
  );
}
