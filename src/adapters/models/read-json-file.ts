import { readFileSync } from "node:fs";
import { UserError } from "../../domain/errors.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** The object in a file of a model; empty when there is no such file. Throws UserError when it holds something else. */
export function readJsonFile(path: string): JsonObject {
  const text = readTextFile(path);
  return text === undefined ? {} : asObject(parse(text, path));
}

/** The list in a file of a model; empty when there is no such file. */
export function readJsonList(path: string): readonly JsonObject[] {
  const text = readTextFile(path);
  const value = text === undefined ? [] : parse(text, path);
  return Array.isArray(value) ? value.map(asObject) : [];
}

/** `undefined` when there is no such file. */
export function readTextFile(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new UserError(`cannot read ${path}: ${(error as Error).message}`, { hint: "fix its permissions", cause: error });
  }
}

export function asObject(value: unknown): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

export function asText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** A whole number above 0. */
export function asCount(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : undefined;
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${path} is not JSON: it is damaged, or half of it is missing`, { hint: "bring the model again", cause });
  }
}
