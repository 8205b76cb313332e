import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { UserError } from "../domain/errors.ts";
import { isFile, readConfigFile, type ConfigFile } from "./config-files.ts";

/**
 * Writes one key of a configuration file, or takes it out (`value` undefined). Other keys, their order, the indentation
 * and the final newline stay. A file that does not exist is created as JSON. A reader sees the old file or the new one.
 * Throws UserError for a YAML file: a rewrite would lose its comments.
 */
export async function editConfigFile(path: string, key: string, value: unknown): Promise<void> {
  const file = isFile(path) ? await readConfigFile(path) : undefined;
  if (file?.format === "yaml") throw handEdit(file, key, value);
  const text = file === undefined ? "" : readFileSync(file.path, "utf8");
  const values: Record<string, unknown> = { ...file?.values };
  if (value === undefined) delete values[key];
  else values[key] = value;
  const content = file?.format === "package" ? { ...(JSON.parse(text.replace(/^\uFEFF/, "")) as object), rerank: values } : values;
  writeAtomically(path, JSON.stringify(content, null, indentationOf(text)) + (text === "" || text.endsWith("\n") ? "\n" : ""));
}

function handEdit({ path, values }: ConfigFile, key: string, value: unknown): UserError {
  const remedy =
    value === undefined
      ? `remove its line "${key}: ..."`
      : // JSON is YAML, so the value can be pasted whatever it holds.
        `${Object.hasOwn(values, key) ? "change" : "add"} the line: ${key}: ${JSON.stringify(value)}`;
  return new UserError(`${path} is YAML, and rewriting it would lose its comments and layout`, { hint: `edit it by hand: ${remedy}` });
}

function indentationOf(text: string): string | number {
  return /^\s*\{[^\S\n]*\r?\n([ \t]+)"/.exec(text)?.[1] ?? 2;
}

function writeAtomically(path: string, text: string): void {
  let aside: string | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true });
    // A configuration kept elsewhere and linked here ("dotfiles") stays a link: its target is replaced.
    const target = isFile(path) ? realpathSync(path) : path;
    const mode = statSync(target, { throwIfNoEntry: false })?.mode ?? 0o644;
    aside = `${target}.${process.pid}.new`;
    writeFileSync(aside, text, { mode: mode & 0o777 });
    flush(aside);
    renameSync(aside, target);
  } catch (cause) {
    if (aside !== undefined) rmSync(aside, { force: true });
    throw new UserError(`cannot write ${path}: ${(cause as Error).message}`, {
      hint: "free space or fix its permissions; the file is as it was",
      cause,
    });
  }
}

/** On the disk before the rename is: otherwise a power cut could leave an empty file under the final name. */
function flush(path: string): void {
  const descriptor = openSync(path, "r+");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
