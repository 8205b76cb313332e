import { describe, expect, test } from "vitest";
import { rank } from "../../src/pipeline/rank.ts";
import { createFakeReranker } from "../support/fake-models.ts";

const location = { startLine: 1, endLine: 1 };
const input = (text: string, headings: readonly string[] = []) => ({ path: "-", location, headings, text });

describe("rank", () => {
  test("orders passages from elsewhere, with their input order as recall rank and no similarity", async () => {
    const reranker = createFakeReranker((_query, text) => text.length);
    const result = await rank("x", [input("a"), input("abc"), input("ab")], reranker, { resultCount: 2 });
    expect(result.results.map(({ passage, recallRank, similarity }) => [passage.text, recallRank, similarity])).toEqual([
      ["abc", 2, null],
      ["ab", 3, null],
    ]);
    expect(result.settings.recallMethod).toBe("input");
  });

  test("judges the same text once, and texts that differ in their headings apart", async () => {
    const reranker = createFakeReranker(() => 1);
    await rank("x", [input("same"), input("same"), input("c", ["a", "b"]), input("b\nc", ["a"])], reranker, { resultCount: 9 });
    expect(reranker.scored).toEqual(["same", "a > b\nc", "a\nb\nc"]);
  });

  test("says which model ignores an instruction, and does not claim that it was heard", async () => {
    const result = await rank("x", [input("a")], createFakeReranker(() => 1), { resultCount: 1, instruction: "be strict" });
    expect(result.instruction).toBeNull();
    expect(result.notices).toEqual(["fake (reranker) reads no instruction: it ignores the one that was given"]);
  });

  test("an empty query is the user's error; no passages are an empty result", async () => {
    const reranker = createFakeReranker(() => 1);
    await expect(rank(" ", [input("a")], reranker, { resultCount: 1 })).rejects.toThrow("the query is empty");
    expect((await rank("x", [], reranker, { resultCount: 1 })).results).toEqual([]);
  });
});
