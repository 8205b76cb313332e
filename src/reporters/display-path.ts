import { relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import type { PassageLocation } from "../domain/passage.ts";

/** Where paths are stored from and shown from. Both absolute. */
export interface PathView {
  /** The folder that holds `.rerank/`. */
  readonly baseFolder: string;
  readonly cwd: string;
}

/**
 * A stored path as the user would type it: relative to the working directory, or absolute where that is shorter than
 * climbing up to it. Forward slashes. Standard input is "<stdin>". Not yet safe for a terminal: see printableLine.
 */
export function displayPath(path: string, view: PathView): string {
  if (isStandardInput(path)) return "<stdin>";
  const absolute = resolve(view.baseFolder, path);
  const fromHere = relative(view.cwd, absolute);
  const isBelow = fromHere !== ".." && !fromHere.startsWith(`..${sep}`);
  const shown = isBelow || fromHere.length <= absolute.length ? fromHere : absolute;
  return sep === "/" ? shown : shown.replaceAll(sep, "/");
}

/** `null` for standard input, which is no file. */
export function absolutePathOf(path: string, { baseFolder }: PathView): string | null {
  return isStandardInput(path) ? null : resolve(baseFolder, path);
}

export function fileUrlOf(path: string, view: PathView): string | null {
  const absolute = absolutePathOf(path, view);
  return absolute === null ? null : pathToFileURL(absolute).href;
}

/** What follows the path: ":12-18", ":12", " p.3", " row 12". */
export function locationSuffix({ startLine, endLine, page, row }: PassageLocation): string {
  if (page !== undefined) return ` p.${page}`;
  if (row !== undefined) return ` row ${row}`;
  return startLine === endLine ? `:${startLine}` : `:${startLine}-${endLine}`;
}

function isStandardInput(path: string): boolean {
  return path === "" || path === "-";
}
