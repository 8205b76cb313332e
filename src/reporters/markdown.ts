import { movement, type RankedPassage } from "../domain/candidate.ts";
import { fallbackNotice } from "../pipeline/rerank-fallback.ts";
import type { SearchResult } from "../pipeline/search-result.ts";
import { absolutePathOf, displayPath, locationSuffix, type PathView } from "./display-path.ts";
import { formatRelevances, formatSimilarity } from "./format-numbers.ts";
import { printableLine } from "./printable.ts";
import { snippetText } from "./snippet-lines.ts";

const SNIPPET_COLUMNS = 280;

/**
 * A heading with the query and a numbered list: link, headings, numbers, and the best part of the text as a quotation.
 * Everything from documents is escaped, so that it cannot become markup.
 */
export function markdownReport(result: SearchResult, view: PathView): string {
  const relevances = formatRelevances(result.results.map(({ judgment }) => judgment?.relevance ?? null));
  const items = result.results.map((ranked, position) => {
    const { text } = ranked.passage;
    const marked = snippetText(text, result.query, {
      maxColumns: SNIPPET_COLUMNS,
      plain: escapedMarkdown,
      mark: (part) => `**${escapedMarkdown(part)}**`,
    });
    const number = `${ranked.rank}. `;
    const margin = " ".repeat(number.length);
    const lines = [number + placeOf(ranked, view), margin + numbersOf(ranked, relevances[position] ?? null)];
    return [...lines, ...(marked === "" ? [] : ["", `${margin}> ${marked}`])].join("\n");
  });
  const parts = [`## ${escapedMarkdown(printableLine(result.query))}`, ...failureOf(result), ...(items.length === 0 ? ["No results."] : items)];
  return `${parts.join("\n\n")}\n`;
}

/** Whoever reads the list later has seen no notice. */
function failureOf({ rerankFailure, settings }: SearchResult): string[] {
  return rerankFailure === null ? [] : [`**Note:** ${escapedMarkdown(printableLine(fallbackNotice(rerankFailure, settings.minRelevance)))}`];
}

function placeOf({ passage }: RankedPassage, view: PathView): string {
  const path = displayPath(passage.path, view);
  const label = escapedMarkdown(printableLine(path + locationSuffix(passage.location)));
  // encodeURI throws at a lone surrogate and leaves alone what ends a path or a link.
  const target = encodeURI(path.replace(/\p{Surrogate}/gu, "\ufffd")).replace(/[()#?]/g, percentEncoded);
  const link = absolutePathOf(passage.path, view) === null ? label : `[${label}](${target})`;
  const headings = passage.headings.map((heading) => escapedMarkdown(printableLine(heading))).join(" › ");
  // Two spaces at the end break the line.
  return `${link}${headings === "" ? "" : ` — ${headings}`}  `;
}

function numbersOf(ranked: RankedPassage, relevance: string | null): string {
  const places = movement(ranked);
  const numbers = [
    relevance === null ? "not reranked" : `relevance ${relevance}`,
    ranked.similarity === null ? "" : `similarity ${formatSimilarity(ranked.similarity)}`,
    places === 0 ? "" : `${places > 0 ? "↑" : "↓"}${Math.abs(places)}`,
    ranked.judgment?.truncated === true ? "truncated" : "",
  ];
  return numbers.filter((part) => part !== "").join(", ");
}

function percentEncoded(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** What Markdown could take for markup, inside a line or at its start. */
export function escapedMarkdown(text: string): string {
  return text
    .replace(/[\\`*_[\]<>|~&$]/g, "\\$&")
    .replace(/^(\s*)([-+=#])/, "$1\\$2")
    .replace(/^(\s*\d+)([.)])/, "$1\\$2");
}
