import picomatch from "picomatch";
import { UserError } from "../domain/errors.ts";

/**
 * Whether a document's path matches one of the globs. A glob without a slash matches the file's name anywhere; a folder's
 * name matches all that lies below it; `!` in front excludes.
 */
export function pathMatcher(globs: readonly string[]): (path: string) => boolean {
  const wanted = globs.filter((glob) => !glob.startsWith("!")).map(matcherOf);
  const unwanted = globs.filter((glob) => glob.startsWith("!")).map((glob) => matcherOf(glob.slice(1)));
  return (path) =>
    (wanted.length === 0 || wanted.some((matches) => matches(path))) && !unwanted.some((matches) => matches(path));
}

function matcherOf(glob: string): (path: string) => boolean {
  if (glob === "") throw new UserError("a path glob is empty", { hint: 'name files or folders, such as "docs/**" or "!*.md"' });
  const plain = glob.replace(/^\.\//, "").replace(/\/+$/, "");
  // "./" and "/" name everything.
  if (plain === "" || plain === ".") return () => true;
  // "s": a file name may hold a line break.
  const options = { dot: true, flags: "s" };
  const matches = plain.includes("/") ? picomatch(plain, options) : picomatch(plain, { ...options, basename: true });
  const below = picomatch(plain.includes("/") ? `${plain}/**` : `{${plain},**/${plain}}/**`, options);
  return (path) => matches(path) || below(path);
}
