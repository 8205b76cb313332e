import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { liesBelow, storedPath } from "../adapters/stored-paths.ts";
import type { Settings } from "../config/settings-table.ts";
import { UserError } from "../domain/errors.ts";
import type { IndexRoot } from "../ports/passage-store.ts";
import { displayPath, type PathView } from "../reporters/display-path.ts";
import { shellWord } from "../reporters/shell-quote.ts";

export type WalkSettings = Pick<Settings, "include" | "exclude" | "hidden" | "follow" | "maxFileSize">;

export interface RootPlaces {
  readonly cwd: string;
  readonly baseFolder: string;
  /** The roots that the index covers already. */
  readonly known: readonly IndexRoot[];
}

/**
 * The roots of a run: the paths that the user gave, with the options given beside them, and known roots inside of them; else
 * all that the index covers.
 * Throws UserError for a path that does not exist and when there is nothing to index.
 */
export function resolveRoots(paths: readonly string[], settings: WalkSettings, { cwd, baseFolder, known }: RootPlaces): IndexRoot[] {
  if (paths.length === 0) return presentRoots(known, { cwd, baseFolder });
  requirePaths(paths, cwd);
  const given = paths.map((path) => ({
    path: storedPath(resolve(cwd, path), baseFolder),
    include: settings.include,
    exclude: settings.exclude,
    hidden: settings.hidden,
    follow: settings.follow,
    maxFileBytes: settings.maxFileSize,
  }));
  return [...given, ...rootsInside(given, known, baseFolder)];
}

/** Known roots below a given one have options of their own: without them, what only they let through would count as gone. */
function rootsInside(given: readonly IndexRoot[], known: readonly IndexRoot[], baseFolder: string): IndexRoot[] {
  return known.filter(
    ({ path }) => given.every((root) => root.path !== path) && given.some((root) => liesBelow(path, root.path, baseFolder)) && existsSync(resolve(baseFolder, path)),
  );
}

/** What can be said of a run before anything is written for it. Throws UserError as `resolveRoots` does. */
export function checkPaths(paths: readonly string[], cwd: string, indexExists: boolean): void {
  if (paths.length === 0 && !indexExists) throw nothingToIndex();
  requirePaths(paths, cwd);
}

function requirePaths(paths: readonly string[], cwd: string): void {
  const missing = paths.find((path) => !existsSync(resolve(cwd, path)));
  if (missing === undefined) return;
  throw new UserError(`${missing} does not exist`, { hint: "check the spelling; paths are relative to the current folder" });
}

function presentRoots(known: readonly IndexRoot[], view: PathView): IndexRoot[] {
  if (known.length === 0) throw nothingToIndex();
  const missing = known.find(({ path }) => !existsSync(resolve(view.baseFolder, path)));
  if (missing === undefined) return [...known];
  const path = displayPath(missing.path, view);
  throw new UserError(`${path}, which the index covers, is not there any more`, {
    hint: `put it back, or drop it with its passages: rerank index --forget ${shellWord(path)}`,
  });
}

function nothingToIndex(): UserError {
  return new UserError("there is no index here yet, and no folder was named", { hint: "name one: rerank index ./docs" });
}

/** All roots of the index after a run: those that it was given replace known ones of the same path. */
export function mergeRoots(known: readonly IndexRoot[], given: readonly IndexRoot[]): IndexRoot[] {
  const paths = new Set(given.map(({ path }) => path));
  return [...known.filter(({ path }) => !paths.has(path)), ...given];
}
