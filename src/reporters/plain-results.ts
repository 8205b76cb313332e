import { movement, type RankedPassage } from "../domain/candidate.ts";
import type { PassageLocation } from "../domain/passage.ts";
import type { SearchResult } from "../pipeline/search-result.ts";
import { displayPath, type PathView } from "./display-path.ts";
import { counted, formatCount, formatRelevances, formatSimilarity } from "./format-numbers.ts";
import { printableLine } from "./printable.ts";
import { snippetText } from "./snippet-lines.ts";

const SNIPPET_COLUMNS = 280;

/**
 * Results as sentences: for screen readers, which say columns and bars cell by cell, and for terminals that can only print lines. Each
 * result is a line of its numbers and a line of text. Ends with a blank line.
 */
export function plainResults(result: SearchResult, view: PathView): string {
  const { results } = result;
  const relevances = formatRelevances(results.map(({ judgment }) => judgment?.relevance ?? null));
  const blocks = results.map((ranked, position) => {
    const { headings, text } = ranked.passage;
    const place = [printableLine(displayPath(ranked.passage.path, view)), placeOf(ranked.passage.location), ...numbersOf(ranked, relevances[position] ?? null)];
    const about = headings.length === 0 ? [] : [`   ${headings.map(printableLine).join(", ")}`];
    return [`${ranked.rank}. ${place.join(", ")}`, ...about, `   ${snippetOf(text, result.query)}`].join("\n");
  });
  return `${[summaryOf(result), ...blocks].join("\n")}\n\n`;
}

function summaryOf({ query, results, candidates, judged, partial, rerankFailure }: SearchResult): string {
  const found = results.length === 0 ? "no results" : counted(results.length, "result");
  const cut = partial ? `, ${formatCount(judged)} of ${counted(candidates, "candidate")} judged within the budget` : "";
  const unjudged = rerankFailure === null ? "" : ", in the order of the first stage, because the reranker did not run";
  return `${found} for "${printableLine(query)}"${cut}${unjudged}`;
}

function placeOf({ startLine, endLine, page, row }: PassageLocation): string {
  if (page !== undefined) return `page ${page}`;
  if (row !== undefined) return `row ${row}`;
  return startLine === endLine ? `line ${startLine}` : `lines ${startLine} to ${endLine}`;
}

function numbersOf(ranked: RankedPassage, relevance: string | null): string[] {
  const similarity = ranked.similarity === null ? [] : [`similarity ${formatSimilarity(ranked.similarity)}`];
  if (relevance === null) return [...similarity, "not reranked"];
  const truncated = ranked.judgment?.truncated === true ? ["only its beginning was read"] : [];
  return [`relevance ${relevance}`, movementOf(ranked), ...truncated];
}

function movementOf(ranked: RankedPassage): string {
  const places = movement(ranked);
  if (places === 0) return "as in the first stage";
  return `${places > 0 ? "up" : "down"} ${Math.abs(places)} from ${ranked.recallRank}`;
}

function snippetOf(text: string, query: string): string {
  const asItIs = (part: string): string => part;
  return snippetText(text, query, { maxColumns: SNIPPET_COLUMNS, plain: asItIs, mark: asItIs }).replaceAll(/\s+/g, " ").trim();
}
