import type { Interval } from "../domain/evaluation.ts";
import { createStyle } from "./style.ts";
import type { TableColumn } from "./table-blocks.ts";
import type { Terminal } from "./terminal.ts";

/** A value within its interval, low <= value <= high. */
export interface ChartRow {
  readonly value: number;
  readonly interval: Interval;
}

const LEAST_COLUMNS = 22;
const MOST_COLUMNS = 40;
const UNICODE = { low: "├", line: "─", value: "┼", high: "┤" };
const ASCII = { low: "|", line: "-", value: "+", high: "|" };

/** Intervals under each other on one axis, whose ends the title names; `undefined` where one would see nothing. */
export function intervalChart(title: string, rows: readonly ChartRow[], room: number, terminal: Terminal): TableColumn | undefined {
  const low = Math.floor(Math.min(...rows.map(({ interval }) => interval[0])) * 100) / 100;
  const high = Math.ceil(Math.max(...rows.map(({ interval }) => interval[1])) * 100) / 100;
  const width = Math.min(room, MOST_COLUMNS);
  if (rows.length < 2 || width < LEAST_COLUMNS || !(high > low)) return undefined;
  const { chalk } = createStyle(terminal);
  const marks = terminal.unicode ? UNICODE : ASCII;
  const placeOf = (value: number) => Math.round(((value - low) / (high - low)) * (width - 1));
  const cells = rows.map(({ value, interval }) => {
    const [from, at, to] = [placeOf(interval[0]), placeOf(value), placeOf(interval[1])];
    const before = marks.low + marks.line.repeat(Math.max(0, at - from - 1));
    const after = marks.line.repeat(Math.max(0, to - at - 1)) + marks.high;
    return " ".repeat(from) + (at > from ? chalk.dim(before) : "") + chalk.bold(marks.value) + (to > at ? chalk.dim(after) : "");
  });
  return { title: axisTitle(title, [low, high], width), cells, isText: true, group: "chart" };
}

/** "0.30        nDCG@10        0.62" */
function axisTitle(title: string, [low, high]: Interval, width: number): string {
  const ends = [low.toFixed(2), high.toFixed(2)] as const;
  const left = Math.max(1, Math.floor((width - title.length) / 2) - ends[0].length);
  const right = Math.max(1, width - ends[0].length - left - title.length - ends[1].length);
  return ends[0] + " ".repeat(left) + title + " ".repeat(right) + ends[1];
}
