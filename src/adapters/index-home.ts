import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { UserError } from "../domain/errors.ts";

/** Where an index lies. Documents' paths are relative to `baseFolder`, the folder that holds `.rerank/`. */
export interface IndexHome {
  readonly indexFolder: string;
  readonly baseFolder: string;
}

const INDEX_FOLDER = ".rerank";
const GENERATION = /^generation-(\d+)$/;

/**
 * The index that serves a folder: `explicit` when given (the index folder, or the folder that holds it), else the nearest
 * `.rerank/` on the way up from `cwd`, as git finds its repository. `undefined` when there is none yet.
 */
export function findIndexHome(cwd: string, explicit: string | undefined): IndexHome | undefined {
  if (explicit !== undefined) {
    const home = homeOf(resolve(cwd, explicit));
    return holdsIndex(home.indexFolder) ? home : undefined;
  }
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const indexFolder = join(folder, INDEX_FOLDER);
    if (holdsIndex(indexFolder)) return { indexFolder, baseFolder: folder };
    if (dirname(folder) === folder) return undefined;
  }
}

/** The home of an existing index; throws UserError, with this hint, when there is none. */
export function requireIndexHome(cwd: string, explicit: string | undefined, hint = "make one: rerank index <folder>"): IndexHome {
  const home = findIndexHome(cwd, explicit);
  if (home !== undefined) return home;
  const place = explicit === undefined ? `in ${resolve(cwd)} or above it` : `at ${resolve(cwd, explicit)}`;
  throw new UserError(`there is no index ${place}`, { hint });
}

/** The home of the index that a run of `rerank index` writes: the existing one, else a new one in `cwd`. */
export function openIndexHome(cwd: string, explicit: string | undefined): IndexHome & { readonly isNew: boolean } {
  const home = findIndexHome(cwd, explicit) ?? homeOf(resolve(cwd, explicit ?? INDEX_FOLDER));
  const isNew = !existsSync(home.indexFolder);
  makeFolder(generationFolder(home), home);
  try {
    // Vectors of private notes do not belong into a repository by accident.
    const ignoreFile = join(home.indexFolder, ".gitignore");
    if (!existsSync(ignoreFile)) writeFileSync(ignoreFile, "*\n");
  } catch (error) {
    throw unwritable(home.indexFolder, error);
  }
  return { ...home, isNew };
}

/** Removes an index's folder that nothing was written into. The caller holds its lock: nobody else writes. */
export function removeUnfilled(home: IndexHome): void {
  try {
    if (readdirSync(generationFolder(home)).length === 0) rmSync(home.indexFolder, { recursive: true, force: true });
  } catch {
    // Windows keeps the lock's file, which is open: an empty folder harms nobody.
  }
}

/**
 * The folder of the index's files. A rebuild fills the next generation beside the current one, so that the old index
 * answers until the new one is complete, and one rename of the file CURRENT switches over.
 */
export function generationFolder(home: IndexHome): string {
  return join(home.indexFolder, `generation-${currentGeneration(home)}`);
}

/** Opens something in the current generation's folder; again in the next one when a rebuild switches in that moment. */
export function openInGeneration<T>(home: IndexHome, open: (folder: string) => T): T {
  const folder = generationFolder(home);
  try {
    return open(folder);
  } catch (error) {
    if (generationFolder(home) === folder) throw error;
    return openInGeneration(home, open);
  }
}

/** Makes a folder below the index's; throws UserError where that is not possible. */
export function makeFolder(folder: string, { indexFolder }: IndexHome): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw unwritable(indexFolder, error);
  }
}

/** The folder that a rebuild fills. It may hold the work of an interrupted one. */
export function nextGenerationFolder(home: IndexHome): string {
  return join(home.indexFolder, `generation-${currentGeneration(home) + 1}`);
}

/** Makes the next generation the current one and removes the old ones. */
export function switchGeneration(home: IndexHome): void {
  const next = currentGeneration(home) + 1;
  const aside = join(home.indexFolder, "CURRENT.new");
  try {
    writeFileSync(aside, `${next}\n`, { flush: true });
    renameSync(aside, join(home.indexFolder, "CURRENT"));
  } catch (error) {
    throw unwritable(home.indexFolder, error);
  }
  removeOldGenerations(home);
}

/**
 * Removes what came before the current generation: a process that is killed right after it switched leaves it behind. To
 * be called by the holder of the lock.
 */
export function removeOldGenerations(home: IndexHome): void {
  for (const name of otherGenerations(home).old) {
    try {
      rmSync(join(home.indexFolder, name), { recursive: true, force: true });
    } catch {
      // Windows keeps the files that another process reads; the next run removes them.
    }
  }
}

/** Names of the generations' folders beside the current one: before it, and after it, where a rebuild was interrupted. */
export function otherGenerations(home: IndexHome): { readonly old: readonly string[]; readonly next: readonly string[] } {
  const current = currentGeneration(home);
  const numbered = readdirSync(home.indexFolder).map((name) => ({ name, generation: Number(GENERATION.exec(name)?.[1] ?? current) }));
  return {
    old: numbered.filter(({ generation }) => generation < current).map(({ name }) => name),
    next: numbered.filter(({ generation }) => generation > current).map(({ name }) => name),
  };
}

function currentGeneration(home: IndexHome): number {
  try {
    return Number.parseInt(readFileSync(join(home.indexFolder, "CURRENT"), "utf8"), 10) || 1;
  } catch {
    // No file: nothing was ever rebuilt.
    return 1;
  }
}

function homeOf(folder: string): IndexHome {
  const indexFolder = basename(folder) !== INDEX_FOLDER && existsSync(join(folder, INDEX_FOLDER)) ? join(folder, INDEX_FOLDER) : folder;
  return { indexFolder, baseFolder: dirname(indexFolder) };
}

function holdsIndex(indexFolder: string): boolean {
  const home = { indexFolder, baseFolder: dirname(indexFolder) };
  const folder = generationFolder(home);
  if (existsSync(join(folder, "index.sqlite"))) return true;
  // A rebuild may have switched, and removed the old generation, between the two looks.
  return generationFolder(home) !== folder && holdsIndex(indexFolder);
}

function unwritable(folder: string, cause: unknown): UserError {
  return new UserError(`cannot write to ${folder}: ${(cause as Error).message}`, {
    hint: "free space or fix its permissions, or put the index elsewhere with --index <folder>",
    cause,
  });
}
