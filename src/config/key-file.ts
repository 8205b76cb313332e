import { readFileSync, statSync } from "node:fs";
import { UserError } from "../domain/errors.ts";

const MAX_FILE_BYTES = 1_000_000;

export interface KeyFile {
  readonly keys: readonly { readonly value: string; readonly source: string }[];
  /** One line, without any key, where others may read the file. */
  readonly notices: readonly string[];
}

/**
 * The keys in a file, one a line; lines that begin with # are comments.
 *
 * @param flag for the hint: "--key-file".
 * @throws UserError, which never holds a key, for a file that cannot be read or holds no key.
 */
export function readKeyFile(path: string, flag: string): KeyFile {
  const { text, isOpenToAll } = readBounded(path);
  const keys = text.split(/\r\n|\r|\n/).flatMap((line, position) => {
    const value = line.trim();
    return value === "" || value.startsWith("#") ? [] : [{ value, source: `${path}, line ${position + 1}` }];
  });
  if (keys.length === 0) throw new UserError(`the key file ${path} holds no key`, { hint: `write one key a line, or leave ${flag} out` });
  const notices = isOpenToAll ? [`everybody on this machine can read the keys in ${path}: chmod o= ${path}`] : [];
  return { keys, notices };
}

function readBounded(path: string): { readonly text: string; readonly isOpenToAll: boolean } {
  try {
    const { mode, size } = statSync(path);
    // Windows has no such bits: Node makes up the same ones for every file.
    const isOpenToAll = process.platform !== "win32" && (mode & 0o007) !== 0;
    if (size <= MAX_FILE_BYTES) return { text: readFileSync(path, "utf8").replace(/^\uFEFF/, ""), isOpenToAll };
  } catch (cause) {
    throw new UserError(`cannot read the key file ${path}: ${(cause as Error).message}`, { hint: "fix its path or its permissions", cause });
  }
  throw new UserError(`the key file ${path} is larger than a megabyte`, { hint: "name a file with one key a line" });
}

/** Keys go in a header, where neither spaces nor letters beyond ASCII come through unchanged. */
export function requireCarriable(key: string, source: string): void {
  if (/^[\x21-\x7e]+$/.test(key)) return;
  throw new UserError(`a key in ${source} has characters that an Authorization header cannot carry`, {
    hint: "use letters, digits and punctuation of ASCII, without spaces: openssl rand -hex 32",
  });
}
