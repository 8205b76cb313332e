import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fitHeadings, markedLine, shortenEnd, shortenStart, wrapLines } from "../../src/reporters/fit-text.ts";
import { widthOf } from "../../src/reporters/style.ts";

const wrapped = (text: string, width: number) => wrapLines(text, width).map(({ start, end }) => text.slice(start, end));
const glyphs = { into: "›", ellipsis: "…" };

describe("wrapLines", () => {
  test("breaks between words", () => {
    expect(wrapped("the quick brown fox jumps", 10)).toEqual(["the quick", "brown fox", "jumps"]);
  });

  test("breaks after a hyphen between letters, and not within the hyphens of a flag", () => {
    expect(wrapped("a well-known one", 8)).toEqual(["a well-", "known", "one"]);
    expect(wrapped("now add --project", 12)).toEqual(["now add", "--project"]);
  });

  test("breaks Chinese between characters, never before a closing mark or after an opening one", () => {
    expect(wrapped("中华人民共和国，首都是（北京）。", 12)).toEqual(["中华人民共和", "国，首都是", "（北京）。"]);
    expect(wrapped("中华人民共和国，首都", 14)).toEqual(["中华人民共和", "国，首都"]);
  });

  test("breaks between scripts", () => {
    expect(wrapped("人口 2189 万 Beijing北京", 10)).toEqual(["人口 2189", "万 Beijing", "北京"]);
  });

  test("cuts a word only when it alone is wider than a line", () => {
    expect(wrapped("see abcdefghijklmnopqrst now", 8)).toEqual(["see", "abcdefgh", "ijklmnop", "qrst now"]);
  });

  test("breaks again where the rest after a good place is still too wide", () => {
    expect(wrapped("a-bcaabc👩‍💻", 7)).toEqual(["a-", "bcaabc", "👩‍💻"]);
  });

  test("takes line breaks and indentation for spaces at the ends of lines", () => {
    expect(wrapped("  one\n  two\n\n", 6)).toEqual(["one", "two"]);
    expect(wrapped(" \n ", 6)).toEqual([]);
  });

  test("never exceeds the width, never cuts a character and loses nothing but space", () => {
    const texts = fc.string({ unit: fc.constantFrom("a", "bc", " ", "北", "京", "。", "👩‍💻", "é", "-", "(", "\n"), maxLength: 60 });
    fc.assert(
      fc.property(texts, fc.integer({ min: 4, max: 30 }), (text, width) => {
        const lines = wrapped(text, width);
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
        expect(lines.join("").replace(/\s/g, "")).toBe(text.replace(/\s/g, ""));
        expect(lines.join("")).not.toMatch(/\p{Surrogate}/u);
      }),
    );
  });
});

test("marks the highlighted parts of one line, also those that begin or end beyond it", () => {
  const mark = (part: string) => `<${part}>`;
  const highlights = [{ start: 0, end: 2 }, { start: 3, end: 5 }, { start: 7, end: 12 }];
  expect(markedLine("abcdefghijklm", { start: 1, end: 10 }, highlights, mark)).toBe("<b>c<de>fg<hij>");
});

test("shortens at either end to the width, counting Chinese characters as two columns", () => {
  expect(shortenEnd("北京市朝阳区", 8, "…")).toBe("北京市…");
  expect(shortenStart("docs/北京市/朝阳区.md", 12, "…")).toBe("…/朝阳区.md");
  expect(shortenStart("short.md", 12, "…")).toBe("short.md");
});

test("leaves out outer headings first and cuts the innermost only when it alone is too wide", () => {
  const headings = ["Beijing", "Government", "The capital city"];
  expect(fitHeadings(headings, 80, glyphs)).toBe("Beijing › Government › The capital city");
  expect(fitHeadings(headings, 33, glyphs)).toBe("… › Government › The capital city");
  expect(fitHeadings(headings, 32, glyphs)).toBe("… › The capital city");
  expect(fitHeadings(headings, 12, glyphs)).toBe("The capital…");
  expect(fitHeadings([], 12, glyphs)).toBe("");
});
