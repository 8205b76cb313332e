import { padEnd, widthOf } from "./style.ts";

/** Rows of cells as lines whose columns stand under each other. The last cell of a row is not padded. */
export function alignedRows(rows: readonly (readonly string[])[], gap = "  "): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
  }
  const lines = rows.map((row) =>
    row.map((cell, column) => (column === row.length - 1 ? cell : padEnd(cell, widths[column] ?? 0))).join(gap),
  );
  return lines.map((line) => `${line}\n`).join("");
}
