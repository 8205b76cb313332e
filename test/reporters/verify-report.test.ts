import { describe, expect, test } from "vitest";
import type { MatrixChoice } from "../../src/ports/model-compiler.ts";
import { verifiedJson, verifiedText, type VerifiedModel } from "../../src/reporters/verify-report.ts";
import { compileReport } from "../support/qwen3-folders.ts";
import { plainTerminal } from "./sample-result.ts";

const matrices: MatrixChoice[] = ["int8", "int8, channels moved by 0.5", "int8-twice", "fp32", "fp32", "fp32"].map((choice, place) => ({ name: `layers.${place}.mlp.down_proj`, choice, relativeError: null }));
const RERANKER: VerifiedModel = {
  id: "qwen3-reranker-0.6b:int8",
  role: "reranker",
  device: "cpu",
  folder: "/compiled/r",
  report: compileReport({ role: "reranker", precision: "int8" }, { sizeBytes: 641_000_000, seconds: 92, matrices }),
  comparisons: [
    { text: "how do I get limescale out of a kettle | Kettles with a window in the side show how much water is left.", expected: 0.00103, found: 0.00107, passed: true },
    { text: "a\n\tb", expected: 0.9, found: 0.4, passed: false },
  ],
};
const EMBEDDER: VerifiedModel = {
  ...RERANKER,
  id: "tuned\u001b[2J",
  role: "embedder",
  report: compileReport({ role: "embedder", precision: "int8" }, { precision: "fp32", minCosine: null, seconds: 2 }),
  comparisons: [{ text: "为什么海水是咸的", expected: 1, found: 0.99987, passed: true }],
};

describe("what verifying has found", () => {
  test("is a row for each text and a summary of the compilation", () => {
    expect(verifiedText(RERANKER, { ...plainTerminal(80), isTerminal: false }).split("\n")).toEqual([
      "qwen3-reranker-0.6b:int8 · reranker on cpu",
      "         expected  relevance  text",
      "passed    0.00103    0.00107  how do I get limescale out of a kettle | Kettles with a window in the side show how much water is left.",
      "FAILED    0.90000    0.40000  a b",
      "1 of 2 FAILED",
      "int8, 641 MB, compiled in 1 min 32 s: 3 matrices in fp32, 2 in int8, 1 in two int8 products; relevances differ by at most 0.0042 from fp32, Kendall tau 0.998",
      "",
    ]);
  });

  test("cuts texts to the terminal's width, and obeys no escape sequence of a folder's name", () => {
    const rows = verifiedText(RERANKER, { ...plainTerminal(60), isTerminal: true }).split("\n").slice(1, 4);
    expect(rows[1]).toBe("passed    0.00103    0.00107  how do I get limescale out of…");
    for (const row of rows) expect(row.length).toBeLessThanOrEqual(60);
    expect(verifiedText(EMBEDDER, plainTerminal(60))).toContain("tuned\\x1b[2J · embedder");
  });

  test("names the precision that was taken in place of another", () => {
    expect(verifiedText(EMBEDDER, plainTerminal(200))).toContain("all 1 passed\nfp32 in place of int8, which could not keep the bound, 1.0 kB, compiled in 2.0 s: no choices were written down\n");
  });

  test("is one object in JSON, whole numbers and counts of matrices in it", () => {
    const json = JSON.parse(verifiedJson([EMBEDDER, RERANKER])) as { models: unknown[] };
    expect(json).toMatchObject({ version: 1, passed: false, models: [{ passed: true }, { passed: false, device: "cpu", folder: "/compiled/r", comparisons: RERANKER.comparisons }] });
    expect(json.models[1]).toMatchObject({ report: { kendallTau: 0.998, matrices: { fp32: 3, int8: 2, "int8-twice": 1 } } });
  });
});
