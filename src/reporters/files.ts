import type { SearchResult } from "../pipeline/search-result.ts";
import { displayPath, type PathView } from "./display-path.ts";
import { printableLine } from "./printable.ts";

export interface FilesOptions extends PathView {
  /** Ends each path with a NUL instead of a line break, for `xargs -0`: the one byte that no path holds. */
  readonly nullSeparated?: boolean;
  /** Set where a terminal shows it: control characters are then made visible. Programs get the names as they are. */
  readonly toTerminal?: boolean;
}

/** The paths of the results, each once, in order of their best passage. */
export function filesReport(result: SearchResult, options: FilesOptions): string {
  const paths = new Set(result.results.map(({ passage }) => displayPath(passage.path, options)));
  const end = options.nullSeparated === true ? "\0" : "\n";
  return [...paths].map((path) => (options.toTerminal === true ? printableLine(path) : path) + end).join("");
}
