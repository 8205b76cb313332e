import { Text, Transform } from "ink";
import { createContext, useContext } from "react";
import type { LineBook } from "../line-book.ts";

export interface LinesProps {
  /** Painted, none of them wider than the terminal. */
  readonly lines: readonly string[];
  readonly rows: number;
}

/** Where there is one, Ink gets marks for lines instead of the lines. */
export const LineBookContext = createContext<LineBook | null>(null);

/**
 * Lines as they are, on so many rows. Ink measures every text that it has not seen and keeps the measure for ever
 * (measure-text.js of ink 6.8.0), which never ends to grow where numbers change; a transform's output is not measured,
 * so that what is measured are the same few dots each time.
 */
export function Lines({ lines, rows }: LinesProps) {
  const book = useContext(LineBookContext);
  if (rows <= 0) return null;
  return (
    <Transform transform={(_, row) => (book === null ? (lines[row] ?? "") : book.put(lines[row] ?? ""))}>
      <Text>{"·\n".repeat(rows - 1)}·</Text>
    </Transform>
  );
}
