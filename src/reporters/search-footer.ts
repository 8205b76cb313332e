import type { SearchResult } from "../pipeline/search-result.ts";
import { counted, formatCount, formatDuration } from "./format-numbers.ts";
import { noticeLines } from "./notice-lines.ts";
import { printableLine } from "./printable.ts";
import { createStyle, widthOf } from "./style.ts";
import type { Terminal } from "./terminal.ts";

/**
 * For stderr, below the results: how many of how many, how long each stage took, and which model decided. One line; more
 * where the window is narrower. No line break at its end.
 */
export function searchFooter(result: SearchResult, terminal: Terminal): string {
  const { chalk, glyphs } = createStyle(terminal);
  const { embedMs, recallMs, rerankMs } = result.timings;
  const parts = [
    result.partial ? counted(result.results.length, "result") : shownOf(result),
    result.partial ? chalk.yellow(`judged ${result.judged} of ${result.candidates} within the budget`) : "",
    // A notice above says why.
    result.rerankFailure === null ? "" : chalk.yellow("not reranked"),
    embedMs === null ? "" : `embed ${formatDuration(embedMs)}`,
    recallMs === null ? "" : `recall ${formatDuration(recallMs)}`,
    rerankMs === null ? "" : `rerank ${rerankedOf(result)}${formatDuration(rerankMs)}`,
    tokensOf(result),
    modelsOf(result),
  ];
  const separator = ` ${glyphs.dot} `;
  const lines: string[] = [];
  for (const part of parts.filter((each) => each !== "")) {
    const longer = lines.length === 0 ? part : lines.at(-1) + separator + part;
    if (lines.length > 0 && widthOf(longer) <= terminal.columns) lines.pop();
    lines.push(widthOf(longer) <= terminal.columns ? longer : part);
  }
  return lines.map((line) => chalk.dim(line)).join("\n");
}

/** The result's notices as lines for stderr, wrapped to the window. */
export function searchNotices({ notices }: SearchResult, terminal: Terminal): string[] {
  return notices.flatMap((notice) => noticeLines(notice, terminal));
}

function shownOf({ results, candidates, settings, rerankFailure }: SearchResult): string {
  if (candidates === 0) return nothingIn(settings);
  if (results.length > 0) return `${formatCount(results.length)} of ${counted(candidates, "candidate")}`;
  const { minRelevance } = settings;
  return minRelevance === null || rerankFailure !== null
    ? `no results among ${counted(candidates, "candidate")}`
    : `none of ${counted(candidates, "candidate")} is ${minRelevance} relevant or more`;
}

function nothingIn({ recallMethod, paths }: SearchResult["settings"]): string {
  if (recallMethod === "input") return "nothing to rank came in";
  return paths.length === 0 ? "nothing to search in" : `nothing to search in at ${paths.map(printableLine).join(", ")}`;
}

/** How many were judged is said beside their tokens, for which it matters. */
function rerankedOf({ judged, usage }: SearchResult): string {
  return usage !== null && usage.savedTokens > 0 ? `${formatCount(judged)} in ` : "";
}

/** Only of models that keep the query's tokens from pair to pair. */
function tokensOf({ usage }: SearchResult): string {
  if (usage === null || usage.savedTokens === 0) return "";
  return `${counted(usage.computedTokens, "token")}, ${formatCount(usage.savedTokens)} saved`;
}

/** Those that answered. The embedder is named only where it is another one: pairs such as "mini" go by one name. */
function modelsOf({ models: { embedder, reranker }, rerankFailure }: SearchResult): string {
  const names = new Set([embedder?.id, rerankFailure === null ? reranker?.id : undefined].filter((id) => id !== undefined));
  return [...names].map(printableLine).join(" + ");
}
