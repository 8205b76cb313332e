import { shortenEnd } from "../reporters/fit-text.ts";
import { printableLine } from "../reporters/printable.ts";
import { padEnd, widthOf } from "../reporters/style.ts";
import { rowLine, rowShapes, type RowShape } from "./draw-order-row.ts";
import { topOf } from "./layout.ts";
import type { OrderRow, Orders } from "./orders.ts";
import { bar, type Paint } from "./paint.ts";
import type { ScreenSettings } from "./screen-settings.ts";
import { isRunning, type SearchRun } from "./search-run.ts";

export interface OrdersValues {
  readonly orders: Orders;
  readonly run: SearchRun;
  /** What it is compared with; `null`: the first stage. */
  readonly previous: SearchRun | null;
  readonly selectedId: number | null;
  /** The selection is whichever passage leads: the first order keeps still, it would jump with each new leader. */
  readonly isFollowing: boolean;
  /** The list that the keys walk through; `null` where they go elsewhere. */
  readonly focused: "first" | "final" | null;
  readonly width: number;
  /** Rows below the title. */
  readonly rows: number;
  readonly hasTwoOrders: boolean;
  readonly settings: ScreenSettings;
}

/** Room for the line that joins the two places of the selected passage. */
const GUTTER_COLUMNS = 7;

/** A title and `rows` lines, each exactly `width` columns wide or ending early. */
export function ordersLines(values: OrdersValues): string[] {
  const { orders, selectedId, isFollowing, width, rows, hasTwoOrders, settings } = values;
  const half = Math.floor((width - GUTTER_COLUMNS) / 2);
  const shapes = rowShapes(orders, { width: hasTwoOrders ? half : width, hasTwoOrders, rows }, settings);
  const finalAt = (selectedId === null ? undefined : orders.finalPositions.get(selectedId)) ?? -1;
  const final = listLines(orders.final, finalAt, "final", values, shapes.final, topOf(finalAt, orders.final.length, rows));
  const finalTitle = titleLine(finalTitleOf(values), progressOf(values, finalAt), hasTwoOrders ? half : width, settings.paint);
  if (!hasTwoOrders) return [finalTitle, ...final.lines];
  const firstAt = (selectedId === null ? undefined : orders.firstPositions.get(selectedId)) ?? -1;
  const first = listLines(orders.first, firstAt, "first", values, shapes.first, isFollowing ? 0 : topOf(firstAt, orders.first.length, rows));
  const joint = jointLines(firstAt === -1 ? null : firstAt - first.top, finalAt === -1 ? null : finalAt - final.top, rows, settings.paint);
  const firstTitle = titleLine(firstTitleOf(values), "", half, settings.paint);
  const rest = width - 2 * half - GUTTER_COLUMNS;
  return [
    `${firstTitle}${" ".repeat(GUTTER_COLUMNS + rest)}${finalTitle}`,
    ...final.lines.map((line, position) => `${first.lines[position] ?? ""} ${joint[position] ?? ""}${" ".repeat(1 + rest)}${line}`),
  ];
}

function listLines(
  order: readonly OrderRow[],
  selectedAt: number,
  name: "first" | "final",
  { rows, focused, settings }: OrdersValues,
  shape: RowShape,
  top: number,
): { readonly lines: readonly string[]; readonly top: number } {
  const lines = Array.from({ length: rows }, (_, position) => {
    const row = order[top + position];
    if (row === undefined) return " ".repeat(shape.width);
    const isSelected = top + position === selectedAt;
    return rowLine(row, shape, isSelected ? (focused === name ? "focused" : "marked") : "none", settings);
  });
  return { lines, top };
}

/**
 * A line from the selected passage's row in the first order to its row in the final one, 5 columns wide. It leaves at
 * the edge where one of the rows is out of sight.
 */
