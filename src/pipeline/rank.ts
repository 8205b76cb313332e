import type { Candidate } from "../domain/candidate.ts";
import { UserError } from "../domain/errors.ts";
import { passageInput, type PassageDraft } from "../domain/passage.ts";
import type { Reranker } from "../ports/reranker.ts";
import { cutResults, deafModels, endOfJudging, hasDecided, heardInstruction, inRecallOrder, orderCandidates, ownInstruction, stampOf, type SearchOptions } from "./search.ts";
import type { SearchResult } from "./search-result.ts";

/** A passage that some other first stage found: its place in the input is its recall rank. */
export interface InputPassage extends PassageDraft {
  readonly path: string;
}

export type RankOptions = Pick<
  SearchOptions,
  "resultCount" | "minRelevance" | "budgetMs" | "enough" | "perDocument" | "instruction" | "signal" | "onEvent"
>;

/** The second stage alone: reorders passages that came from elsewhere. Similarities are unknown (`null`). */
export async function rank(
  query: string,
  passages: readonly InputPassage[],
  reranker: Reranker,
  options: RankOptions,
): Promise<SearchResult> {
  const startedAt = performance.now();
  if (query.trim() === "") {
    throw new UserError("the query is empty", { hint: 'say what to rank by: rerank rank "how do I ..."' });
  }
  const firstWithText = new Map<string, number>();
  const candidates: Candidate[] = passages.map((passage, position) => {
    const text = passageInput(passage);
    if (!firstWithText.has(text)) firstWithText.set(text, position + 1);
    const vectorId = firstWithText.get(text) ?? position + 1;
    return { passage: { ...passage, id: position + 1, vectorId }, similarity: null, recallRank: position + 1 };
  });
  options.onEvent?.({ type: "recalled", candidates, embedMs: null, recallMs: null });
  const budget = endOfJudging(options);
  const { ranked, usage } = await orderCandidates(query, candidates, reranker, budget, options);
  const elapsedMs = performance.now() - startedAt;
  const judged = ranked.filter(({ judgment }) => judgment !== null).length;
  const partial = judged < candidates.length;
  return {
    query,
    instruction: heardInstruction(options.instruction, [reranker.spec]),
    ...ownInstruction(options.instruction, [reranker.spec]),
    models: { embedder: null, reranker: stampOf(reranker.spec) },
    settings: {
      recallMethod: "input",
      hybrid: false,
      candidateCount: candidates.length,
      resultCount: options.resultCount,
      minRelevance: options.minRelevance ?? null,
      budgetMs: options.budgetMs ?? null,
      perDocument: options.perDocument ?? false,
      paths: [],
    },
    timings: { embedMs: null, recallMs: null, rerankMs: elapsedMs, totalMs: elapsedMs },
    candidates: candidates.length,
    judged,
    usage,
    partial,
    reranked: hasDecided(judged, candidates.length),
    rerankFailure: null,
    notices: deafModels(options.instruction, [reranker.spec]),
    results: cutResults(ranked, options),
    recalled: inRecallOrder(ranked),
  };
}
