import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bestSnippet, type SnippetOptions } from "../../src/domain/snippet.ts";

/** Wide characters as terminals draw them, near enough. */
const wide = (character: string): number => (/[\u2e80-\uffef\p{Extended_Pictographic}]/u.test(character) ? 2 : 1);

/** The snippet with `[` and `]` around what is highlighted and `…` where it is cut. */
function snippet(text: string, query: string, maxColumns = 80, options: Partial<SnippetOptions> = { width: wide }): string {
  const { text: shown, highlights, clippedStart, clippedEnd } = bestSnippet(text, query, { maxColumns, ...options });
  let marked = "";
  let position = 0;
  for (const [start, end] of highlights) {
    marked += `${shown.slice(position, start)}[${shown.slice(start, end)}]`;
    position = end;
  }
  return `${clippedStart ? "…" : ""}${marked}${shown.slice(position)}${clippedEnd ? "…" : ""}`;
}

describe("highlights", () => {
  test.each([
    ["Embeddings come from a model.", "embedding models", "[Embeddings] come from a [model]."],
    ["The Café is a cafe.", "CAFÉS", "The [Café] is a [cafe]."],
    ["Set maxTokens or max_tokens.", "tokens", "Set max[Tokens] or max_[tokens]."],
    ["What is the capital of France?", "what is the capital", "What is the [capital] of France?"],
    ["我国的首都在中国北京。", "中国的首都", "我国的[首都]在[中国]北京。"],
    ["日本の首都は東京。", "東京は日本の首都ですか", "[日本]の[首都]は[東京]。"],
    ["小猫睡了。", "猫", "小[猫]睡了。"],
    ["データベースの設計", "データベース", "[データベース]の設計"],
    ["A naı\u0308ve e\u0301te\u0301", "été", "A naı\u0308ve [e\u0301te\u0301]"],
  ])("%s for %s", (text, query, marked) => expect(snippet(text, query)).toBe(marked));
});

describe("the stretch that is shown", () => {
  test("covers different terms before repeats of one", () => {
    const text = "Gravity and gravity and gravity. A word. Mass has gravity. More words follow here.";
    expect(snippet(text, "gravity mass", 32)).toBe("[Mass] has [gravity].");
  });

  test("is the earlier one of equals", () => {
    const text = "Red apples grow here. Nothing in between at all. Green apples grow there.";
    expect(snippet(text, "apple", 30)).toBe("Red [apples] grow here.");
  });

  test("prefers a rare long term to a frequent short one", () => {
    const text = "The cat sat. The cat ran. The cat ate. A hippopotamus swam. The cat hid.";
    expect(snippet(text, "cat hippopotamus", 22)).toBe("A [hippopotamus] swam.");
  });

  test("is the beginning when nothing matches", () => {
    expect(snippet("First one. Second one. Third one that does not fit.", "zebra", 24)).toBe("First one. Second one.");
    expect(snippet("First one. Second one.", "", 80)).toBe("First one. Second one.");
  });

  test("takes in the sentences before when the text ends", () => {
    expect(snippet("Some context first. Gravity acts.", "gravity", 80)).toBe("Some context first. [Gravity] acts.");
  });

  test("of a long sentence holds the matches with some words before them", () => {
    const text = `This sentence ${"goes on and on ".repeat(10)}before it mentions gravity and mass and then ${"goes on and on ".repeat(10)}`;
    expect(snippet(text, "gravity mass", 60)).toBe("…it mentions [gravity] and [mass] and then goes on and on goes…");
  });

  test("of a long sentence is its end when that holds the match", () => {
    const text = `This sentence ${"goes on and on ".repeat(10)}up to gravity.`;
    expect(snippet(text, "gravity", 40)).toBe("…on and on goes on and on up to [gravity].");
  });

  test("is cut by columns: a wide character takes two", () => {
    const text = "北京是中华人民共和国的首都，全国的政治中心和文化中心和国际交往中心。";
    expect(snippet(text, "首都", 30)).toBe("…共和国的[首都]，全国的政治中心…");
    expect(snippet(text, "首都", 30, {})).toBe("…是中华人民共和国的[首都]，全国的政治中心和文化中心和国际交…");
  });

  test("is on one line, without control characters", () => {
    expect(snippet("a\n\n\tbig \u001b[31m cat\r\n  sat", "cat")).toBe("a big [31m [cat] sat");
  });
});

test("offsets tell what is shown", () => {
  const text = "  One.\n\nTwo has gravity.  Three follows after it.";
  const { start, end, text: shown } = bestSnippet(text, "gravity", { maxColumns: 17 });
  expect(text.slice(start, end)).toBe("Two has gravity.");
  expect(shown).toBe("Two has gravity.");
});

test("an empty text has an empty snippet", () => {
  for (const text of ["", " \n"]) {
    expect(bestSnippet(text, "q", { maxColumns: 10 })).toEqual({
      text: "", start: 0, end: 0, highlights: [], clippedStart: false, clippedEnd: false,
    });
  }
});

test("whatever the text, a snippet fits its columns and its highlights are whole characters, in order and apart", () => {
  const fragment = fc.constantFrom(
    "gravity", "mass", "Gravities", "重力", "重力的", "質量", "。", ". ", "，", " ", "\n", "\n\n", "👩‍👩‍👧", "e\u0301", "x".repeat(30), "word", "\u0007", "𠮷",
  );
  const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
  fc.assert(
    fc.property(
      fc.array(fragment, { maxLength: 50 }).map((parts) => parts.join("")),
      fc.constantFrom("gravity mass", "重力的質量", "👩", "e\u0301 x"),
      fc.integer({ min: 4, max: 60 }),
      (text, query, maxColumns) => {
        const { text: shown, start, end, highlights, clippedStart, clippedEnd } = bestSnippet(text, query, { maxColumns, width: wide });
        const graphemes = Array.from(segmenter.segment(shown), ({ segment }) => segment);
        const columns = graphemes.reduce((sum, grapheme) => sum + wide(grapheme), 0);
        expect(columns + Number(clippedStart) + Number(clippedEnd)).toBeLessThanOrEqual(maxColumns);
        expect(shown).toBe(text.slice(start, end).replace(/[\s\p{Cc}]+/gu, " "));
        expect(shown).not.toMatch(/\p{Surrogate}/u);
        const boundaries = new Set([...Array.from(segmenter.segment(shown), ({ index }) => index), shown.length]);
        let previousEnd = -1;
        for (const [from, to] of highlights) {
          expect(from).toBeGreaterThan(previousEnd);
          expect(to).toBeGreaterThan(from);
          expect(boundaries.has(from) && boundaries.has(to)).toBe(true);
          previousEnd = to;
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test.each(["gravity ", "gravity. ", "重力", "x"])("a megabyte of %j has a snippet", (unit) => {
  expect(bestSnippet(unit.repeat(1_000_000 / unit.length), "gravity 重力", { maxColumns: 80 }).text.length).toBeGreaterThan(40);
});
