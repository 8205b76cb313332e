import type { RankedPassage } from "../domain/candidate.ts";
import type { SearchResult } from "../pipeline/search-result.ts";
import { displayPath, locationSuffix } from "./display-path.ts";
import { shortenStart } from "./fit-text.ts";
import { formatRelevances, formatSimilarity } from "./format-numbers.ts";
import { printableLine } from "./printable.ts";
import { movementLabel, paintMovement } from "./result-columns.ts";
import { padEnd, padStart, widest, widthOf, type Style } from "./style.ts";
import type { TextOptions } from "./text.ts";

const HALF_GAP = "   ";
/** The least that leaves a path legible beside its numbers; logits take seven columns more. */
const LEAST_HALF_COLUMNS = 38;
const LOGIT_COLUMNS = 10;
/** On a very wide screen the two orders would stand too far apart to be compared. */
const MOST_HALF_COLUMNS = 72;

export interface OrderOptions extends TextOptions {
  /** Adds the reranker's raw output to the final order. */
  readonly logits: boolean;
}

/** The first stage's order and the final one, beside each other where both have room. */
export function orderLines(result: SearchResult, options: OrderOptions, style: Style): string[] {
  const { columns } = options.terminal;
  const half = Math.min(Math.floor((columns - HALF_GAP.length) / 2), MOST_HALF_COLUMNS);
  const isBeside = half >= LEAST_HALF_COLUMNS + (options.logits ? LOGIT_COLUMNS : 0);
  const width = isBeside ? half : columns;
  const first = firstOrder(result, options, style, width);
  const final = finalOrder(result, options, style, width);
  if (!isBeside) return [...first, "", ...final];
  return Array.from({ length: Math.max(first.length, final.length) }, (_, position) =>
    `${padEnd(first[position] ?? "", width)}${HALF_GAP}${final[position] ?? ""}`.trimEnd(),
  );
}

/** As many places of the first stage as there are results, with the rank that each has now; those that are not shown any more are dim. */
function firstOrder(result: SearchResult, options: OrderOptions, style: Style, width: number): string[] {
  const { chalk, glyphs } = style;
  const shown = new Set(result.results.map(({ rank }) => rank));
  const first = result.recalled.slice(0, result.results.length);
  const recallWidth = widest(first.map(({ recallRank }) => String(recallRank)));
  const rankWidth = widest(first.map(({ rank }) => String(rank)));
  const rows = first.map((ranked) => {
    const recallRank = padStart(String(ranked.recallRank), recallWidth);
    const goes = ` ${glyphs.to} ${padStart(String(ranked.rank), rankWidth)}`;
    const similarity = ranked.similarity === null ? padEnd(glyphs.none, 5) : formatSimilarity(ranked.similarity);
    const room = width - widthOf(`${recallRank}${goes}  ${similarity}  `);
    const paint = shown.has(ranked.rank) ? chalk.cyan : chalk.dim;
    return `${recallRank}${chalk.dim(goes)}  ${chalk.dim(similarity)}  ${placeOf(ranked, options, style, { width: room, paint })}`;
  });
  return [chalk.dim(firstTitle(result)), ...rows];
}

function firstTitle({ settings }: SearchResult): string {
  if (settings.recallMethod === "input") return "order of the input";
  return settings.hybrid ? "first stage, by similarity and BM25" : "first stage, by similarity";
}

function finalOrder(result: SearchResult, options: OrderOptions, style: Style, width: number): string[] {
  const { chalk, glyphs } = style;
  const { results } = result;
  const relevances = formatRelevances(results.map(({ judgment }) => judgment?.relevance ?? null)).map(
    (relevance) => relevance ?? glyphs.none,
  );
  const moves = results.map((ranked) => movementLabel(ranked, style));
  const logits = results.map(({ judgment }) => (judgment === null ? glyphs.none : judgment.logit.toFixed(2)));
  const rankWidth = widest(results.map(({ rank }) => String(rank)));
  const widths = { move: widest(moves), relevance: widest(relevances), logit: widest(logits) };
  const rows = results.map((ranked, position) => {
    const rank = padStart(String(ranked.rank), rankWidth);
    const move = padStart(moves[position] ?? "", widths.move);
    const relevance = padEnd(relevances[position] ?? "", widths.relevance);
    const logit = options.logits ? `  ${padStart(logits[position] ?? "", widths.logit)}` : "";
    const room = width - widthOf(`${rank}  ${move}  ${relevance}${logit}  `);
    const numbers = `${paintMovement(move, ranked, style)}  ${relevance}${chalk.dim(logit)}`;
    return `${rank}  ${numbers}  ${placeOf(ranked, options, style, { width: room, paint: chalk.cyan })}`;
  });
  return [chalk.dim(finalTitle(result, options)), ...rows];
}

function finalTitle({ reranked }: SearchResult, { logits }: OrderOptions): string {
  if (!reranked) return "final order, not reranked";
  return logits ? "after reranking, by relevance and logit" : "after reranking, by relevance";
}

/** Shortened from the left where it must be, at a folder if it can: the list of results has the whole path. */
function placeOf(
  { passage }: RankedPassage,
  options: TextOptions,
  { chalk, glyphs }: Style,
  { width, paint }: { readonly width: number; readonly paint: (path: string) => string },
): string {
  const suffix = locationSuffix(passage.location);
  const path = printableLine(displayPath(passage.path, options));
  const kept = shortenStart(path, Math.max(8, width - widthOf(suffix)), glyphs.ellipsis);
  const slash = kept === path ? -1 : kept.indexOf("/");
  return paint(slash === -1 ? kept : glyphs.ellipsis + kept.slice(slash)) + chalk.dim(suffix);
}
