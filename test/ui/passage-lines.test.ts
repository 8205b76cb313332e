import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { distributionStrip } from "../../src/ui/distribution.ts";
import { jointLines } from "../../src/ui/draw-orders.ts";
import { bar, createPaint } from "../../src/ui/paint.ts";
import { passageLines, type PassageLinesOptions } from "../../src/ui/passage-lines.ts";

const paint = createPaint({ colors: false, unicode: true });

function lines(text: string, options: Partial<PassageLinesOptions> = {}): string[] {
  return passageLines(text, { width: 40, query: "capital", weights: [], paint, ...options }).map(stripVTControlCharacters);
}

describe("passageLines", () => {
  test("keeps lists, indentation and blank lines", () => {
    expect(lines("Towns:\n- Rome\n    code()\n\nEnd.")).toEqual(["  Towns:", "  - Rome", "      code()", "  ", "  End."]);
  });

  test("wraps anew what was wrapped by its writer, but no table and no list", () => {
    const written = "Shares and bonds are how companies raise their long-term funds, the\nprospectus says.";
    expect(lines(written, { width: 60 })).toEqual(["  Shares and bonds are how companies raise their long-term", "  funds, the prospectus says."]);
    const table = "a very long first cell of a table | and a second one that is long | 3\nb | c | d";
    expect(lines(table, { width: 90 })).toEqual([`  ${table.split("\n")[0]}`, "  b | c | d"]);
  });

  test("draws a bar beside the lines of each sentence, scaled by its weight, and underlines the strong ones", () => {
    const text = "It is large.\nBeijing is the capital.\nNo more.";
    const weights = [{ start: 0, end: 12, weight: 1 }, { start: 13, end: 36, weight: 4 }, { start: 37, end: 45, weight: -2 }];
    const drawn = passageLines(text, { width: 40, query: "capital", weights, paint });
    expect(drawn.map((line) => stripVTControlCharacters(line).slice(0, 1))).toEqual(["▎", "█", " "]);
    expect(drawn[1]).toContain("\u001b[4mBeijing is the \u001b[1mcapital\u001b[22m.\u001b[24m");
    expect(drawn[0]).not.toContain("\u001b[4m");
  });

  test("marks nothing where no sentence matters by itself", () => {
    expect(lines("One. Two.", { weights: [{ start: 0, end: 4, weight: 0.01 }, { start: 5, end: 9, weight: 0 }] })).toEqual(["  One. Two."]);
  });

  test("keeps to the sentences behind control characters, which are shown as several", () => {
    const text = "\u0007bell. Capital.";
    const drawn = passageLines(text, { width: 40, query: "x", weights: [{ start: 7, end: 15, weight: 2 }], paint });
    expect(drawn[0]).toContain("\u001b[4mCapital.\u001b[24m");
  });
});

describe("drawing by characters", () => {
  test("a bar is as long as its share, and shows anything above nothing", () => {
    expect(bar(0.5, 4, paint.glyphs)).toBe("██  ");
    expect(bar(0.0001, 4, paint.glyphs)).toBe("▏   ");
    expect(bar(0, 4, paint.glyphs)).toBe("    ");
    expect(bar(7, 4, paint.glyphs)).toBe("████");
    expect(bar(0.6, 4, createPaint({ colors: false, unicode: false }).glyphs)).toBe("##. ");
  });

  test("a distribution puts brackets around the place of one value", () => {
    const drawn = distributionStrip([0, 0.1, 0.9, 1], 0.9, { low: 0, high: 1, bins: 4, paint });
    expect(stripVTControlCharacters(drawn)).toBe("█  [█]");
  });

  test("a line joins the two places of a passage, and leaves at the edge towards a place out of sight", () => {
    const drawn = (from: number, to: number) => jointLines(from, to, 3, paint).map(stripVTControlCharacters);
    expect(drawn(0, 2)).toEqual(["──╮  ", "  │  ", "  ╰──"]);
    expect(drawn(2, 0)).toEqual(["  ╭──", "  │  ", "──╯  "]);
    expect(drawn(1, 1)).toEqual(["     ", "─────", "     "]);
    expect(drawn(9, 1)).toEqual(["     ", "  ╭──", "  │  "]);
  });
});
