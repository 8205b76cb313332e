import type { Candidate, RankedPassage } from "../domain/candidate.ts";
import { DEFAULT_TASK } from "../domain/default-task.ts";
import { UserError } from "../domain/errors.ts";
import { queryTerms } from "../domain/lexical-terms.ts";
import type { ModelSpec } from "../domain/model-spec.ts";
import { rankByRelevance } from "../domain/ranking.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { PassageStore } from "../ports/passage-store.ts";
import type { Reranker } from "../ports/reranker.ts";
import type { VectorIndex } from "../ports/vector-index.ts";
import { recall } from "../stages/recall.ts";
import { rerank, type Reranking } from "../stages/rerank.ts";
import type { SearchEvent } from "./events.ts";
import { fallbackNotice, judgeOrKeep, type OnRerankFailure } from "./rerank-fallback.ts";
import type { ModelStamp, SearchResult } from "./search-result.ts";

export interface SearchDependencies {
  readonly store: PassageStore;
  /** May still be loading: it is awaited only after the query has its vector. */
  readonly vectorIndex: VectorIndex | Promise<VectorIndex>;
  readonly embedder: Embedder;
  /** Absent: the first stage's order is the final one. */
  readonly reranker?: Reranker;
}

export interface SearchOptions {
  /** How many passages the first stage hands over. */
  readonly candidateCount: number;
  /** How many results come back. */
  readonly resultCount: number;
  /** Leaves out results of a lower P(yes), 0 to 1, and those that were not judged. */
  readonly minRelevance?: number;
  /**
   * Time for the whole search, counted from its start, models' loading included. When it is over, judging stops and the
   * best order so far is returned, marked; the first stage is never cut short, so that there is one.
   */
  readonly budgetMs?: number;
  /** Does the same as the budget, whenever it aborts: a person who has seen enough. */
  readonly enough?: AbortSignal;
  /** Adds BM25 to the recall, fused by reciprocal rank. */
  readonly hybrid?: boolean;
  /** Keeps the best passage of each document only. */
  readonly perDocument?: boolean;
  /** Says which documents may answer; with the globs that it stands for, for the record. */
  readonly pathFilter?: { readonly globs: readonly string[]; readonly matches: (path: string) => boolean };
  readonly instruction?: string;
  /**
   * What happens when the reranker fails: the search rejects (the default), or answers with the order of the first stage, marked. What
   * the budget cuts short, what the signal aborts and faults of the program's own are no failures of the reranker.
   */
  readonly onFailure?: OnRerankFailure;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: SearchEvent) => void;
}

/**
 * Both stages for one query. Rejects with UserError for an empty query and for models that fail or answer NaN (see `onFailure`), and
 * with `signal.reason` when aborted.
 */
export async function search(query: string, deps: SearchDependencies, options: SearchOptions): Promise<SearchResult> {
  const startedAt = performance.now();
  if (query.trim() === "") {
    throw new UserError("the query is empty", { hint: 'say what you look for: rerank search "how do I ..."' });
  }
  if (!(Number.isInteger(options.candidateCount) && options.candidateCount > 0)) {
    throw new UserError(`${options.candidateCount} candidates cannot be recalled`, { hint: "ask for a whole number of 1 or more" });
  }
  const { signal, instruction } = options;
  const budget = endOfJudging(options);
  const { vector, truncated } = await deps.embedder.embedQuery(query, {
    ...(instruction !== undefined && { instruction }),
    ...(signal && { signal }),
  });
  const embeddedAt = performance.now();
  const vectorIndex = await deps.vectorIndex;
  const recallStartedAt = performance.now();
  const paths = options.pathFilter && new Set(deps.store.paths().filter(options.pathFilter.matches));
  const candidates = await recall(vector, deps.store, vectorIndex, {
    candidateCount: options.candidateCount,
    ...(options.hybrid && { lexicalTerms: queryTerms(query) }),
    ...(paths && { paths }),
  });
  const recalledAt = performance.now();
  options.onEvent?.({ type: "recalled", candidates, embedMs: embeddedAt - startedAt, recallMs: recalledAt - recallStartedAt });

  const judge = () => orderCandidates(query, candidates, deps.reranker, budget, options);
  const { ranked, usage, failure } = await judgeOrKeep(candidates, judge, options);
  const endedAt = performance.now();
  const specs = [deps.embedder.spec, ...(deps.reranker ? [deps.reranker.spec] : [])];
  const judged = ranked.filter(({ judgment }) => judgment !== null).length;
  const isJudged = deps.reranker !== undefined && failure === null;
  const partial = isJudged && judged < candidates.length;
  return {
    query,
    instruction: heardInstruction(instruction, specs),
    ...ownInstruction(instruction, specs),
    models: { embedder: stampOf(deps.embedder.spec), reranker: deps.reranker ? stampOf(deps.reranker.spec) : null },
    settings: {
      recallMethod: vectorIndex.method,
      hybrid: options.hybrid ?? false,
      candidateCount: options.candidateCount,
      resultCount: options.resultCount,
      minRelevance: options.minRelevance ?? null,
      budgetMs: options.budgetMs ?? null,
      perDocument: options.perDocument ?? false,
      paths: options.pathFilter?.globs ?? [],
    },
    timings: {
      embedMs: embeddedAt - startedAt,
      recallMs: recalledAt - recallStartedAt,
      rerankMs: isJudged ? endedAt - recalledAt : null,
      totalMs: endedAt - startedAt,
    },
    candidates: candidates.length,
    judged,
    usage,
    partial,
    reranked: isJudged && hasDecided(judged, candidates.length),
    rerankFailure: failure,
    notices: [
      ...(failure === null ? [] : [fallbackNotice(failure, options.minRelevance ?? null)]),
      ...(truncated ? ["the query is longer than the embedder reads: its end was not used for the recall"] : []),
      ...deafModels(instruction, specs),
    ],
    results: cutResults(ranked, options),
    recalled: inRecallOrder(ranked),
  };
}

