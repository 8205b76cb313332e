import fc from "fast-check";
import { expect, test } from "vitest";
import { cut, fitTexts } from "../../src/mcp/fit-texts.ts";

test("leaves texts alone that there is room for", () => {
  expect(fitTexts(["one", "", "three"], { maxEach: 5, maxTotal: 20 })).toEqual([
    { text: "one", cutCharacters: 0 },
    { text: "", cutCharacters: 0 },
    { text: "three", cutCharacters: 0 },
  ]);
});

test("gives the first texts what they need, and shows how the last ones begin", () => {
  const long = "x".repeat(5000);
  const lengths = fitTexts([long, long, long, long], { maxEach: 2000, maxTotal: 4000 }).map(({ text }) => text.length);
  expect(lengths).toEqual([2000, 1520, 240, 240]);
});

test("never cuts a character in two", () => {
  expect(cut("ab😀c", 3)).toBe("ab");
  expect(cut("ab😀c", 4)).toBe("ab😀");
});

test("however many and long texts are: nothing is longer than there is room for, and what is left out is counted", () => {
  const texts = fc.array(fc.string({ maxLength: 300, unit: "binary" }), { maxLength: 30 });
  fc.assert(
    fc.property(texts, fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 1500 }), (given, maxEach, maxTotal) => {
      const fitted = fitTexts(given, { maxEach, maxTotal });
      expect(fitted.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(maxTotal);
      for (const [position, { text, cutCharacters }] of fitted.entries()) {
        expect(text.length).toBeLessThanOrEqual(maxEach);
        expect(given[position]?.startsWith(text)).toBe(true);
        expect(text.length + cutCharacters).toBe(given[position]?.length);
      }
    }),
  );
});
