import { describe, expect, test } from "vitest";
import { explainReport } from "../../src/reporters/explain.ts";
import { widthOf } from "../../src/reporters/style.ts";
import { BILINGUAL, VIEW, plainTerminal, sampleResult } from "./sample-result.ts";

const explain = (columns: number, result = sampleResult(BILINGUAL)) =>
  explainReport(result, { ...VIEW, terminal: plainTerminal(columns) });

describe("explainReport", () => {
  test("shows both orders beside each other where there is room", () => {
    expect(explain(120)).toBe(
      `query        capital of China
instruction  –
embedder     mini · int8 · revision 2c1f0e9a8b7d · fingerprint a1b2c3d4e5f6
reranker     mini · int8 · revision 2c1f0e9a8b7d · fingerprint 99aabbccddee
settings     recall exact · 50 candidates · 10 results
timings      embed 41 ms · recall 1 ms · rerank 2.9 s · total 3.0 s
judged       50 of 50 candidates
tokens       9,120 computed

first stage, by similarity                                   after reranking, by relevance and logit
1 → 2  0.688  capitals/北京.md:3-7                           1  ↑2  0.99995  9.90  capitals/beijing.md:9-14
2 → 3  0.402  history/moon-landing.pdf p.3                   2  ↓1  0.99992  9.40  capitals/北京.md:3-7
3 → 1  0.612  capitals/beijing.md:9-14                       3  ↓1  –           –  history/moon-landing.pdf p.3
`,
    );
  });

  test("shows them below each other in a narrow window, and stays within it", () => {
    const output = explain(60);
    expect(output).toContain("\n\nfirst stage, by similarity\n1 → 2  0.688  capitals/北京.md:3-7");
    expect(output).toContain("\n\nafter reranking, by relevance and logit\n1  ↑2  0.99995  9.90  capitals/beijing.md:9-14\n");
    for (const line of output.split("\n")) expect(widthOf(line), line).toBeLessThanOrEqual(60);
  });

  test("names passages that fell out of the results, and says where they are now", () => {
    const output = explain(120, sampleResult([{ recallRank: 2, path: "a.md" }]));
    expect(output).toMatch(/\n1 → 2 {2}0\.500 {2}other-1\.md:1-3 +1 {2}↑1 {2}0\.9933 {2}5\.00 {2}a\.md:1-3\n/);
  });

  test("tells the models' own instruction from one that was given", () => {
    const own = { ownInstruction: "Retrieve passages" };
    expect(explain(120, sampleResult(BILINGUAL, own))).toContain("instruction  Retrieve passages (the model's own)\n");
    expect(explain(120, sampleResult(BILINGUAL, { ...own, instruction: "Find the law" }))).toContain("instruction  Find the law\n");
  });

  test("names settings, notices and truncations that there are", () => {
    const base = sampleResult([{ truncated: true }]);
    const output = explain(
      200,
      sampleResult([{ truncated: true }], {
        instruction: "Find the law",
        partial: true,
        judged: 17,
        notices: ["the query is longer than the embedder reads"],
        settings: { ...base.settings, hybrid: true, minRelevance: 0.5, budgetMs: 3000, perDocument: true, paths: ["docs/**", "*.md"] },
      }),
    );
    expect(output).toContain("instruction  Find the law\n");
    expect(output).toContain(
      "settings     recall exact + BM25 · 50 candidates · 10 results · relevance at least 0.5 · budget 3.0 s · one per document · paths docs/**, *.md\n",
    );
    expect(output).toContain("judged       17 of 50 candidates · cut short by the budget · 1 result read in part only\n");
    expect(output).toContain("note         the query is longer than the embedder reads\n");
    expect(output).toContain("first stage, by similarity and BM25");
  });

  test("says what keeping the query's tokens saved", () => {
    const output = explain(120, sampleResult(BILINGUAL, { usage: { computedTokens: 6420, savedTokens: 3520 } }));
    expect(output).toContain("\ntokens       6,420 computed, 3,520 saved by the prefix\n");
  });

  test("explains a search without reranker", () => {
    const { models } = sampleResult([]);
    const output = explain(
      120,
      sampleResult([{ logit: null }], { models: { ...models, reranker: null }, reranked: false, timings: { embedMs: 4, recallMs: 1, rerankMs: null, totalMs: 5 }, usage: null }),
    );
    expect(output).toContain("reranker     –\n");
    expect(output).toContain("timings      embed 4 ms · recall 1 ms · total 5 ms\n");
    expect(output).not.toContain("tokens");
    expect(output).toContain("final order, not reranked");
  });
});
