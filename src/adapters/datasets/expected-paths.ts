import { realpathSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { basename, join } from "node:path/posix";
import { closestName } from "../../domain/closest-name.ts";
import type { Grades } from "../../domain/metrics.ts";
import { pathMatcher } from "../path-matcher.ts";
import { storedPath } from "../stored-paths.ts";
import type { ExpectedPath } from "./own-query-file.ts";
import { lineError } from "./read-lines.ts";

/** The documents that paths can stand for. */
export interface IndexedPaths {
  /** As stored. */
  readonly paths: readonly string[];
  /** Absolute: what stored paths are relative to. */
  readonly baseFolder: string;
}

/** Finds what the paths in one file of queries mean. */
export interface PathFinder {
  /**
   * Grades by stored path. The grade of a path counts before that of a glob; of two globs (or paths), the higher one.
   * Throws UserError with the line of a path that no document has.
   */
  gradesOf(expected: readonly ExpectedPath[]): Grades;
}

const GLOB = /[*?[{]/;

/** @param file of the queries: paths may be relative to its folder. */
export function createPathFinder(file: string, { paths, baseFolder }: IndexedPaths): PathFinder {
  const stored = new Set(paths);
  // Stored paths are of the real folder; the file may have been named through a link.
  const folder = realpathSync(dirname(resolve(file)));
  const folderPath = storedPath(folder, baseFolder);

  function exactOf(written: string): string | undefined {
    const candidates = [written, storedPath(resolve(folder, written), baseFolder), storedPath(resolve(baseFolder, written), baseFolder)];
    return candidates.find((path) => stored.has(path));
  }

  function matchesOf(glob: string): readonly string[] {
    if (!GLOB.test(glob) || glob.startsWith("!")) return [];
    const matches = paths.filter(pathMatcher([glob]));
    return matches.length > 0 || folderPath === "." ? matches : paths.filter(pathMatcher([join(folderPath, glob)]));
  }

  return {
    gradesOf(expected) {
      const byGlob = new Map<string, number>();
      const byPath = new Map<string, number>();
      for (const { line, path: written, grade } of expected) {
        const exact = exactOf(written);
        const matches = exact === undefined ? matchesOf(written) : [exact];
        if (matches.length === 0) throw lineError(file, line, `no document of the index is ${written}`, hintFor(written, paths));
        const grades = exact === undefined ? byGlob : byPath;
        for (const path of matches) grades.set(path, Math.max(grade, grades.get(path) ?? 0));
      }
      return new Map([...byGlob, ...byPath]);
    },
  };
}

/** A document of the same name in another folder is meant more often than one whose whole path is spelled alike. */
function hintFor(written: string, paths: readonly string[]): string {
  const name = basename(written.replaceAll("\\", "/"));
  const namesakes = paths.filter((path) => basename(path) === name);
  const closest = closestName(written, namesakes) ?? namesakes[0] ?? closestName(written, paths);
  return closest === undefined ? "`rerank status` shows what the index covers; `rerank index` brings it up to date" : `did you mean ${closest}?`;
}
