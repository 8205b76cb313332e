import { movement, type RankedPassage } from "../domain/candidate.ts";
import type { SearchResult } from "../pipeline/search-result.ts";
import { absolutePathOf, displayPath, type PathView } from "./display-path.ts";

/** Raised when a key changes its meaning or goes away; new keys come without notice. */
const SEARCH_RESULT_VERSION = 1;

/** One result as JSON, JSONL and CSV carry it. Described in docs/search-result.schema.json. */
export interface ResultRecord {
  readonly rank: number;
  readonly recallRank: number;
  readonly movement: number;
  readonly relevance: number | null;
  readonly logit: number | null;
  readonly similarity: number | null;
  /** As the user would type it here; `absolutePath` is the same from everywhere. */
  readonly path: string;
  readonly absolutePath: string | null;
  readonly startLine: number;
  readonly endLine: number;
  readonly page?: number;
  readonly row?: number;
  readonly headings: readonly string[];
  readonly text: string;
  readonly truncated: boolean;
  readonly passageId: number;
}

export interface SearchRecord extends Omit<SearchResult, "results" | "recalled"> {
  readonly version: typeof SEARCH_RESULT_VERSION;
  /** The caller's own name for the query, where queries came as JSONL with one. */
  readonly queryId?: string;
  readonly results: readonly ResultRecord[];
  readonly recallOrder?: readonly number[];
}

export interface RecordOptions extends PathView {
  /** Adds `recallOrder`. */
  readonly explain?: boolean;
  readonly queryId?: string;
}

export function searchRecord(result: SearchResult, options: RecordOptions): SearchRecord {
  const { query, instruction, models, settings, candidates, judged, usage, partial, reranked, rerankFailure, notices } = result;
  const { embedMs, recallMs, rerankMs, totalMs } = result.timings;
  return {
    version: SEARCH_RESULT_VERSION,
    ...(options.queryId !== undefined && { queryId: options.queryId }),
    query,
    instruction,
    models,
    settings,
    timings: {
      embedMs: toMicroseconds(embedMs),
      recallMs: toMicroseconds(recallMs),
      rerankMs: toMicroseconds(rerankMs),
      totalMs: toMicroseconds(totalMs),
    },
    candidates,
    judged,
    usage,
    partial,
    reranked,
    rerankFailure,
    notices,
    results: result.results.map((ranked) => resultRecord(ranked, options)),
    ...(options.explain === true && { recallOrder: result.recalled.map(({ passage }) => passage.id) }),
  };
}

export function resultRecord(ranked: RankedPassage, view: PathView): ResultRecord {
  const { passage, judgment, rank, recallRank, similarity } = ranked;
  const { startLine, endLine, page, row } = passage.location;
  return {
    rank,
    recallRank,
    movement: movement(ranked),
    relevance: judgment?.relevance ?? null,
    logit: judgment?.logit ?? null,
    similarity,
    path: displayPath(passage.path, view),
    absolutePath: absolutePathOf(passage.path, view),
    startLine,
    endLine,
    ...(page !== undefined && { page }),
    ...(row !== undefined && { row }),
    headings: passage.headings,
    text: passage.text,
    truncated: judgment?.truncated ?? false,
    passageId: passage.id,
  };
}

/** Clocks tell no more than that; longer fractions are noise. */
function toMicroseconds<T extends number | null>(elapsedMs: T): T {
  return (elapsedMs === null ? null : Math.round(elapsedMs * 1000) / 1000) as T;
}
