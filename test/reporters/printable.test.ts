import { expect, test } from "vitest";
import { printableJson, printableLine, printableText } from "../../src/reporters/printable.ts";

test("makes escape sequences visible instead of running them", () => {
  expect(printableLine("a\u001b[31mb\u0007\u009b2J\u007f")).toBe("a\\x1b[31mb\\x07\\x9b2J\\x7f");
});

test("shows line breaks and tabs of a file name as symbols", () => {
  expect(printableLine("two\nlines\tand\r")).toBe("two␊lines␉and\\x0d");
});

test("shows what would turn the direction of the text around", () => {
  expect(printableLine("evil\u202egpj.exe\u2066")).toBe("evil\\u202egpj.exe\\u2066");
});

test("replaces lone surrogates and keeps emoji, Chinese and Arabic", () => {
  expect(printableLine("a\ud800b 👩‍💻 北京 عربي")).toBe("a\ufffdb 👩‍💻 北京 عربي");
});

test("keeps the line breaks and tabs of a text, and nothing else below the space", () => {
  expect(printableText("one\r\ntwo\tthree\u001b]0;title\u0007")).toBe("one\ntwo\tthree\\x1b]0;title\\x07");
});

test("escapes in JSON what JSON.stringify leaves raw, without changing its meaning", () => {
  const value = { text: "\u009b31m \u202e \u2028 \u007f é" };
  const json = printableJson(JSON.stringify(value));
  // oxlint-disable-next-line no-control-regex
  expect(json).not.toMatch(/[\u007f-\u009f\u202e\u2028]/);
  expect(JSON.parse(json)).toEqual(value);
});
