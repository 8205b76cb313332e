import { padEnd, widthOf } from "./style.ts";

/** A cell longer than this moves its own row's next column, not that of all rows. */
const WIDEST_COLUMN = 44;

/** Rows of cells as lines whose columns stand under each other. The last cell of a row is not padded; nothing is cut. */
export function alignedRows(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, Math.min(widthOf(cell), WIDEST_COLUMN));
    }
  }
  const lines = rows.map((row) =>
    row.map((cell, column) => (column === row.length - 1 ? cell : padEnd(cell, widths[column] ?? 0))).join("  "),
  );
  return lines.map((line) => `${line}\n`).join("");
}
