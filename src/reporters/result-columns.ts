import { movement, type RankedPassage } from "../domain/candidate.ts";
import { formatRelevances, formatSimilarity } from "./format-numbers.ts";
import { padEnd, padStart, widest, widthOf, type Style } from "./style.ts";

/** The numbers before a result, as columns of equal width, so that decimal points stand below each other. */
export interface ResultColumns {
  /** Columns that the numbers take, without the gap after them. */
  readonly width: number;
  readonly header: string;
  /** One per result, in their order, coloured. */
  readonly rows: readonly string[];
}

interface Column {
  readonly name: string;
  readonly cells: readonly string[];
  readonly align: "start" | "end";
  readonly paint: (cell: string, result: RankedPassage) => string;
}

const GAP = "  ";

/** @param fullNames spells the column names out, which makes the columns wider. */
export function resultColumns(results: readonly RankedPassage[], style: Style, fullNames: boolean): ResultColumns {
  const { chalk, glyphs } = style;
  const relevances = formatRelevances(results.map(({ judgment }) => judgment?.relevance ?? null));
  const columns: Column[] = [
    { name: "#", cells: results.map(({ rank }) => String(rank)), align: "end", paint: (cell) => chalk.bold(cell) },
    {
      name: "move",
      cells: results.map((result) => movementLabel(result, style)),
      align: "end",
      paint: (cell, result) => paintMovement(cell, result, style),
    },
    {
      name: fullNames ? "relevance" : "rel",
      cells: relevances.map((relevance) => relevance ?? glyphs.none),
      align: "start",
      paint: (cell, { judgment }) => (judgment === null ? chalk.dim(cell) : cell),
    },
  ];
  // Another tool's first stage (`rerank rank`) tells no similarities: a column of dashes would say nothing.
  if (results.some(({ similarity }) => similarity !== null)) {
    columns.push({
      name: fullNames ? "similarity" : "sim",
      cells: results.map(({ similarity }) => (similarity === null ? glyphs.none : formatSimilarity(similarity))),
      align: "start",
      paint: (cell) => chalk.dim(cell),
    });
  }
  const widths = columns.map(({ name, cells }) => Math.max(widthOf(name), widest(cells)));
  const line = (textOf: (column: Column) => string, paint: (column: Column, padded: string) => string) =>
    columns.map((column, position) => paint(column, pad(textOf(column), column.align, widths[position] ?? 0))).join(GAP);
  return {
    width: widths.reduce((sum, width) => sum + width, 0) + GAP.length * (columns.length - 1),
    header: line(({ name }) => name, (_, padded) => padded),
    rows: results.map((result, position) =>
      line(({ cells }) => cells[position] ?? "", (column, padded) => column.paint(padded, result)),
    ),
  };
}

/** "↑3", "↓2", or "=" for a result that stayed where the first stage had put it. */
export function movementLabel(result: Pick<RankedPassage, "rank" | "recallRank">, { glyphs }: Pick<Style, "glyphs">): string {
  const places = movement(result);
  if (places === 0) return "=";
  return places > 0 ? `${glyphs.up}${places}` : `${glyphs.down}${-places}`;
}

export function paintMovement(
  label: string,
  result: Pick<RankedPassage, "rank" | "recallRank">,
  { chalk }: Style,
): string {
  const places = movement(result);
  if (places === 0) return chalk.dim(label);
  return places > 0 ? chalk.green(label) : chalk.red(label);
}

function pad(cell: string, align: Column["align"], width: number): string {
  return align === "end" ? padStart(cell, width) : padEnd(cell, width);
}
