import { expect, test } from "vitest";
import { createGlobFilter } from "../../src/adapters/glob-filter.ts";
import { pathMatcher } from "../../src/adapters/path-matcher.ts";

test.each([
  [["*.md"], "docs/a.md", true],
  [["*.md"], "docs/a.txt", false],
  [["docs"], "docs/deep/a.md", true],
  [["docs/**"], "docs/a.md", true],
  [["!*.md"], "docs/a.md", false],
  [["docs", "!docs/old"], "docs/old/a.md", false],
  [["./"], "docs/a.md", true],
  [["/"], "docs/a.md", true],
  [["."], "docs/a.md", true],
])("--path %j on %s: %s", (globs, path, expected) => {
  expect(pathMatcher(globs)(path)).toBe(expected);
});

test("a glob that is empty is the user's error", () => {
  expect(() => pathMatcher(["!"])).toThrow("a path glob is empty");
});

test.each(["./", "/", "."])("--include %s takes everything", (glob) => {
  expect(createGlobFilter([glob], []).allowsFile("docs/a.md")).toBe(true);
});
