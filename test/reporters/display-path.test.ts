import { describe, expect, test } from "vitest";
import { absolutePathOf, displayPath, fileUrlOf, locationSuffix } from "../../src/reporters/display-path.ts";

describe("displayPath", () => {
  test("is relative to the working directory", () => {
    expect(displayPath("docs/a.md", { baseFolder: "/home/ana/notes", cwd: "/home/ana/notes/docs" })).toBe("a.md");
    expect(displayPath("docs/a.md", { baseFolder: "/home/ana/notes", cwd: "/home/ana" })).toBe("notes/docs/a.md");
    expect(displayPath("docs/a.md", { baseFolder: "/home/ana/notes", cwd: "/home/ana/notes/src" })).toBe("../docs/a.md");
  });

  test("is absolute where climbing up would be longer", () => {
    expect(displayPath("/etc/a.md", { baseFolder: "/home/ana/notes", cwd: "/home/ana/notes" })).toBe("/etc/a.md");
  });

  test("keeps a file name that merely begins with dots", () => {
    expect(displayPath("..a/b.md", { baseFolder: "/home", cwd: "/home" })).toBe("..a/b.md");
  });

  test("names standard input, which has no absolute path and no address", () => {
    const view = { baseFolder: "/home", cwd: "/home" };
    expect(displayPath("-", view)).toBe("<stdin>");
    expect(absolutePathOf("-", view)).toBeNull();
    expect(fileUrlOf("-", view)).toBeNull();
  });
});

test("encodes file addresses, so that no name can end the link that it stands in", () => {
  expect(fileUrlOf("北 京\u001b\\.md", { baseFolder: "/d", cwd: "/d" })).toBe("file:///d/%E5%8C%97%20%E4%BA%AC%1B%5C.md");
});

test("tells the place within a file by line, page or row", () => {
  expect(locationSuffix({ startLine: 12, endLine: 18 })).toBe(":12-18");
  expect(locationSuffix({ startLine: 12, endLine: 12 })).toBe(":12");
  expect(locationSuffix({ startLine: 1, endLine: 9, page: 3 })).toBe(" p.3");
  expect(locationSuffix({ startLine: 13, endLine: 14, row: 12 })).toBe(" row 12");
});
