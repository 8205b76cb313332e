import type { Candidate } from "../../domain/candidate.ts";
import { lexicalTokens, queryTerms } from "../../domain/lexical-terms.ts";
import { bestSnippet, type Snippet } from "../../domain/snippet.ts";
import type { ResultRecord } from "../../reporters/result-record.ts";
import { servedCandidate } from "./served-record.ts";

/** Ranges of a text in UTF-16 code units, in order, apart from one another. */
type Ranges = readonly (readonly [start: number, end: number])[];

/** A candidate as the event `recalled` tells it. */
export interface FoundPassage extends Pick<ResultRecord, "recallRank" | "similarity" | "path" | "startLine" | "endLine" | "page" | "row" | "headings" | "text" | "passageId"> {
  /** Where words of the query stand in `text`. */
  readonly highlights: Ranges;
  readonly snippet: Pick<Snippet, "text" | "highlights" | "clippedStart" | "clippedEnd">;
}

/** About two lines of a narrow column. */
const SNIPPET_COLUMNS = 160;

export function foundPassage(candidate: Candidate, query: string, baseFolder: string): FoundPassage {
  const { recallRank, similarity, path, startLine, endLine, page, row, headings, text, passageId } = servedCandidate(candidate, baseFolder);
  const place = { startLine, endLine, ...(page !== undefined && { page }), ...(row !== undefined && { row }) };
  const { text: excerpt, highlights, clippedStart, clippedEnd } = bestSnippet(text, query, { maxColumns: SNIPPET_COLUMNS });
  const snippet = { text: excerpt, highlights, clippedStart, clippedEnd };
  return { recallRank, similarity, path, ...place, headings, text, passageId, highlights: highlightsOf(text, query), snippet };
}

function highlightsOf(text: string, query: string): Ranges {
  const terms = new Set(queryTerms(query));
  const ranges: [number, number][] = [];
  const matches = lexicalTokens(text).filter(({ term }) => terms.has(term));
  for (const { start, end } of matches.toSorted((a, b) => a.start - b.start)) {
    const last = ranges.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else ranges.push([start, end]);
  }
  return ranges;
}
