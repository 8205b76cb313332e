import { expect, test } from "vitest";
import { filesReport } from "../../src/reporters/files.ts";
import { sampleResult, VIEW } from "./sample-result.ts";

const result = sampleResult([{ path: "b.md" }, { path: "a.md" }, { path: "b.md" }, { path: "two\nlines 🏯.md" }]);

test("lists each file once, in order of its best passage", () => {
  expect(filesReport(result, VIEW)).toBe("b.md\na.md\ntwo\nlines 🏯.md\n");
});

test("ends paths with NUL when asked, so that names with line breaks survive xargs -0", () => {
  expect(filesReport(result, { ...VIEW, nullSeparated: true })).toBe("b.md\0a.md\0two\nlines 🏯.md\0");
});

test("shows control characters of names on a terminal", () => {
  expect(filesReport(result, { ...VIEW, toTerminal: true })).toBe("b.md\na.md\ntwo␊lines 🏯.md\n");
});

test("is empty without results", () => {
  expect(filesReport(sampleResult([]), VIEW)).toBe("");
});
