import { expect, test } from "vitest";
import { liesBelow, storedPath } from "../../src/adapters/stored-paths.ts";

test.each([
  ["docs/a.md", "docs", true],
  ["docs", "docs", true],
  ["docs2/a.md", "docs", false],
  ["a:b.md", ".", true],
  ["..a/b.md", ".", true],
  ["/elsewhere/a.md", ".", false],
  ["docs/a.md", "/home/me", true],
  ["/home/me/other/a.md", "/home/me", true],
  ["/home/you/a.md", "/home/me", false],
])("%s below %s, in an index of /home/me/project: %s", (path, root, expected) => {
  expect(liesBelow(path, root, "/home/me/project")).toBe(expected);
});

test("paths are stored relative to the base folder, and absolute outside of it", () => {
  expect(storedPath("/base/docs/a.md", "/base")).toBe("docs/a.md");
  expect(storedPath("/base", "/base")).toBe(".");
  expect(storedPath("/other/a.md", "/base")).toBe("/other/a.md");
});
