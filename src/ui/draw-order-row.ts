import { movementLabel } from "../reporters/result-columns.ts";
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
  /**
   * Rows of a page: what comes from below the first page of the other order to the first page of this one is new there. Where the lists are
   * scrolled has no say, so that no label changes while they are. `null`: nothing is called so.
   */
  readonly newFrom: number | null;
  readonly barPaint: (text: string) => string;
}

export type Selection = "none" | "marked" | "focused";

const SIMILARITY_WIDTH = 5;
/** Always the same, so that nothing shifts sideways while judgments arrive. More digits are cut off, not rounded: 0.999996 is not 1. */
const RELEVANCE_WIDTH = 7;
const MOVE_WIDTH = 4;
const WIDE_MOVE_WIDTH = 8;

/** The columns of both lists, from the room that they have. */
export function rowShapes(
  orders: Orders,
  { width, hasTwoOrders, rows }: { readonly width: number; readonly hasTwoOrders: boolean; readonly rows: number },
  { paint }: ScreenSettings,
): { readonly first: RowShape; readonly final: RowShape } {
  const rankWidth = String(Math.max(orders.first.length, orders.final.length, 10)).length;
  const barWidth = hasTwoOrders ? (width < 46 ? 4 : width < 60 ? 6 : width < 80 ? 8 : 12) : width < 56 ? 0 : width < 70 ? 6 : 10;
  const shape = { width, rankWidth, barWidth, similarityWidth: 0, goesWidth: 0, moveWidth: 0, newFrom: null };
  const first = {
    ...shape,
    numberWidth: orders.firstBy === "similarity" ? SIMILARITY_WIDTH : RELEVANCE_WIDTH,
    goesWidth: paint.glyphs.to.length + 2 + rankWidth,
    barPaint: orders.firstBy === "similarity" ? paint.similarity : paint.relevance,
  };
  // Nothing has moved them, and their similarity is their number already.
  const unjudged = { ...shape, numberWidth: SIMILARITY_WIDTH, barPaint: paint.similarity };
  const judged = {
    ...shape,
    numberWidth: RELEVANCE_WIDTH,
    moveWidth: hasTwoOrders && width >= 60 ? WIDE_MOVE_WIDTH : MOVE_WIDTH,
    similarityWidth: !hasTwoOrders && width >= 70 ? SIMILARITY_WIDTH : 0,
    newFrom: hasTwoOrders ? rows : null,
    barPaint: paint.relevance,
  };
  return { first, final: orders.finalBy === "similarity" ? unjudged : judged };
}

/** One row, exactly as wide as its shape says. A selected one carries no colours: inverse, they would clash. */
export function rowLine(row: OrderRow, shape: RowShape, selection: Selection, settings: ScreenSettings): string {
  const { paint } = settings;
  const { glyphs } = paint;
  const pointer = selection === "none" ? " " : glyphs.pointer;
  // Numbers and glyphs are as wide as they are long; to measure them would take most of the time.
  const rank = String(row.rank).padStart(shape.rankWidth);
  const move = shape.moveWidth === 0 ? "" : ` ${moveText(row, shape, settings).padStart(shape.moveWidth)}`;
  const drawn = shape.barWidth === 0 ? "" : ` ${bar(row.fraction ?? 0, shape.barWidth, glyphs)}`;
  const number = ` ${(row.number ?? glyphs.none).slice(0, shape.numberWidth).padEnd(shape.numberWidth)}`;
  const similarity = shape.similarityWidth === 0 ? "" : `  ${(row.similarity ?? glyphs.none).padEnd(shape.similarityWidth)}`;
  const goes = shape.goesWidth === 0 || row.otherRank === null ? "" : ` ${glyphs.to} ${String(row.otherRank).padStart(shape.rankWidth)}`;
  const before = pointer + rank + move + drawn + number + similarity;
  const room = shape.width - before.length - 2 - shape.goesWidth;
  if (room < 1) return paintedWhole(before.slice(0, shape.width).padEnd(shape.width), selection, row, settings);
  const label = placeLabel(row.passage, room, settings);
  const gap = " ".repeat(room - label.width + shape.goesWidth - goes.length);
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
  return moveWidth >= WIDE_MOVE_WIDTH ? `new ${text.padStart(MOVE_WIDTH)}` : "new";
}

function paintMove(move: string, { rank, otherRank }: OrderRow, { paint }: ScreenSettings): string {
  if (otherRank === null || otherRank > rank) return paint.gained(move);
  return otherRank < rank ? paint.lost(move) : paint.dim(move);
}
