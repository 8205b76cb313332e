import { describe, expect, test } from "vitest";
import { evaluationText } from "../../src/reporters/evaluation-text.ts";
import { widthOf } from "../../src/reporters/style.ts";
import type { Terminal } from "../../src/reporters/terminal.ts";
import { sampleEvaluation } from "../support/evaluations.ts";
import { plainTerminal } from "./sample-result.ts";

const EVALUATION = sampleEvaluation();

function text(columns: number, overrides: Parameters<typeof sampleEvaluation>[0] = {}, terminal: Partial<Terminal> = {}): string {
  return evaluationText(sampleEvaluation(overrides), plainTerminal(columns, terminal));
}

describe("evaluationText", () => {
  test("is one table with the intervals drawn, the differences in words, and how the numbers came about", () => {
    expect(text(120)).toBe(
      [
        "medline · 30 queries · 1,033 documents, 1,264 passages",
        "",
        "stage   nDCG@10  95 % interval   MRR@10   R@10   R@50  R@100    P@1   mean    p95  pairs/s  0.30      nDCG@10       0.62",
        "recall    0.391  [0.304, 0.480]   0.634  0.398  0.826  0.882  0.500  11 ms  13 ms        –  ├───────┼──────┤",
        "hybrid    0.418  [0.325, 0.507]   0.648  0.427  0.833  0.882  0.533  14 ms  16 ms        –    ├───────┼──────┤",
        "rerank    0.549  [0.478, 0.616]   0.688  0.562  0.833  0.882  0.467  1.4 s  1.6 s       35                 ├─────┼─────┤",
        "",
        "hybrid against recall: nDCG@10 +2.7 points [-1.1, +6.7], p 0.19: the interval includes zero, no difference is shown",
        "rerank against hybrid: nDCG@10 +13.1 points [+4.5, +21.6], p 0.007: better, significant at 5 %",
        "rerank against recall: nDCG@10 +15.8 points [+6.6, +25.0], p 0.003: better, significant at 5 %",
        "",
        "models    embedder mini (int8) · reranker mini (int8)",
        "settings  100 documents a query · 50 candidates judged · recall exact + BM25 · 384 dimensions · passages of at most 256",
        "          tokens, overlapping by 32",
        "method    intervals of 95 % by bootstrap over queries, p by a paired randomization test, 1 point is 0.01",
        "",
      ].join("\n"),
    );
  });

  test("puts columns that do not fit into blocks below, measures and times apart", () => {
    const lines = text(80).split("\n");
    expect(lines[2]).toBe("stage   nDCG@10  95 % interval   MRR@10   R@10   R@50  R@100    P@1");
    expect(lines[7]).toBe("stage    mean    p95  pairs/s  0.30            nDCG@10             0.62");
    const narrow = text(40).split("\n");
    expect(narrow.filter((line) => line.startsWith("stage"))).toEqual([
      "stage   nDCG@10  95 % interval   MRR@10",
      "stage    R@10   R@50  R@100    P@1",
      "stage    mean    p95  pairs/s",
    ]);
  });

  test("is nowhere wider than the terminal, with Chinese names too", () => {
    const stages = EVALUATION.stages.map((stage, position) => ({ ...stage, name: ["bm25-anserini-default-parameters", "查询扩展与伪相关反馈", "重排序"][position]! }));
    for (const columns of [120, 80, 40]) {
      for (const line of text(columns, { stages, dataset: "医学文献检索评测数据集（中文部分）第二版" }).split("\n")) expect(widthOf(line)).toBeLessThanOrEqual(columns);
    }
  });

  test("keeps the whole name of a stage, below itself where it is long", () => {
    const stages = EVALUATION.stages.map((stage) => ({ ...stage, name: `${stage.name}-with-a-rather-long-tag` }));
    const lines = text(40, { stages }).split("\n");
    const row = lines.findIndex((line) => line.startsWith("rerank"));
    expect(lines.slice(row, row + 3).map((line) => line.slice(0, 14).trim())).toEqual(["rerank-with-a-", "rather-long-", "tag"]);
  });

  test("sets what is best in bold where there are colours, and nothing where all are alike", () => {
    const coloured = text(120, {}, { colors: true });
    expect(coloured).toContain("\u001b[1m0.549\u001b[22m");
    expect(coloured).not.toContain("\u001b[1m0.882");
    expect(coloured).toContain("\u001b[32mbetter, significant at 5 %\u001b[39m");
    // Bold marks two stages that read the same.
    expect(coloured.split("\u001b[1m0.833")).toHaveLength(3);
  });

  test("leaves out what run files do not tell", () => {
    const stages = EVALUATION.stages.map((stage) => ({ ...stage, meanMs: null, p95Ms: null, pairsPerSecond: null }));
    const unknown = { candidateCount: null, recallMethod: null, dimensions: null, passageTokens: null, overlapTokens: null, hybrid: false };
    const shown = text(120, { stages, corpus: null, models: { embedder: null, reranker: null }, settings: { ...EVALUATION.settings, ...unknown } });
    expect(shown).toMatch(/^medline · 30 queries\n/);
    expect(shown).not.toMatch(/mean|p95|pairs|models|–/);
    expect(shown).toContain("settings  100 documents a query\n");
  });

  test("says which measures look no deeper than the ranking, and that few queries prove little", () => {
    const { queries, settings } = EVALUATION;
    expect(text(120, { settings: { ...settings, depth: 50 } })).toContain("note: the longest order has 50 documents: R@100 looks no deeper\n");
    expect(text(120, { settings: { ...settings, depth: 20 } })).toContain("note: the longest order has 20 documents: R@50 and R@100 look no deeper\n");
    expect(text(120)).not.toContain("note:");
    expect(text(120, { queries: queries.slice(0, 5) })).toContain("note: 5 queries are few: the intervals are too narrow,");
  });

  test("wraps notices, and obeys nothing in them", () => {
    const shown = text(40, { notices: ["2 of 30 queries have no judgments and were left out\u001b[2J"], dataset: "a\nb" });
    expect(shown).toMatch(/^a␊b · 30 queries/);
    expect(shown).toMatch(/note: 2 of 30 queries have no\n {2}judgments and were left out\\x1b\[2J\n$/);
  });

  test("draws with ASCII where nothing else can be shown, and no chart of one stage or of no width", () => {
    expect(text(120, {}, { unicode: false })).toMatch(/^recall .* - {2}\|-+\+-+\|$/m);
    expect(text(120, { stages: EVALUATION.stages.slice(0, 1), paired: [] })).not.toContain("┼");
    const alike = EVALUATION.stages.map((stage) => ({ ...stage, ndcg10: 1, ci95: { ...stage.ci95, ndcg10: [1, 1] as const } }));
    expect(text(120, { stages: alike })).not.toContain("┼");
  });

  test("names instruction and seed where there are any", () => {
    const shown = text(200, { settings: { ...EVALUATION.settings, instruction: "Given a claim, find evidence", seed: 7, overlapTokens: 0 } });
    expect(shown).toContain('passages of at most 256 tokens · instruction "Given a claim, find evidence" · drawn with seed 7');
  });
});
