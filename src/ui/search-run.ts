import type { Candidate, Judgment, RankedPassage } from "../domain/candidate.ts";
import { rankByRelevance } from "../domain/ranking.ts";
import type { TokenUsage } from "../domain/token-usage.ts";
import type { SearchEvent } from "../pipeline/events.ts";
import type { SearchResult } from "../pipeline/search-result.ts";
import type { ScreenModels, ScreenRequest } from "./screen-services.ts";

/** How fast judging goes, as of the last look. */
export interface Pace {
  /** 0 until there is a rate to go by. */
  readonly tokensPerSecond: number;
  readonly remainingMs: number | null;
}

export interface RunFailure {
  readonly message: string;
  readonly hint: string | null;
}

/** One search as far as it has come. */
export interface SearchRun {
  readonly id: number;
  readonly request: ScreenRequest;
  readonly models: ScreenModels;
  readonly startedAtMs: number;
  /** `null` until the first stage has answered. */
  readonly candidates: readonly Candidate[] | null;
  /** One per candidate, in the first stage's order; `null` = not judged (yet). */
  readonly judgments: readonly (Judgment | null)[];
  readonly judged: number;
  readonly embedMs: number | null;
  readonly recallMs: number | null;
  readonly usage: TokenUsage | null;
  readonly pace: Pace | null;
  /** The user has seen enough: the judgments that are there decide. */
  readonly isStopping: boolean;
  readonly result: SearchResult | null;
  readonly failure: RunFailure | null;
}

export function startRun(id: number, request: ScreenRequest, models: ScreenModels, nowMs: number): SearchRun {
  return {
    id,
    request,
    models,
    startedAtMs: nowMs,
    candidates: null,
    judgments: [],
    judged: 0,
    embedMs: null,
    recallMs: null,
    usage: null,
    pace: null,
    isStopping: false,
    result: null,
    failure: null,
  };
}

export function isRunning(run: SearchRun | null): run is SearchRun {
  return run !== null && run.result === null && run.failure === null;
}

/** Whether it ended without what was wanted of it: another try may do better. */
export function wantsRetry(run: SearchRun | null): boolean {
  return run !== null && (run.failure !== null || (run.result !== null && run.result.rerankFailure !== null));
}

/** Takes all events that came since the last drawing at once. */
export function withEvents(run: SearchRun, events: readonly SearchEvent[], pace: Pace | null): SearchRun {
  let { candidates, embedMs, recallMs, judged, usage } = run;
  let judgments = [...run.judgments];
  for (const event of events) {
    if (event.type === "recalled") {
      ({ candidates, embedMs, recallMs } = event);
      judgments = candidates.map(() => null);
    } else if (event.type === "rerank-failed") {
      judgments = judgments.map(() => null);
      judged = 0;
      usage = null;
    } else if (Number.isFinite(event.judgment.logit)) {
      judgments[event.position] = event.judgment;
      judged = Math.max(judged, event.done);
      usage = event.usage;
    }
  }
  return { ...run, candidates, embedMs, recallMs, judged, usage, judgments, pace };
}

/** The order as it stands: of the result, or of the judgments so far. Empty before the first stage has answered. */
export function rankedOf(run: SearchRun): readonly RankedPassage[] {
  const known = knownRankings.get(run);
  if (known !== undefined) return known;
  const ranked = run.result === null ? rankByRelevance(run.candidates ?? [], run.judgments) : run.result.recalled.toSorted((a, b) => a.rank - b.rank);
  knownRankings.set(run, ranked);
  return ranked;
}

const knownRankings = new WeakMap<SearchRun, readonly RankedPassage[]>();
