import { readFileSync } from "node:fs";
import { UserError } from "../domain/errors.ts";

/** A model's JSON file; `undefined` when there is none. The shape is the caller's claim. Throws UserError when it cannot be read or is not JSON. */
export function readJsonFile<T>(path: string): T | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new UserError(`${path} cannot be read: ${(cause as Error).message}`, {
      hint: "check the file's permissions",
      cause,
    });
  }
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new UserError(`${path} is not JSON: ${(cause as Error).message}`, {
      hint: "download the model's files again; a Git LFS pointer in place of the file looks like this, too",
      cause,
    });
  }
}
