import { type CountedUnit, type UnitRange, startsTable } from "./pack-units.ts";
import type { PassageDraft, PassageLocation } from "./passage.ts";
import { splitUnit, type TextUnit } from "./text-units.ts";

/** Units on their way to become one passage. */
export interface PassagePlan {
  readonly headings: readonly string[];
  readonly units: readonly CountedUnit[];
  readonly range: UnitRange;
  /** Table headers as they are shown: those that would fill the passage are cut. */
  readonly headerTexts: ReadonlyMap<string, string>;
}

export function draftPassage({ headings, units, range, headerTexts }: PassagePlan): PassageDraft {
  const parts: string[] = [];
  for (let position = range.from; position < range.end; ) {
    const unit = units[position]!;
    if (position > range.from) parts.push(separatorBetween(units[position - 1]!, unit));
    if (startsTable(units, range.from, position)) parts.push(headerTexts.get(unit.block.tableHeader!) ?? "", "\n");
    // Units of one block are neighbours in its text: one slice keeps the white space between them as it was.
    let last = unit;
    for (position += 1; position < range.end && units[position]!.block === unit.block; position += 1) last = units[position]!;
    parts.push(unit.block.text.slice(unit.start, last.end));
  }
  const text = parts.join("").replace(/^\n+/, "");
  return { location: locationOf(units.slice(range.from, range.end)), headings, text };
}

function separatorBetween({ block: before }: TextUnit, { block: after }: TextUnit): string {
  if (before.kind === "heading") return "\n";
  if (before.kind !== after.kind) return "\n\n";
  if (after.kind === "list-item") return "\n";
  if (after.kind === "table-row") return before.tableHeader === after.tableHeader ? "\n" : "\n\n";
  // Records of several lines would run into one another.
  return after.kind === "record" && !`${before.text}${after.text}`.includes("\n") ? "\n" : "\n\n";
}

function locationOf(units: readonly TextUnit[]): PassageLocation {
  const first = units[0]!;
  const { page, row } = first.block;
  let endLine = first.endLine;
  for (const unit of units) {
    // Lines may count from 1 again on the next page of a PDF: the range then ends with the first page.
    if (unit.block.page !== page && unit.startLine < endLine) break;
    endLine = Math.max(endLine, unit.endLine);
  }
  return { startLine: first.startLine, endLine, ...(page !== undefined && { page }), ...(row !== undefined && { row }) };
}

/**
 * What to make of a plan that is too long: the same without its overlap, or two plans, cut at the best place near the
 * middle. Empty when nothing can be cut any more: the plan holds a single user-perceived character.
 */
export function shortenPlan(plan: PassagePlan): readonly PassagePlan[] {
  const { from, first, end } = plan.range;
  if (from < first) return [{ ...plan, range: { from: first, first, end } }];
  if (end - first > 1) return halve(plan);
  const unit = plan.units[first]!;
  const pieces = splitUnit(unit, Math.ceil((unit.end - unit.start) / 2));
  if (pieces.length === 1 && pieces[0]!.end - pieces[0]!.start === unit.end - unit.start) return [];
  const tokens = Math.max(1, Math.round(unit.tokens / pieces.length));
  const units = pieces.map((piece) => ({ ...unit, ...piece, tokens }));
  const split = { ...plan, units, range: { from: 0, first: 0, end: units.length } };
  return units.length === 1 ? [split] : halve(split);
}

function halve(plan: PassagePlan): readonly PassagePlan[] {
  const { units, range } = plan;
  const { first, end } = range;
  let total = 0;
  for (let position = first; position < end; position += 1) total += units[position]!.tokens;
  let best = first + 1;
  let bestWorth = Number.NEGATIVE_INFINITY;
  let before = 0;
  for (let position = first + 1; position < end; position += 1) {
    before += units[position - 1]!.tokens;
    // One class of cut is worth a fifth of the passage; right after a heading is the worst place.
    const cut = units[position - 1]!.block.kind === "heading" ? -1 : units[position]!.cutBefore;
    const worth = cut - (5 * Math.abs(total / 2 - before)) / total;
    if (worth > bestWorth) {
      best = position;
      bestWorth = worth;
    }
  }
  return [
    { ...plan, range: { from: first, first, end: best } },
    { ...plan, range: { from: best, first: best, end } },
  ];
}
