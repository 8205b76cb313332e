import picomatch from "picomatch";

/** What `--include` and `--exclude` let through. Paths are relative to the root, with forward slashes. */
export interface GlobFilter {
  /** Whether a file is wanted. */
  allowsFile(relativePath: string): boolean;
  /** Whether anything below a folder may be wanted. */
  allowsFolder(relativePath: string): boolean;
}

/**
 * A glob with a slash is matched against the whole path, one without against each name: "*.md", "docs/**", "drafts".
 * Naming a folder means all that is in it.
 */
export function createGlobFilter(include: readonly string[], exclude: readonly string[]): GlobFilter {
  const included = matcherOf(include);
  const excluded = matcherOf(exclude);
  return {
    allowsFile: (relativePath) => (include.length === 0 || included(relativePath)) && !excluded(relativePath),
    allowsFolder: (relativePath) => !excluded(relativePath),
  };
}

function matcherOf(globs: readonly string[]): (relativePath: string) => boolean {
  const matchers = globs.flatMap((glob): ((relativePath: string) => boolean)[] => {
    const plain = glob.replace(/^(?:\.?\/)+/, "").replace(/\/+$/, "");
    // "./" and "/" name the root itself.
    if (plain === "" || plain === ".") return [() => true];
    const anchored = plain.includes("/") || /^\.?\//.test(glob) ? plain : `**/${plain}`;
    // "s": a file name may hold a line break.
    return [anchored, `${anchored}/**`].map((pattern) => picomatch(pattern, { dot: true, flags: "s" }));
  });
  return (relativePath) => matchers.some((matches) => matches(relativePath));
}
