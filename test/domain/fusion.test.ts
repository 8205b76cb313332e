import { expect, test } from "vitest";
import { reciprocalRankFusion } from "../../src/domain/fusion.ts";

test("adds the reciprocal ranks of each ranking", () => {
  const fused = reciprocalRankFusion([
    ["a", "b", "c"],
    ["c", "a", "d"],
  ]);
  expect(fused.map(({ key }) => key)).toEqual(["a", "c", "b", "d"]);
  expect(fused.map(({ score }) => score)).toEqual([1 / 61 + 1 / 62, 1 / 63 + 1 / 61, 1 / 62, 1 / 63]);
});

test("ties go to the best single rank, then to the earlier ranking", () => {
  expect(reciprocalRankFusion([["a", "b"], ["c", "d"]]).map(({ key }) => key)).toEqual(["a", "c", "b", "d"]);
  expect(reciprocalRankFusion([["x", "y"], ["y", "x"]]).map(({ key }) => key)).toEqual(["x", "y"]);
});

test("a smaller constant favours the top of each ranking", () => {
  const rankings = [
    ["top", "both"],
    ["other", "another", "both"],
  ];
  expect(reciprocalRankFusion(rankings)[0]!.key).toBe("both");
  expect(reciprocalRankFusion(rankings, 0)[0]!.key).toBe("top");
});

test("a repeated key counts once in a ranking, at its first place", () => {
  expect(reciprocalRankFusion([[1, 1, 2]], 0)).toEqual([
    { key: 1, score: 1 },
    { key: 2, score: 1 / 2 },
  ]);
});

test("nothing in, nothing out", () => {
  expect(reciprocalRankFusion([])).toEqual([]);
  expect(reciprocalRankFusion([[], []])).toEqual([]);
});
