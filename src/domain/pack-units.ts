import { Cut, type TextUnit } from "./text-units.ts";

export interface CountedUnit extends TextUnit {
  /** At least 1. */
  readonly tokens: number;
  /** Tokens of the table header, repeated where a passage begins with this row or its table begins in the passage. */
  readonly headerTokens: number;
}

/** Units of one passage: `first` to `end` (not included) are its own, `from` to `first` repeat the passage before. */
export interface UnitRange {
  readonly from: number;
  readonly first: number;
  readonly end: number;
}

export interface PackLimits {
  /** For the text, that is, without the headings. */
  readonly budget: number;
  readonly overlapTokens: number;
  /** The end of a paragraph below this does not become a passage if that can be helped. */
  readonly minTokens: number;
  /** A record joins a passage only while that holds less than this: records are found one by one. */
  readonly minRecordTokens: number;
}

/**
 * Fills passages in reading order, then cuts each at the best place in what was filled: at the end of a block rather
 * than of a sentence, of a sentence rather than of a clause; the latest of equals; never leaving a quarter of the
 * budget or less when that can be helped. So a paragraph that fits a passage of its own is not cut. Linear.
 */
export function packUnits(units: readonly CountedUnit[], limits: PackLimits): UnitRange[] {
  const sums = new Float64Array(units.length + 1);
  for (const [position, { tokens }] of units.entries()) sums[position + 1] = sums[position]! + tokens;
  const tokensBetween = (from: number, to: number): number => sums[to]! - sums[from]!;

  const ranges: UnitRange[] = [];
  let from = 0;
  for (let first = 0; first < units.length; ) {
    const filled = fill(from, first);
    const end = filled === units.length ? filled : bestCut(first, filled);
    ranges.push({ from, first, end });
    from = overlapStart(first, end);
    first = end;
  }
  return ranges;

  /** The end of the longest run from `first` that fits; one unit at least. */
  function fill(from: number, first: number): number {
    let tokens = tokensBetween(from, first) + headerCost(units, from, from, first);
    let end = first;
    while (end < units.length) {
      const unit = units[end]!;
      const cost = unit.tokens + headerCost(units, from, end, end + 1);
      if (end > first) {
        if (tokens + cost > limits.budget) break;
        if (isRecordCut(units, end) && tokensBetween(first, end) >= limits.minRecordTokens) break;
      }
      tokens += cost;
      end += 1;
    }
    return end;
  }

  function bestCut(first: number, filled: number): number {
    const floor = limits.budget / 4;
    let best = filled;
    let bestWorth = worth(filled);
    for (let end = filled - 1; end > first && tokensBetween(first, end) > floor; end -= 1) {
      if (worth(end) > bestWorth) {
        best = end;
        bestWorth = worth(end);
      }
    }
    return best;

    function worth(end: number): number {
      const { cutBefore } = units[end]!;
      // After a heading within the text is no place to cut; in front of a paragraph's last crumb only if there is no other.
      if (units[end - 1]!.block.kind === "heading") return -2;
      return cutBefore < Cut.item && tokensBetween(end, units.length) < limits.minTokens ? -1 : cutBefore;
    }
  }

  function overlapStart(first: number, end: number): number {
    const next = units[end];
    if (next === undefined || !overlaps(next) || (next.block.kind === "code" && next.cutBefore >= Cut.item)) return end;
    const room = Math.min(limits.overlapTokens, limits.budget / 2, limits.budget - next.tokens);
    let from = end;
    while (from > first + 1 && overlaps(units[from - 1]!) && tokensBetween(from - 1, end) <= room) from -= 1;
    return from;
  }
}

/** Tokens of the table headers that begin a table among the units from `from` to `to`, in a passage that begins at `start`. */
function headerCost(units: readonly CountedUnit[], start: number, from: number, to: number): number {
  let tokens = 0;
  for (let position = from; position < to; position += 1) {
    if (startsTable(units, start, position)) tokens += units[position]!.headerTokens;
  }
  return tokens;
}

/** Whether the table header must be put in front of a unit, in a passage that begins at `start`. */
export function startsTable(units: readonly CountedUnit[], start: number, position: number): boolean {
  const { block } = units[position]!;
  if (block.tableHeader === undefined || block.tableHeader.trim() === block.text.trim()) return false;
  return position === start || units[position - 1]!.block.tableHeader !== block.tableHeader;
}

/** Whether one record ends and another one, or something else, begins. */
function isRecordCut(units: readonly CountedUnit[], position: number): boolean {
  const unit = units[position]!;
  return unit.cutBefore >= Cut.item && (isRecord(unit) || isRecord(units[position - 1]!));
}

function isRecord({ block }: TextUnit): boolean {
  return block.kind === "record" || block.row !== undefined;
}

function overlaps({ block }: TextUnit): boolean {
  return block.kind !== "table-row" && block.kind !== "record" && block.kind !== "heading";
}
