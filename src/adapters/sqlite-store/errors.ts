import { UserError } from "../../domain/errors.ts";

const REBUILD_HINT = "build it anew: rerank index --rebuild (nothing was deleted)";

/** The file itself is damaged, so that its rows cannot be read: nothing but a new index helps. */
export class DamagedStore extends UserError {}

/** Runs `work` on the store at `file`; what SQLite throws that a user can fix comes out as UserError. */
export function translated<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw translateSqliteError(error, file);
  }
}

/** What `read` gives, or `otherwise` where SQLite says that the file is malformed. Any other error is thrown on. */
export function unlessDamaged<T>(read: () => T, otherwise: (message: string) => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && "code" in error && /^SQLITE_(CORRUPT|NOTADB)/.test(String(error.code))) return otherwise(error.message);
    throw error;
  }
}

/** The UserError behind an error of SQLite or of the file system; any other error as it is. */
export function translateSqliteError(error: unknown, file: string): unknown {
  if (!(error instanceof Error) || error instanceof UserError) return error;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const [primary = ""] = /^SQLITE_[A-Z]+/.exec(code) ?? [code];
  switch (primary) {
    case "SQLITE_NOTADB":
    case "SQLITE_CORRUPT":
      return new DamagedStore(`the index is damaged: ${file} (${error.message})`, { hint: REBUILD_HINT, cause: error });
    case "SQLITE_FULL":
    case "ENOSPC":
    case "EDQUOT":
      return new UserError(`the disk is full: cannot write ${file}; nothing that was committed is lost`, {
        hint: "free some space and run the command again: it goes on where it stopped",
        cause: error,
      });
    case "SQLITE_PERM":
    case "EACCES":
    case "EPERM":
      return new UserError(`there is no permission to use the index: ${file} (${error.message})`, {
        hint: "fix the permissions of the folder, or put the index elsewhere with --index <folder>",
        cause: error,
      });
    case "SQLITE_READONLY":
    case "EROFS":
      return new UserError(`the index cannot be written: ${file} (${error.message})`, {
        hint: "fix the permissions of the folder, or put the index elsewhere with --index <folder>",
        cause: error,
      });
    case "SQLITE_CANTOPEN":
      return new UserError(`the index cannot be opened: ${file} (${error.message})`, {
        hint: "check that the folder exists and that you may read it",
        cause: error,
      });
    case "SQLITE_BUSY":
    case "SQLITE_LOCKED":
      return new UserError(`the index is in use by another process: ${file}`, {
        hint: "run the command again when the other one has finished",
        cause: error,
      });
    case "SQLITE_IOERR":
      return new UserError(`the disk failed on ${file} (${code}); nothing that was committed is lost`, {
        hint: "check the disk and its free space, then run the command again",
        cause: error,
      });
    default:
      return error;
  }
}

/** The error for what can only be mended by building the index anew. */
export function damaged(file: string, detail: string): DamagedStore {
  return new DamagedStore(`the index is damaged: ${file} (${detail})`, { hint: REBUILD_HINT });
}