/** The final order: the reranker's, with an event for each judgment, or the first stage's where there is none. */
export async function orderCandidates(
  query: string,
  candidates: readonly Candidate[],
  reranker: Reranker | undefined,
  budget: AbortSignal | undefined,
  { instruction, signal, onEvent }: Pick<SearchOptions, "instruction" | "signal" | "onEvent">,
): Promise<Reranking> {
  if (reranker === undefined || candidates.length === 0) {
    return { ranked: rankByRelevance(candidates, []), usage: null };
  }
  return rerank(query, candidates, reranker, {
    ...(instruction !== undefined && { instruction }),
    ...(signal && { signal }),
    ...(budget && { budget }),
    onJudgment(position, judgment, done, usage) {
      onEvent?.({ type: "judged", position, judgment, done, total: candidates.length, usage });
    },
  });
}

/** What is shown of the final order. Ranks stay those of the whole order: a gap says that something was left out. */
export function cutResults(
  ranked: readonly RankedPassage[],
  { resultCount, minRelevance, perDocument }: Pick<SearchOptions, "resultCount" | "minRelevance" | "perDocument">,
): RankedPassage[] {
  const seen = new Set<string>();
  return ranked
    .filter(({ judgment }) => minRelevance === undefined || (judgment !== null && judgment.relevance >= minRelevance))
    .filter(({ passage }) => {
      if (!perDocument) return true;
      const isFirst = !seen.has(passage.path);
      seen.add(passage.path);
      return isFirst;
    })
    .slice(0, resultCount);
}

/** Whether the second stage's judgments are in the order: a budget may end before the first one. Of nothing, nothing is left undecided. */
export function hasDecided(judged: number, candidateCount: number): boolean {
  return judged > 0 || candidateCount === 0;
}

export function inRecallOrder(ranked: readonly RankedPassage[]): RankedPassage[] {
  return ranked.toSorted((a, b) => a.recallRank - b.recallRank);
}

/** Timers count whole milliseconds, and at most 2^31 - 1 of them. */
const MAX_TIMER_MS = 2_147_483_647;

/** Aborts when the budget is spent or somebody has seen enough, whichever comes first; `undefined` where neither can be. */
export function endOfJudging({ budgetMs, enough }: Pick<SearchOptions, "budgetMs" | "enough">): AbortSignal | undefined {
  if (budgetMs === undefined) return enough;
  const spent = AbortSignal.timeout(Math.min(Math.ceil(budgetMs), MAX_TIMER_MS));
  return enough === undefined ? spent : AbortSignal.any([spent, enough]);
}

/** The instruction, when at least one of the models reads it. */
export function heardInstruction(instruction: string | undefined, specs: readonly ModelSpec[]): string | null {
  return instruction !== undefined && specs.some(({ readsInstruction }) => readsInstruction) ? instruction : null;
}

/** What is read where no instruction is given. */
export function ownInstruction(instruction: string | undefined, specs: readonly ModelSpec[]): Pick<SearchResult, "ownInstruction"> {
  const isRead = instruction === undefined && specs.some(({ readsInstruction }) => readsInstruction);
  return isRead ? { ownInstruction: DEFAULT_TASK } : {};
}

/** One line for each model that an instruction was meant for and that reads none. */
export function deafModels(instruction: string | undefined, specs: readonly ModelSpec[]): string[] {
  if (instruction === undefined) return [];
  const deaf = specs.filter(({ readsInstruction }) => !readsInstruction);
  return deaf.map(({ id, role }) => `${id} (${role}) reads no instruction: it ignores the one that was given`);
}

export function stampOf({ id, revision, precision, fingerprint }: ModelSpec): ModelStamp {
  return { id, revision, precision, fingerprint };
}
