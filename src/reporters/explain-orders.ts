import type { RankedPassage } from "../domain/candidate.ts";
import type { SearchResult } from "../pipeline/search-result.ts";
import { displayPath, locationSuffix } from "./display-path.ts";
import { shortenStart } from "./fit-text.ts";
import { formatRelevances, formatSimilarity } from "./format-numbers.ts";
import { printableLine } from "./printable.ts";
import { movementLabel, paintMovement } from "./result-columns.ts";
import { padEnd, padStart, widthOf, type Style } from "./style.ts";
import type { TextOptions } from "./text.ts";

const HALF_GAP = "   ";
const LEAST_HALF_COLUMNS = 48;
/** On a very wide screen the two orders would stand too far apart to be compared. */
const MOST_HALF_COLUMNS = 72;

/** The first stage's order and the final one, beside each other where both have room. */
export function orderLines(result: SearchResult, options: TextOptions, style: Style): string[] {
  const { columns } = options.terminal;
  const half = Math.min(Math.floor((columns - HALF_GAP.length) / 2), MOST_HALF_COLUMNS);
  const isBeside = half >= LEAST_HALF_COLUMNS;
  const width = isBeside ? half : columns;
  const first = firstOrder(result, options, style, width);
  const final = finalOrder(result, options, style, width);
  if (!isBeside) return [...first, "", ...final];
  return Array.from({ length: Math.max(first.length, final.length) }, (_, position) =>
    `${padEnd(first[position] ?? "", width)}${HALF_GAP}${final[position] ?? ""}`.trimEnd(),
  );
}

/** As many places of the first stage as there are results; those that fell out of the results are known by number only. */
function firstOrder(result: SearchResult, options: TextOptions, style: Style, width: number): string[] {
  const { chalk, glyphs } = style;
  const known = new Map(result.results.map((ranked) => [ranked.passage.id, ranked]));
  const shown = result.recallOrder.slice(0, result.results.length);
  const rankWidth = String(shown.length).length;
  const rows = shown.map((passageId, position) => {
    const ranked = known.get(passageId);
    const rank = padStart(String(position + 1), rankWidth);
    const similarity = ranked?.similarity == null ? padEnd(glyphs.none, 5) : formatSimilarity(ranked.similarity);
    const goes = `${glyphs.to} ${padStart(ranked === undefined ? "out" : String(ranked.rank), 3)}`;
    const head = `${rank}  ${similarity}  `;
    const room = width - widthOf(head) - widthOf(goes) - 2;
    const place = ranked === undefined ? chalk.dim(`passage ${passageId}`) : placeOf(ranked, options, style, room);
    return `${rank}  ${chalk.dim(similarity)}  ${padEnd(place, room)}  ${chalk.dim(goes)}`;
  });
  return [chalk.dim(firstTitle(result)), ...rows];
}

function firstTitle({ settings }: SearchResult): string {
  if (settings.recallMethod === "input") return "order of the input";
  return settings.hybrid ? "first stage, by similarity and BM25" : "first stage, by similarity";
}

function finalOrder(result: SearchResult, options: TextOptions, style: Style, width: number): string[] {
  const { chalk, glyphs } = style;
  const { results } = result;
  const relevances = formatRelevances(results.map(({ judgment }) => judgment?.relevance ?? null)).map(
    (relevance) => relevance ?? glyphs.none,
  );
  const widest = (cells: readonly string[]) => Math.max(0, ...cells.map(widthOf));
  const moves = results.map((ranked) => movementLabel(ranked, style));
  const logits = results.map(({ judgment }) => (judgment === null ? glyphs.none : judgment.logit.toFixed(2)));
  const rankWidth = widest(results.map(({ rank }) => String(rank)));
  const rows = results.map((ranked, position) => {
    const rank = padStart(String(ranked.rank), rankWidth);
    const move = padStart(moves[position] ?? "", widest(moves));
    const relevance = padEnd(relevances[position] ?? "", widest(relevances));
    const logit = padStart(logits[position] ?? "", widest(logits));
    const room = width - widthOf(`${rank}  ${move}  ${relevance}  ${logit}  `);
    const numbers = `${paintMovement(move, ranked, style)}  ${relevance}  ${chalk.dim(logit)}`;
    return `${rank}  ${numbers}  ${placeOf(ranked, options, style, room)}`;
  });
  const title = result.models.reranker === null ? "final order, not reranked" : "after reranking, by relevance and logit";
  return [chalk.dim(title), ...rows];
}

/** Shortened from the left where it must be: the list of results has the whole path. */
function placeOf({ passage }: RankedPassage, options: TextOptions, { chalk, glyphs }: Style, width: number): string {
  const suffix = locationSuffix(passage.location);
  const path = printableLine(displayPath(passage.path, options));
  return chalk.cyan(shortenStart(path, Math.max(8, width - widthOf(suffix)), glyphs.ellipsis)) + chalk.dim(suffix);
}
