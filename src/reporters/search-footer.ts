import type { SearchResult } from "../pipeline/search-result.ts";
import { counted, formatCount, formatDuration } from "./format-numbers.ts";
import { printableLine } from "./printable.ts";
import { createStyle } from "./style.ts";
import type { Terminal } from "./terminal.ts";

/**
 * One line for stderr below the results: how many of how many, how long each stage took, and which model decided. No
 * line break at its end.
 */
export function searchFooter(result: SearchResult, terminal: Terminal): string {
  const { chalk, glyphs } = createStyle(terminal);
  const { embedMs, recallMs, rerankMs } = result.timings;
  const parts = [
    shownOf(result),
    result.partial ? chalk.yellow(`judged ${result.judged} of ${result.candidates} within the budget`) : "",
    embedMs === null ? "" : `embed ${formatDuration(embedMs)}`,
    recallMs === null ? "" : `recall ${formatDuration(recallMs)}`,
    rerankMs === null ? "" : `rerank ${formatDuration(rerankMs)}`,
    modelsOf(result),
  ];
  return chalk.dim(parts.filter((part) => part !== "").join(` ${glyphs.dot} `));
}

/** The result's notices as lines for stderr. */
export function searchNotices({ notices }: SearchResult, terminal: Terminal): string[] {
  const { chalk } = createStyle(terminal);
  return notices.map((notice) => `${chalk.yellow("note:")} ${printableLine(notice)}`);
}

function shownOf({ results, candidates, settings }: SearchResult): string {
  if (candidates === 0) return "nothing to search in";
  if (results.length > 0) return `${formatCount(results.length)} of ${counted(candidates, "candidate")}`;
  const { minRelevance } = settings;
  return minRelevance === null
    ? `no results among ${counted(candidates, "candidate")}`
    : `none of ${counted(candidates, "candidate")} is ${minRelevance} relevant or more`;
}

/** The embedder is named only where it is another one: pairs such as "mini" go by one name. */
function modelsOf({ models: { embedder, reranker } }: SearchResult): string {
  const names = new Set([embedder?.id, reranker?.id].filter((id) => id !== undefined));
  return [...names].map(printableLine).join(" + ");
}
