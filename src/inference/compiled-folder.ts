import { closeSync, existsSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";

const PARTIAL = ".partial-";

/** Where this process compiles what comes to lie in `compiledFolder`. */
export function partialFolder(compiledFolder: string): string {
  return `${compiledFolder}${PARTIAL}${process.pid}`;
}

/** Removes what earlier compilations of this model have left: they were killed. A process that lost its lock may still be at work. */
export function removePartials(compiledFolder: string): void {
  const prefix = basename(compiledFolder) + PARTIAL;
  for (const name of siblingsOf(compiledFolder)) {
    if (!name.startsWith(prefix)) continue;
    const processId = Number.parseInt(name.slice(prefix.length), 10);
    if (processId === process.pid || !isAlive(processId)) rmSync(join(dirname(compiledFolder), name), { recursive: true, force: true });
  }
}

/** Tells folders apart that lie in one place one after the other; `undefined` where none lies. */
export function folderIdentity(folder: string): string | undefined {
  const { dev, ino } = statSync(folder, { bigint: true, throwIfNoEntry: false }) ?? {};
  return ino === undefined ? undefined : `${dev} ${ino}`;
}

/**
 * Puts a complete folder in its place.
 * @param replaced identity of the folder that it takes the place of. Another one was put there by another process, complete as well, and
 *   may be in use: it stays.
 * @returns false where the other one stays.
 */
export function putInPlace(folder: string, compiledFolder: string, replaced: string | undefined): boolean {
  for (const name of readdirSync(folder)) syncToDisk(join(folder, name), "r+");
  if (!moved(folder, compiledFolder)) {
    if (folderIdentity(compiledFolder) !== replaced) return false;
    const aside = `${folder}-replaced`;
    renameSync(compiledFolder, aside);
    const isOurs = moved(folder, compiledFolder);
    rmSync(aside, { recursive: true, force: true });
    if (!isOurs) return false;
  }
  // Windows has no handles of folders to sync.
  if (process.platform !== "win32") syncToDisk(dirname(compiledFolder), "r");
  return true;
}

/** Removes the graphs that earlier versions of the engine made of the same checkpoint: nobody reads them any more. */
export function removeOlderVersions(compiledFolder: string): void {
  const [, stem, version] = /^(.*-e)(\d+)$/.exec(basename(compiledFolder)) ?? [];
  if (stem === undefined) return;
  for (const name of siblingsOf(compiledFolder)) {
    const other = name.startsWith(stem) ? name.slice(stem.length) : "";
    if (!/^\d+$/.test(other) || Number(other) >= Number(version)) continue;
    try {
      rmSync(join(dirname(compiledFolder), name), { recursive: true, force: true });
    } catch {
      // In use, or not ours to remove: it only takes room.
    }
  }
}

/** A folder does not take the place of another one that holds something. */
function moved(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (existsSync(from) && existsSync(to)) return false;
    throw error;
  }
}

function syncToDisk(path: string, flags: "r" | "r+"): void {
  const descriptor = openSync(path, flags);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function siblingsOf(path: string): string[] {
  try {
    return readdirSync(dirname(path));
  } catch {
    // The first compilation of all makes the folder.
    return [];
  }
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
