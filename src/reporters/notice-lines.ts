import { wrapLines } from "./fit-text.ts";
import { printableLine } from "./printable.ts";
import { createStyle } from "./style.ts";
import type { Terminal } from "./terminal.ts";

const LABEL = "rerank: ";

/** A notice as lines for stderr, wrapped to the window between words; one line in a pipe. */
export function noticeLines(notice: string, terminal: Terminal): string[] {
  const { chalk } = createStyle(terminal);
  const text = printableLine(notice);
  if (!terminal.isTerminal) return [LABEL + text];
  return wrapLines(text, terminal.columns - LABEL.length).map(({ start, end }, position) =>
    (position === 0 ? chalk.yellow(LABEL) : " ".repeat(LABEL.length)) + text.slice(start, end),
  );
}
