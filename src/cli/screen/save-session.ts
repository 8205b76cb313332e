import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../domain/errors.ts";
import type { SearchResult } from "../../pipeline/search-result.ts";
import type { PathView } from "../../reporters/display-path.ts";
import { sessionJson, sessionMarkdown } from "../../reporters/session-files.ts";

const MOST_FILES_OF_A_SECOND = 100;

/**
 * Writes `rerank-session-<date>.json` and `.md` into the working directory; files that are there stay as they are, and a number is
 * added. Resolves to both paths. Throws UserError where they cannot be written.
 */
export async function saveSession(results: readonly SearchResult[], view: PathView, now: Date = new Date()): Promise<readonly string[]> {
  if (results.length === 0) throw new UserError("there is nothing to save yet", { hint: "search for something first" });
  for (let number = 1; number <= MOST_FILES_OF_A_SECOND; number++) {
    const stem = join(view.cwd, `rerank-session-${stampOf(now)}${number === 1 ? "" : `-${number}`}`);
    const [json, markdown] = [`${stem}.json`, `${stem}.md`];
    if (!(await created(json, sessionJson(results, now, view)))) continue;
    if (await created(markdown, sessionMarkdown(results, now, view))) return [json, markdown];
    // Both go by one number.
    await rm(json, { force: true });
  }
  throw new UserError(`the files of a session cannot be written to ${view.cwd}: their names are taken`, { hint: "move some of them away" });
}

/** False where a file of that name is there. */
async function created(file: string, content: string): Promise<boolean> {
  try {
    await writeFile(file, content, { flag: "wx" });
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw new UserError(`cannot write ${file}: ${(cause as Error).message}`, { hint: "start rerank in a folder that can be written", cause });
  }
}

/** In local time, as a person would name a file: "2026-11-21-185506". */
function stampOf(date: Date): string {
  const two = (number: number): string => String(number).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}-${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
}
