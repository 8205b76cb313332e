import { z } from "zod";
import type { RankedPassage } from "../domain/candidate.ts";
import type { SearchResult } from "../pipeline/search-result.ts";

/** What was done for an order. */
export const JUDGING_FIELDS = {
  candidates: z.int().describe("Passages that were there to be judged."),
  judged: z.int().describe("How many of them the reranker has judged."),
  partial: z.boolean().describe("The time was up before all were judged: ask for fewer, or give more budget_ms."),
  reranked: z.boolean().describe("false: the order is the first stage's alone."),
  reranker: z.string().nullable(),
  elapsed_ms: z.int(),
  notices: z.array(z.string()).describe("What was not done as asked."),
};

export function judgingFields(result: SearchResult) {
  const { candidates, judged, partial, reranked, models, timings } = result;
  return {
    candidates,
    judged,
    partial,
    reranked,
    reranker: models.reranker?.id ?? null,
    elapsed_ms: Math.round(timings.totalMs),
    notices: noticesOf(result),
  };
}

/** "5 results; 50 of 50 candidates judged by mini in 812 ms", and what was not as asked. */
export function judgingLine(result: SearchResult): string {
  const { candidates, judged, reranked, models, timings, results } = result;
  const count = results.length === 0 ? "no result" : `${results.length} result${results.length === 1 ? "" : "s"}`;
  const by = models.reranker === null || !reranked ? `${candidates} candidates, not reranked` : `${judged} of ${candidates} candidates judged by ${models.reranker.id}`;
  return [`${count}; ${by}, ${Math.round(timings.totalMs)} ms`, ...noticesOf(result).map((notice) => `note: ${notice}`)].join("\n");
}

export function roundedRelevance({ judgment }: RankedPassage): number | null {
  return judgment === null ? null : Number(judgment.relevance.toFixed(4));
}

function noticesOf({ notices, partial, judged, candidates }: SearchResult): string[] {
  if (!partial) return [...notices];
  return [...notices, `the time was up: ${judged} of ${candidates} candidates were judged, and the others follow in the order that they came in`];
}
