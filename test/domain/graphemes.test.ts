import fc from "fast-check";
import { expect, test } from "vitest";
import { graphemeCeiling, graphemeFloor, graphemesOf } from "../../src/domain/graphemes.ts";

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

function boundariesOf(text: string): number[] {
  return [...Array.from(segmenter.segment(text), ({ index }) => index), text.length];
}

const fragments = fc
  .array(
    fc.constantFrom("a", " ", "\r", "\n", "é", "e\u0301", "中", "が", "か\u3099", "한", "\u1112\u1161", "👨‍👩‍👧", "👍🏽", "🇫🇷", "🇨🇳", "\u200d", "\ufe0f", "©", "ि", "क", "я", "ﾞ", "ｶ", "—"),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(""));

test("the floor is the last cluster boundary at or before a position, the ceiling the first after", () => {
  fc.assert(
    fc.property(fragments, (text) => {
      const boundaries = boundariesOf(text);
      for (let position = 0; position <= text.length; position += 1) {
        expect(graphemeFloor(text, position)).toBe(boundaries.findLast((boundary) => boundary <= position));
        expect(graphemeCeiling(text, position)).toBe(boundaries.find((boundary) => boundary >= position));
      }
    }),
  );
});

test("a cluster of a thousand accents is cut, but no surrogate pair is", () => {
  const text = `a${"\u0301".repeat(1000)}${"\u{1d165}".repeat(100)}`;
  for (let position = 0; position <= text.length; position += 1) {
    const floor = graphemeFloor(text, position);
    expect(floor).toBeLessThanOrEqual(position);
    expect(text.slice(0, floor)).not.toMatch(/\p{Surrogate}/u);
  }
});

test("graphemes of plain and of joined characters", () => {
  fc.assert(
    fc.property(fragments, (text) => {
      expect(graphemesOf(text)).toEqual(Array.from(segmenter.segment(text), ({ segment }) => segment));
    }),
  );
  expect(graphemesOf("ab c")).toEqual(["a", "b", " ", "c"]);
  expect(graphemesOf("e\u0301👨‍👩‍👧中")).toEqual(["e\u0301", "👨‍👩‍👧", "中"]);
});
