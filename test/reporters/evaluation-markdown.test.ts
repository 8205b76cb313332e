import { describe, expect, test } from "vitest";
import { comparisonMarkdown } from "../../src/reporters/comparison-markdown.ts";
import { evaluationMarkdown } from "../../src/reporters/evaluation-markdown.ts";
import { sampleComparison, sampleEvaluation } from "../support/evaluations.ts";

describe("evaluationMarkdown", () => {
  test("is a heading, a table with four decimals and the best in bold, the differences and how they came about", () => {
    const blocks = evaluationMarkdown(sampleEvaluation()).split("\n\n");
    expect(blocks[0]).toBe("## medline");
    expect(blocks[1]).toBe(
      [
        "| stage | nDCG@10 | 95 % interval | MRR@10 | R@10 | R@50 | R@100 | P@1 | mean | p95 | pairs/s |",
        "| --- | --: | --- | --: | --: | --: | --: | --: | --: | --: | --: |",
        "| recall | 0.3911 | [0.3039, 0.4796] | 0.6340 | 0.3980 | 0.8262 | 0.8822 | 0.5000 | 11 ms | 13 ms | – |",
        "| hybrid | 0.4179 | [0.3245, 0.5066] | 0.6483 | 0.4268 | **0.8328** | 0.8822 | **0.5333** | 14 ms | 16 ms | – |",
        "| rerank | **0.5489** | [0.4780, 0.6159] | **0.6875** | **0.5616** | **0.8328** | 0.8822 | 0.4667 | 1.4 s | 1.6 s | 35 |",
      ].join("\n"),
    );
    expect(blocks[2]).toContain("- rerank against hybrid: nDCG@10 +13.1 points [+4.5, +21.6], p 0.007: **better, significant at 5 %**\n");
    expect(blocks[3]).toMatch(/^30 queries; 1,033 documents, 1,264 passages; embedder mini \(int8\); .* 1 point is 0\.01\n$/);
  });

  test("lets no name become markup", () => {
    const [stage] = sampleEvaluation().stages;
    const shown = evaluationMarkdown(sampleEvaluation({ dataset: "a*b*\n# c", stages: [{ ...stage!, name: "x|y" }], paired: [], notices: ["<b>odd</b>"] }));
    expect(shown).toMatch(/^## a\\\*b\\\*␊# c\n/);
    expect(shown).toContain("\n| x\\|y | 0.3911 |");
    expect(shown).toMatch(/- note: \\<b\\>odd\\<\/b\\>\n$/);
  });
});

describe("comparisonMarkdown", () => {
  test("has a section for each variant against the first, with the documents that explain it", () => {
    const shown = comparisonMarkdown(sampleComparison());
    expect(shown).toMatch(/^## medline\n\n\| variant \| nDCG@10 \| 95 % interval \| recalled \|/);
    expect(shown.match(/^### .*$/gm)).toEqual(["### mini, candidates=20 against mini", "### qwen3-0.6b against mini"]);
    expect(shown).toContain("\n- **how is limescale removed from a kettle** (MED-1): +39.6 points, 0.5175 → 0.9139\n  - d83, grade 2, rank 2 → 1: Fill the kettle");
    expect(shown).toContain("\nKendall tau 0.10 over what either order has among its first ten.\n");
    expect(shown).not.toMatch(/\n{3}|\n\n$/);
  });

  test("cuts long texts, and keeps what they hold from becoming markup", () => {
    const [difference] = sampleComparison().differences;
    const document = { documentId: "a_b_c", grade: 1, fromRank: 1, toRank: null, excerpt: `[link](x)\n\n# ${"word ".repeat(60)}` };
    const gains = [{ queryId: "q", text: "a\nb", fromNdcg10: 0, toNdcg10: 1, documents: [document] }];
    const shown = comparisonMarkdown(sampleComparison({ differences: [{ ...difference!, gains, losses: [] }] }));
    expect(shown).toContain("- **a b** (q): +100.0 points, 0.0000 → 1.0000\n  - a\\_b\\_c, grade 1, rank 1 → –: \\[link\\](x) # word word");
    expect(shown.trimEnd().endsWith("…")).toBe(true);
    expect(shown).not.toContain("Lost most");
  });
});