export function jointLines(from: number | null, to: number | null, rows: number, { glyphs, dim }: Paint): string[] {
  const { horizontal, vertical, turnDown, turnUp, fromAbove, fromBelow } = glyphs;
  return Array.from({ length: rows }, (_, row) => {
    if (from === null || to === null) return "     ";
    if (row === from && row === to) return dim(horizontal.repeat(5));
    if (row === from) return dim(`${horizontal}${horizontal}${to > from ? turnDown : turnUp}  `);
    if (row === to) return dim(`  ${to > from ? fromAbove : fromBelow}${horizontal}${horizontal}`);
    return row > Math.min(from, to) && row < Math.max(from, to) ? dim(`  ${vertical}  `) : "     ";
  });
}

function titleLine(title: string, right: string, width: number, { dim, glyphs }: Paint): string {
  const shownRight = widthOf(right) > width - 12 ? "" : right;
  const room = width - widthOf(shownRight) - 2;
  // Half a word says less than the words before the comma.
  const shown = widthOf(title) <= room ? title : shortenEnd(title.split(",")[0] ?? "", room, glyphs.ellipsis);
  return dim(padEnd(` ${shown}`, width - widthOf(shownRight)) + shownRight);
}

function firstTitleOf({ run, previous }: OrdersValues): string {
  if (previous !== null) return judgedBy(previous);
  return `first stage, ${recalledBy(run)}`;
}

function finalTitleOf({ run, previous, hasTwoOrders }: OrdersValues): string {
  if (previous !== null) {
    const now = judgedBy(run);
    return hasTwoOrders ? now : `${now}, before ${judgedBy(previous).replace(/^judged /, "")}`;
  }
  return run.result?.reranked === false ? `not reranked, ${recalledBy(run)}` : "final order, by relevance";
}

function judgedBy({ models, result }: SearchRun): string {
  return `${result?.reranked === false ? "not judged" : "judged"} by ${printableLine(models.reranker.id)}`;
}

function recalledBy({ result }: SearchRun): string {
  return result?.settings.hybrid === true ? "by similarity and BM25" : "by similarity";
}

/** While judging how far it is, afterwards where the selection stands. */
function progressOf({ run, orders, width, settings: { paint } }: OrdersValues, selectedAt: number): string {
  const total = orders.final.length;
  if (isRunning(run) && run.candidates !== null) {
    return ` ${run.judged}/${total} ${bar(run.judged / total, width < 60 ? 8 : 14, { ...paint.glyphs, full: paint.glyphs.barDone, fractions: [] }).replaceAll(" ", paint.glyphs.barLeft)}`;
  }
  return selectedAt === -1 ? "" : ` ${selectedAt + 1} of ${total}`;
}

/** What stands where the results will be: `rows` lines at most. */
export function emptyLines(run: SearchRun | null, isLoading: boolean, width: number, rows: number, paint: Paint): string[] {
  const [title = "", ...more] = emptyText(run, isLoading);
  const lines = ["", `  ${paint.bold(shortenEnd(title, width - 2, paint.glyphs.ellipsis))}`, ...more.map((line) => `  ${paint.dim(shortenEnd(line, width - 2, paint.glyphs.ellipsis))}`)];
  return lines.slice(0, rows);
}

function emptyText(run: SearchRun | null, isLoading: boolean): readonly string[] {
  if (run === null) {
    return [
      "What do you want to know?",
      ...(isLoading ? ["The models are loading; type already."] : []),
      "Similarity finds candidates.",
      "The reranker reads each of them",
      "and decides the order as you watch.",
    ];
  }
  if (run.failure !== null) return ["No results."];
  if (run.result === null && run.candidates === null) return isLoading ? ["Waiting for the models", "The search starts as soon as they can answer."] : ["Looking for candidates"];
  const { pathGlob } = run.request;
  return pathGlob === undefined
    ? ["Nothing found", "The index has no passages."]
    : ["Nothing found", `No passage in ${printableLine(pathGlob)}.`, "Press / for another filter."];
}

