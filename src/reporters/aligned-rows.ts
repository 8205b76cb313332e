import { wrapLines } from "./fit-text.ts";
import { padEnd, widthOf } from "./style.ts";
import type { Terminal } from "./terminal.ts";

/** A cell longer than this moves its own row's next column, not that of all rows. */
const WIDEST_COLUMN = 44;
/** With less room than this the terminal does the wrapping. */
const LEAST_WRAPPED_COLUMNS = 16;
const GAP = "  ";

/**
 * Rows of cells as lines whose columns stand under each other. The last cell of a row is not padded; nothing is cut.
 *
 * @param terminal where given and a terminal, a long last cell goes on below itself; it must carry no colours then.
 */
export function alignedRows(rows: readonly (readonly string[])[], terminal?: Pick<Terminal, "isTerminal" | "columns">): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, Math.min(widthOf(cell), WIDEST_COLUMN));
    }
  }
  const lines = rows.flatMap((row) => {
    const before = row.slice(0, -1).map((cell, column) => padEnd(cell, widths[column] ?? 0) + GAP).join("");
    const last = row.at(-1) ?? "";
    const room = terminal?.isTerminal ? terminal.columns - widthOf(before) : Number.POSITIVE_INFINITY;
    if (room < LEAST_WRAPPED_COLUMNS || widthOf(last) <= room) return [before + last];
    return wrapLines(last, room).map(({ start, end }, position) =>
      (position === 0 ? before : padEnd("", widthOf(before))) + last.slice(start, end),
    );
  });
  return lines.map((line) => `${line}\n`).join("");
}
