import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { UserError } from "../domain/errors.ts";

const FILE_NAME = ".env";
const MAX_FILE_BYTES = 1_000_000;

export interface DotenvFile {
  /** Absolute. */
  readonly path: string;
  /** Only of names that were asked for. */
  readonly values: Readonly<Record<string, string>>;
}

/**
 * The variables of a folder's `.env` that concern us. Other programs keep theirs in the same file: those are left alone.
 *
 * @param isOurs by name.
 * @returns `undefined` where there is no such file, and where `.env` is a folder (some call a Python environment so).
 * @throws UserError, which names lines and never values, for a file that cannot be read or is not NAME=value.
 */
export function readDotenvFile(folder: string, isOurs: (name: string) => boolean): DotenvFile | undefined {
  const path = join(folder, FILE_NAME);
  const text = readText(path);
  if (text === undefined) return undefined;
  const found = Object.entries(parseEnv(text));
  // A line without "=" is joined by the parser to the next one, whose variable would be lost.
  const joined = found.find(([name]) => name.includes("\n"));
  if (joined !== undefined) {
    const line = text.slice(0, text.indexOf(joined[0])).split("\n").length;
    throw new UserError(`line ${line} of ${path} is not NAME=value`, { hint: "put a # before a comment, and quotes around a value of several lines" });
  }
  const values = Object.fromEntries(found.flatMap(([name, value]) => (isOurs(name) && value !== undefined ? [[name, value]] : [])));
  for (const name of Object.keys(values)) requireWhole(name, text, path);
  return { path, values };
}

/** The parser takes `KEY=ab#cd` for "ab" and a comment. A key that is cut so is a riddle to its owner. */
function requireWhole(name: string, text: string, path: string): void {
  if (!new RegExp(`^[ \\t]*(?:export[ \\t]+)?${name}[ \\t]*=(?:#|[ \\t]*[^"'\`\\s#][^\\n#]*(?<=\\S)#)`, "m").test(text)) return;
  throw new UserError(`${name} in ${path} has a # in it, where a comment would begin`, { hint: `put the value in quotes: ${name}="..."` });
}

function readText(path: string): string | undefined {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined || stat.isDirectory()) return undefined;
    if (stat.size <= MAX_FILE_BYTES) return readFileSync(path, "utf8").replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
  } catch (cause) {
    throw new UserError(`cannot read ${path}: ${(cause as Error).message}`, { hint: "fix its permissions, or start rerank serve in another folder", cause });
  }
  throw new UserError(`${path} is larger than a megabyte`, { hint: "keep variables in it, one a line: NAME=value" });
}
