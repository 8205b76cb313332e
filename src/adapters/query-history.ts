import { appendFile, chmod, mkdir, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { withBlobLock } from "./hub/blob-lock.ts";

const MOST_QUERIES = 1_000;
/** What somebody searched for is nobody else's business. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const OTHERS_MODES = 0o077;
/** Another process holds the lock for milliseconds: one that holds it longer is stopped (Ctrl-Z). */
const LOCK_WAIT_MS = 3_000;

/** The queries of earlier sessions, one a line in a file. Several processes may add at once. */
export interface QueryHistory {
  /** Oldest first, at most 1,000; empty where there is no file yet. Rejects where it cannot be read. */
  read(): Promise<string[]>;
  /** Line breaks become spaces; the query before is not repeated. Rejects where the file cannot be written. */
  add(query: string): Promise<void>;
}

export function openQueryHistory(file: string): QueryHistory {
  // Two queries of one process in quick succession stay in their order.
  let last: Promise<void> = Promise.resolve();
  return {
    read: async () => linesOf(await contentOf(file)).slice(-MOST_QUERIES),
    add(query) {
      const added = last.then(() => addLine(file, query.replaceAll(/\s+/g, " ").trim()));
      last = added.catch(() => {});
      return added;
    },
  };
}

async function addLine(file: string, line: string): Promise<void> {
  if (line === "") return;
  await mkdir(dirname(file), { recursive: true, mode: FOLDER_MODE });
  await withBlobLock(`${file}.lock`, { signal: AbortSignal.timeout(LOCK_WAIT_MS), onWait: () => {} }, async () => {
    const content = await contentOf(file);
    const lines = linesOf(content);
    if (content !== "") await hideFromOthers(file);
    if (lines.at(-1) === line) return;
    if (lines.length < MOST_QUERIES) {
      const separator = content === "" || content.endsWith("\n") ? "" : "\n";
      await appendFile(file, `${separator}${line}\n`, { mode: FILE_MODE });
    } else {
      await replace(file, [...lines, line].slice(-MOST_QUERIES));
    }
  });
}

/** A file that was copied here, or made with an editor, may be open to everybody. */
async function hideFromOthers(file: string): Promise<void> {
  if (process.platform === "win32" || ((await stat(file)).mode & OTHERS_MODES) === 0) return;
  // Some file systems (FAT, network drives) cannot: the history works there all the same.
  await chmod(file, FILE_MODE).catch(() => {});
}

/** A crash in the middle leaves the old file. A link stays one, and what it leads to is replaced. */
async function replace(link: string, lines: readonly string[]): Promise<void> {
  const file = await realpath(link);
  const aside = `${file}.${process.pid}`;
  try {
    await writeFile(aside, lines.map((line) => `${line}\n`).join(""), { mode: FILE_MODE });
    await rename(aside, file);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}

async function contentOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

function linesOf(content: string): string[] {
  return content.split(/\r?\n/).filter((line) => line.trim() !== "");
}
