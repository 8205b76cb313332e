import type { Stats } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { SkippedDocument, UserError } from "../domain/errors.ts";
import type { FileSource, FoundFile } from "../ports/file-source.ts";
import type { IndexRoot } from "../ports/passage-store.ts";
import { liesBelow, storedPath } from "./stored-paths.ts";
import { fileOf, reasonOf, walkTree, type FoundOrSkipped } from "./walk-tree.ts";

/** How often a file that is being written may be tried. */
const READ_ATTEMPTS = 2;

export interface FileWalkerOptions {
  /** Absolute: the folder that holds `.rerank/`. Stored paths are relative to it. */
  readonly baseFolder: string;
}

/** Files of this machine's file system, with the ignore rules of git. */
export function createFileWalker({ baseFolder }: FileWalkerOptions): FileSource {
  const storedPathOf = createPathStorage(baseFolder);
  return {
    async *list(root) {
      const found = await listRoot(root, baseFolder, storedPathOf);
      yield* found.toSorted((a, b) => (pathOf(a) < pathOf(b) ? -1 : 1));
    },
    covers: (root, path) => liesBelow(path, root, baseFolder),
    read: readWhole,
  };
}

function pathOf(entry: FoundOrSkipped): string {
  return "file" in entry ? entry.file.path : entry.skipped.path;
}

async function listRoot(root: IndexRoot, baseFolder: string, storedPathOf: (absolutePath: string) => string): Promise<FoundOrSkipped[]> {
  const absolutePath = path.resolve(baseFolder, root.path);
  let stats: Stats;
  try {
    // The root itself may be a symbolic link: the user named it.
    stats = await stat(absolutePath);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const missing = code === "ENOENT" || code === "ENOTDIR";
    throw new UserError(missing ? `there is no ${root.path}` : `${root.path} cannot be opened: ${(error as Error).message}`, {
      hint: missing ? "check the spelling; paths are relative to the current folder" : "check its permissions",
      cause: error,
    });
  }
  if (stats.isDirectory()) return walkTree(absolutePath, root, storedPathOf, baseFolder);
  return [fileOf(absolutePath, storedPathOf(absolutePath), stats, root.maxFileBytes)];
}

/** As `storedPath`, for many files of the same folders: it remembers the last one. */
function createPathStorage(baseFolder: string): (absolutePath: string) => string {
  let lastFolder = "";
  let lastStored = "";
  return (absolutePath) => {
    const folder = path.dirname(absolutePath);
    if (absolutePath === baseFolder || folder === absolutePath) return storedPath(absolutePath, baseFolder);
    if (folder !== lastFolder) [lastFolder, lastStored] = [folder, storedPath(folder, baseFolder)];
    const name = absolutePath.slice(folder.endsWith(path.sep) ? folder.length : folder.length + 1);
    if (lastStored === ".") return name;
    return lastStored.endsWith("/") ? lastStored + name : `${lastStored}${path.isAbsolute(lastStored) ? path.sep : "/"}${name}`;
  };
}

async function readWhole({ path: shown, absolutePath }: FoundFile): Promise<Uint8Array> {
  try {
    for (let attempt = 1; attempt <= READ_ATTEMPTS; attempt++) {
      const before = await stat(absolutePath);
      // A named pipe in the file's place would keep the read waiting for ever.
      if (!before.isFile()) throw new SkippedDocument("not-a-file", `${shown} is no regular file any more`);
      const bytes = await readFile(absolutePath);
      const after = await stat(absolutePath);
      if (isSameState(before, after) && bytes.length === after.size) return bytes;
    }
  } catch (error) {
    if (error instanceof SkippedDocument) throw error;
    const [reason, detail] = reasonOf(error, absolutePath, "file");
    throw new SkippedDocument(reason, `${shown}: ${detail}`, { cause: error });
  }
  throw new SkippedDocument("changed-while-read", `${shown} changed each time it was read; it is indexed once it rests`);
}

function isSameState(before: Stats, after: Stats): boolean {
  return before.size === after.size && before.mtimeMs === after.mtimeMs && before.ino === after.ino;
}
