import { movementLabel } from "../reporters/result-columns.ts";
import { padEnd, padStart, widthOf } from "../reporters/style.ts";
import type { OrderRow, Orders } from "./orders.ts";
import { bar } from "./paint.ts";
import { placeLabel } from "./place-label.ts";
import type { ScreenSettings } from "./screen-settings.ts";

/** What the rows of one list have in common. */
export interface RowShape {
  readonly width: number;
  readonly rankWidth: number;
  readonly numberWidth: number;
  /** 0: no bar. */
  readonly barWidth: number;
  /** 0: no movement, as in a first order. */
  readonly moveWidth: number;
  /** 0: similarity is not shown beside the relevance. */
  readonly similarityWidth: number;
  /** Columns of " → 12" at the end; 0: not shown. */
  readonly goesWidth: number;
  /** Ranks of the other order beyond this are out of sight there: what comes from them is new. `null`: nothing is called so. */
  readonly newFrom: number | null;
  readonly barPaint: (text: string) => string;
}

export type Selection = "none" | "marked" | "focused";

const MOVE_WIDTH = 4;
const WIDE_MOVE_WIDTH = 8;

/** The columns of both lists, from the room that they have. */
export function rowShapes(
  orders: Orders,
  { width, hasTwoOrders, rows }: { readonly width: number; readonly hasTwoOrders: boolean; readonly rows: number },
  { paint }: ScreenSettings,
): { readonly first: RowShape; readonly final: RowShape } {
  const rankWidth = String(Math.max(orders.first.length, orders.final.length, 10)).length;
  const numberWidth = (order: readonly OrderRow[]) => Math.max(5, ...order.slice(0, 60).map(({ number }) => number?.length ?? 0));
  const barWidth = hasTwoOrders ? (width < 46 ? 4 : width < 60 ? 6 : width < 80 ? 8 : 12) : width < 56 ? 0 : width < 70 ? 6 : 10;
  const shape = { width, rankWidth, barWidth, similarityWidth: 0, goesWidth: 0, moveWidth: 0, newFrom: null };
  const first = {
    ...shape,
    numberWidth: numberWidth(orders.first),
    goesWidth: widthOf(paint.glyphs.to) + 2 + rankWidth,
    barPaint: orders.kind === "stages" ? paint.similarity : paint.relevance,
  };
  const final = {
    ...shape,
    numberWidth: numberWidth(orders.final),
    moveWidth: hasTwoOrders && width >= 60 ? WIDE_MOVE_WIDTH : MOVE_WIDTH,
    similarityWidth: !hasTwoOrders && width >= 70 ? 5 : 0,
    newFrom: hasTwoOrders ? rows : null,
    barPaint: paint.relevance,
  };
  return { first, final };
}

/** One row, exactly as wide as its shape says. A selected one carries no colours: inverse, they would clash. */
export function rowLine(row: OrderRow, shape: RowShape, selection: Selection, settings: ScreenSettings): string {
  const { paint } = settings;
  const { glyphs } = paint;
  const pointer = selection === "none" ? " " : glyphs.pointer;
  const rank = padStart(String(row.rank), shape.rankWidth);
  const move = shape.moveWidth === 0 ? "" : ` ${padStart(moveText(row, shape, settings), shape.moveWidth)}`;
  const drawn = shape.barWidth === 0 ? "" : ` ${bar(row.fraction ?? 0, shape.barWidth, glyphs)}`;
  const number = ` ${padEnd(row.number ?? glyphs.none, shape.numberWidth)}`;
  const similarity = shape.similarityWidth === 0 ? "" : `  ${padEnd(row.similarity ?? glyphs.none, shape.similarityWidth)}`;
  const goes = shape.goesWidth === 0 || row.otherRank === null ? "" : ` ${glyphs.to} ${padStart(String(row.otherRank), shape.rankWidth)}`;
  const before = pointer + rank + move + drawn + number + similarity;
  const beforeWidth = 1 + shape.rankWidth + widthOf(move) + (shape.barWidth === 0 ? 0 : shape.barWidth + 1) + widthOf(number) + widthOf(similarity);
  const room = shape.width - beforeWidth - 2 - shape.goesWidth;
  if (room < 1) return paintedWhole(padEnd(before.slice(0, shape.width), shape.width), selection, row, settings);
  const label = placeLabel(row.passage, room, settings);
  const gap = " ".repeat(room - label.width + shape.goesWidth - widthOf(goes));
  if (selection !== "none" || row.fraction === null) return paintedWhole(`${before}  ${label.plain}${gap}${goes}`, selection, row, settings);
  const numbers = shape.barPaint(drawn) + number + paint.dim(similarity);
  return `${pointer}${rank}${paintMove(move, row, settings)}${numbers}  ${label.painted}${gap}${paint.dim(goes)}`;
}

function paintedWhole(line: string, selection: Selection, { fraction }: OrderRow, { paint }: ScreenSettings): string {
  if (selection === "focused") return paint.inverse(line);
  if (selection === "marked") return paint.bold(line);
  return fraction === null ? paint.dim(line) : line;
}

function moveText({ rank, otherRank, fraction }: OrderRow, { newFrom, moveWidth }: RowShape, { paint: { glyphs } }: ScreenSettings): string {
  if (fraction === null) return "";
  if (otherRank === null) return "new";
  const text = movementLabel({ rank, recallRank: otherRank }, { glyphs });
  if (newFrom === null || otherRank <= newFrom || rank > newFrom) return text;
  return moveWidth >= WIDE_MOVE_WIDTH ? `new ${padStart(text, MOVE_WIDTH)}` : "new";
}

function paintMove(move: string, { rank, otherRank }: OrderRow, { paint }: ScreenSettings): string {
  if (otherRank === null || otherRank > rank) return paint.gained(move);
  return otherRank < rank ? paint.lost(move) : paint.dim(move);
}
