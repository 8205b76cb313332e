import { closeSync, openSync, readSync, statSync } from "node:fs";
import { UserError } from "../../domain/errors.ts";

/** "RRLV": tells the file from databases of other programs. */
export const APPLICATION_ID = 0x52524c56;

/** What SQLite's format has at the beginning of every file (https://sqlite.org/fileformat2.html). */
const MAGIC = "SQLite format 3\0";
const APPLICATION_ID_OFFSET = 68;
/** Entries of sqlite_schema on the first page. */
const SCHEMA_CELLS_OFFSET = 103;
const HEADER_BYTES = 105;

type CacheFileKind = "ours" | "blank";

/**
 * Looks at the file without changing it, so that a path which was meant for something else is left alone.
 *
 * @returns `blank` where there is no file, an empty one, or a database without tables that no program has marked.
 * @throws UserError for whatever else is not a cache of relevances, damaged or not; errors of the file system as they are.
 */
export function checkCacheFile(path: string): CacheFileKind {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return "blank";
  if (!stat.isFile()) throw new UserError(`the cache of relevances must be a file, and is not: ${path}`, { hint: "name a file: --cache-file <file>" });
  const header = readHeader(path);
  if (header.length === 0) return "blank";
  if (header.toString("latin1", 0, MAGIC.length) !== MAGIC) throw notOurs(path, "is no cache of relevances");
  const id = header.length < HEADER_BYTES ? undefined : header.readUInt32BE(APPLICATION_ID_OFFSET);
  if (id === APPLICATION_ID) return "ours";
  // A process that was killed at once may have left its mark in the log beside the file; SQLite tells later whether it is there.
  if (id === 0 && header.readUInt16BE(SCHEMA_CELLS_OFFSET) === 0) return "blank";
  throw databaseOfAnother(path);
}

export function databaseOfAnother(path: string): UserError {
  return notOurs(path, "is a database of another program");
}

function notOurs(path: string, what: string): UserError {
  return new UserError(`${path} ${what}`, { hint: "name another file for the cache of relevances, or move this one away: --cache-file <file>" });
}

function readHeader(path: string): Buffer {
  const file = openSync(path, "r");
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    return header.subarray(0, readSync(file, header, 0, HEADER_BYTES, 0));
  } finally {
    closeSync(file);
  }
}
