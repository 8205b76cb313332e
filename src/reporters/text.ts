import type { RankedPassage } from "../domain/candidate.ts";
import type { SearchResult } from "../pipeline/search-result.ts";
import { displayPath, fileUrlOf, locationSuffix, type PathView } from "./display-path.ts";
import { fitHeadings } from "./fit-text.ts";
import { printableLine } from "./printable.ts";
import { resultColumns } from "./result-columns.ts";
import { snippetLines } from "./snippet-lines.ts";
import { createStyle, widthOf, type Style } from "./style.ts";
import type { Terminal } from "./terminal.ts";

export interface TextOptions extends PathView {
  readonly terminal: Terminal;
}

/** From here on the column names are spelled out. */
const WIDE_COLUMNS = 100;
/** Text beside the numbers needs this much room; in a narrower window it goes below them. */
const LEAST_TEXT_COLUMNS = 40;
/** Longer lines are hard to follow with the eye. */
const MOST_SNIPPET_COLUMNS = 96;
/** Fewer columns than this show too little of a heading to be worth it: it gets a line of its own. */
const LEAST_HEADING_COLUMNS = 20;
const MOST_SNIPPET_LINES = 3;
const NARROW_INDENT = 2;
const GAP = "  ";

/**
 * What `rerank search` prints: per result its numbers, place and heading on one line, then the part of its text that
 * answers best. Ends with a line break, on a terminal with a blank line too; empty without results. Pure: the same result and options give the same text.
 */
export function textReport(result: SearchResult, options: TextOptions): string {
  const { results } = result;
  if (results.length === 0) return "";
  const { terminal } = options;
  const style = createStyle(terminal);
  const columns = resultColumns(results, style, terminal.columns >= WIDE_COLUMNS);
  const isBeside = terminal.columns - columns.width - GAP.length >= LEAST_TEXT_COLUMNS;
  const indent = isBeside ? columns.width + GAP.length : NARROW_INDENT;
  const width = terminal.columns - indent;
  const blocks = results.map((ranked, position) => {
    const numbers = columns.rows[position] ?? "";
    const [place = "", ...below] = resultLines(ranked, result, { options, style, width });
    const margin = " ".repeat(indent);
    const first = isBeside ? [numbers + GAP + place] : [numbers.trimEnd(), margin + place];
    return [...first, ...below.map((line) => margin + line)].join("\n");
  });
  const body = `${blocks.join("\n\n")}\n`;
  if (!terminal.isTerminal) return body;
  const header = isBeside ? `${columns.header}${GAP}passage` : columns.header;
  // The footer follows on stderr, which is the same screen.
  return `${style.chalk.dim(header.trimEnd())}\n${body}\n`;
}

export interface LineContext {
  readonly options: TextOptions;
  readonly style: Style;
  /** Columns for text. */
  readonly width: number;
}

/** A result without its numbers: place and headings, then the part of its text that answers best. */
export function resultLines(ranked: RankedPassage, result: SearchResult, { options, style, width }: LineContext): string[] {
  const { chalk, glyphs } = style;
  const snippet = snippetLines(ranked.passage.text, result.query, {
    width: Math.min(width, MOST_SNIPPET_COLUMNS),
    maxLines: MOST_SNIPPET_LINES,
    ellipsis: glyphs.ellipsis,
    mark: (part) => chalk.bold.yellow(part),
  });
  const place = placeOf(ranked, options, style);
  const headings = ranked.passage.headings.map(printableLine);
  return [...placeLines(place, tagOf(ranked, result), headings, { style, width }), ...snippet];
}

/** Tag and headings beside the place, as long as enough of the headings can be seen there, or on a line below it. */
function placeLines(
  place: string,
  tag: string,
  headings: readonly string[],
  { style: { chalk, glyphs }, width }: Pick<LineContext, "style" | "width">,
): string[] {
  const tagColumns = tag === "" ? 0 : widthOf(tag) + (headings.length === 0 ? 0 : GAP.length);
  const about = (room: number) =>
    [chalk.yellow(tag), chalk.dim(fitHeadings(headings, room - tagColumns, glyphs))].filter((part) => part !== "").join(GAP);
  const beside = width - widthOf(place) - GAP.length;
  const whole = tagColumns + widthOf(fitHeadings(headings, Number.POSITIVE_INFINITY, glyphs));
  if (whole === 0) return [place];
  const isLegible = headings.length > 0 && beside - tagColumns >= LEAST_HEADING_COLUMNS;
  return whole <= beside || isLegible ? [place + GAP + about(beside)] : [place, about(width)];
}

/**
 * Path and lines, never shortened: a cut path can be neither clicked nor copied. One that is longer than the line is
 * wrapped by the terminal.
 */
function placeOf({ passage }: RankedPassage, options: TextOptions, { chalk, link }: Style): string {
  const path = printableLine(displayPath(passage.path, options));
  const shown = chalk.cyan(path) + chalk.dim(locationSuffix(passage.location));
  const url = fileUrlOf(passage.path, options);
  return url === null ? shown : link(url, shown);
}

function tagOf({ judgment }: RankedPassage, { models, rerankFailure }: SearchResult): string {
  // Where the reranker was not asked, or has failed, it is said once, below.
  if (judgment === null) return models.reranker === null || rerankFailure !== null ? "" : "not reranked";
  return judgment.truncated ? "truncated" : "";
}
