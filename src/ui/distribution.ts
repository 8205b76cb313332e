import type { Paint } from "./paint.ts";

/**
 * How values are spread, on one line: a column's height tells how many fall there, brackets say where `mark` does.
 * `bins + 2` columns wide.
 */
export function distributionStrip(
  values: readonly number[],
  mark: number,
  { low, high, bins, paint }: { readonly low: number; readonly high: number; readonly bins: number; readonly paint: Paint },
): string {
  const { heights, none } = paint.glyphs;
  const binOf = (value: number) => (high > low ? Math.max(0, Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins))) : 0);
  const counts = Array.from({ length: bins }, () => 0);
  for (const value of values) counts[binOf(value)]! += 1;
  const most = Math.max(1, ...counts);
  const drawn = counts.map((count) => (count === 0 ? " " : (heights[Math.ceil((count / most) * heights.length) - 1] ?? none)));
  const marked = binOf(mark);
  return `${paint.dim(drawn.slice(0, marked).join(""))}${paint.bold(`[${drawn[marked] ?? " "}]`)}${paint.dim(drawn.slice(marked + 1).join(""))}`;
}
