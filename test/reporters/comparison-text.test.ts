import { describe, expect, test } from "vitest";
import type { MovedQuery } from "../../src/domain/evaluation.ts";
import { comparisonText } from "../../src/reporters/comparison-text.ts";
import { widthOf } from "../../src/reporters/style.ts";
import type { Terminal } from "../../src/reporters/terminal.ts";
import { sampleComparison, sampleEvaluation } from "../support/evaluations.ts";
import { plainTerminal } from "./sample-result.ts";

const COMPARISON = sampleComparison();

function text(columns: number, overrides: Parameters<typeof sampleComparison>[0] = {}, terminal: Partial<Terminal> = {}): string {
  return comparisonText({ ...COMPARISON, ...overrides }, plainTerminal(columns, terminal));
}

const MOVED: MovedQuery = {
  queryId: "0f8fad5b-d9cb-469f-a165-70867728950e",
  text: "how is\tlimescale\u001b[2J removed?",
  fromNdcg10: 0.25,
  toNdcg10: 0.75,
  documents: [
    { documentId: "docs/guides/household/kettles-and-limescale.md", grade: 2, fromRank: 12, toRank: 1, excerpt: "Fill the\nkettle with equal parts of white vinegar and water." },
    { documentId: "北京", grade: 1, fromRank: 3, toRank: null, excerpt: "" },
    { documentId: "x", grade: 0, fromRank: null, toRank: 2, excerpt: "中华人民共和国的首都是北京，位于华北平原北部，是全国的政治、文化、国际交往和科技创新中心。" },
  ],
};

/** The sample with only this in its difference. */
function moved(gains: readonly MovedQuery[], losses: readonly MovedQuery[] = []) {
  return { differences: [{ ...COMPARISON.differences[0]!, gains, losses }] };
}

describe("comparisonText", () => {
  test("has a row for each variant's final order, with what its first stage alone is worth", () => {
    const lines = text(140).split("\n");
    expect(lines[0]).toBe("medline · 30 queries");
    expect(lines[2]).toMatch(/^variant {14}nDCG@10 {2}95 % interval {3}recalled {2}MRR@10 .* pairs\/s {2}0\.\d\d +nDCG@10 +0\.\d\d$/);
    expect(lines[4]).toMatch(/^mini, candidates=20 {4}0\.582 {2}\[0\.510, 0\.649\] {5}0\.391 {3}0\.794/);
    expect(lines.slice(3, 6).map((line) => line.slice(0, 19).trim())).toEqual(["mini", "mini, candidates=20", "qwen3-0.6b"]);
  });

  test("does not repeat the only stage of a variant as its recall", () => {
    const alone = sampleEvaluation({ label: "no-rerank" }, { stages: ["recall"] });
    expect(text(140, { variants: [COMPARISON.variants[0]!, alone] })).toMatch(/^no-rerank +0\.391 {2}\[[^\]]+\] +– /m);
    const both = text(140, { variants: [alone, { ...alone, label: "dimensions=64" }] });
    expect(both).not.toContain("recalled");
  });

  test("tells for each variant how far it is from the first, and which queries moved", () => {
    const shown = text(120);
    expect(shown).toContain("qwen3-0.6b against mini: nDCG@10 +13.0 points [+6.0, +20.0], p 0.002: better, significant at 5 %\nKendall tau -0.23 over what either order");
    expect(shown.match(/^gained most$/gm)).toHaveLength(2);
    expect(shown.match(/^ {2}[+-]\d/gm)).toHaveLength(12);
  });

  test("shows the documents that explain a query: places, grade, id and the beginning of the text", () => {
    expect(text(100, moved([MOVED]))).toContain(
      [
        "gained most",
        "  +50.0  0.250 → 0.750  …-469f-a165-70867728950e  how is limescale\\x1b[2J removed?",
        "    12 → 1  grade 2  …ettles-and-limescale.md  Fill the kettle with equal parts of white vinegar an…",
        "     3 → –  grade 1  北京",
        `     – → 2  grade 0  ${"x".padEnd(24)}  中华人民共和国的首都是北京，位于华北平原北部，是全国…`,
      ].join("\n"),
    );
  });

  test("puts texts below the numbers where there is no room beside them", () => {
    expect(text(40, moved([], [MOVED]))).toContain("    12 → 1  grade 2  …escale.md\n      Fill the kettle with equal parts…\n");
  });

  test("is nowhere wider than the terminal", () => {
    const variants = COMPARISON.variants.map((variant, position) => ({ ...variant, label: ["mini", "多语言重排序模型，候选数＝100", "jina-reranker-v2-base-multilingual, candidates=20"][position]! }));
    for (const columns of [120, 80, 40]) {
      for (const line of text(columns, { variants, ...moved([MOVED], [MOVED]) }).split("\n")) expect(widthOf(line)).toBeLessThanOrEqual(columns);
    }
  });

  test("paints what got better for a relevant document green, what got worse red, and leaves others dim", () => {
    const coloured = text(120, moved([MOVED]), { colors: true });
    expect(coloured).toContain("\u001b[32m12 → 1\u001b[39m");
    expect(coloured).toContain("\u001b[31m 3 → –\u001b[39m");
    expect(coloured).toContain("\u001b[2m – → 2\u001b[22m");
  });

  test("says what all variants share once, and of each one what sets it apart", () => {
    const shown = text(200);
    expect(shown).toContain("\nmini: 50 candidates judged\nmini, candidates=20: 20 candidates judged\nqwen3-0.6b: 50 candidates judged\nall     1,033 documents");
    const [first, ...others] = COMPARISON.variants;
    const noted = { ...first!, notices: ["same", "only here"] };
    const notes = text(200, { variants: [noted, ...others.map((variant) => ({ ...variant, notices: ["same"] }))] });
    expect(notes).toContain("note: p is not corrected for the number of comparisons, 2\nnote: same\nnote: mini: only here\n");
  });

  test("stays legible with nothing that moved", () => {
    const shown = text(80, moved([]));
    expect(shown).not.toMatch(/gained|lost|note:/);
  });
});
