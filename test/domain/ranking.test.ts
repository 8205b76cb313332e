import { describe, expect, test } from "vitest";
import type { Candidate, Judgment } from "../../src/domain/candidate.ts";
import { movement } from "../../src/domain/candidate.ts";
import { rankByRelevance, relevanceOf } from "../../src/domain/ranking.ts";

function candidate(id: number, similarity: number, path = `${id}.md`): Candidate {
  const passage = { id, vectorId: id, path, text: `text ${id}`, headings: [], location: { startLine: 1, endLine: 1 } };
  return { passage, similarity, recallRank: id };
}

function judgment(logit: number): Judgment {
  return { logit, relevance: relevanceOf(logit), truncated: false };
}

describe("rankByRelevance", () => {
  test("puts the most relevant passage first, whatever its similarity", () => {
    const ranked = rankByRelevance([candidate(1, 0.9), candidate(2, 0.8)], [judgment(-2), judgment(3)]);
    expect(ranked.map(({ passage }) => passage.id)).toEqual([2, 1]);
    expect(ranked.map(movement)).toEqual([1, -1]);
  });

  test("orders by logit where relevances round to the same 1", () => {
    const ranked = rankByRelevance([candidate(1, 0.9), candidate(2, 0.8)], [judgment(40), judgment(41)]);
    expect(ranked.map(({ judgment: j }) => j?.relevance)).toEqual([1, 1]);
    expect(ranked[0]?.passage.id).toBe(2);
  });

  test("breaks ties by similarity, then path, then place in the document", () => {
    const candidates = [candidate(4, 0.5, "b.md"), candidate(3, 0.5, "b.md"), candidate(2, 0.5, "a.md"), candidate(1, 0.6, "z.md")];
    const ranked = rankByRelevance(candidates, candidates.map(() => judgment(1)));
    expect(ranked.map(({ passage }) => passage.id)).toEqual([1, 2, 3, 4]);
  });

  test("keeps passages without a judgment behind the judged ones, in first-stage order", () => {
    const candidates = [candidate(1, 0.9), candidate(2, 0.8), candidate(3, 0.7)];
    const ranked = rankByRelevance(candidates, [null, judgment(-5), null]);
    expect(ranked.map(({ passage }) => passage.id)).toEqual([2, 1, 3]);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])("refuses a logit of %d", (logit) => {
    expect(() => rankByRelevance([candidate(1, 0.9)], [{ logit, relevance: 0, truncated: false }])).toThrow(/relevance is/);
  });
});

test("relevanceOf is the sigmoid and survives large logits", () => {
  expect(relevanceOf(0)).toBe(0.5);
  expect(relevanceOf(-1000)).toBe(0);
  expect(relevanceOf(1000)).toBe(1);
  expect(relevanceOf(2) + relevanceOf(-2)).toBeCloseTo(1, 12);
});
