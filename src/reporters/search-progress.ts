import type { SearchEvent } from "../pipeline/events.ts";
import { createPaintedLine } from "./painted-line.ts";
import { createStyle } from "./style.ts";
import type { Terminal } from "./terminal.ts";

/** One repainting line on stderr while the reranker works. Nothing in a pipe. */
export interface SearchProgress {
  event(event: SearchEvent): void;
  /** Removes the line. */
  clear(): void;
}

export interface SearchProgressOptions {
  readonly terminal: Terminal;
  readonly write: (text: string) => void;
}

/** Quick searches end without a flash. */
const PATIENCE_MS = 250;

export function createSearchProgress({ terminal, write }: SearchProgressOptions): SearchProgress {
  const { chalk, glyphs } = createStyle(terminal);
  let text = "";
  let recalledAt = performance.now();
  const line = createPaintedLine({
    stream: { write },
    ellipsis: glyphs.ellipsis,
    columns: terminal.columns,
    draw: () => chalk.dim(text),
  });
  return {
    event(event) {
      if (event.type === "rerank-failed") return line.clear();
      if (event.type === "recalled") recalledAt = performance.now();
      const { done, total } = event.type === "recalled" ? { done: 0, total: event.candidates.length } : event;
      text = `judged ${done} of ${total} candidates`;
      if (terminal.isTerminal && performance.now() - recalledAt >= PATIENCE_MS) line.refresh();
    },
    clear: () => line.clear(),
  };
}
