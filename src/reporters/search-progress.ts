import type { SearchEvent } from "../pipeline/events.ts";
import { createStyle } from "./style.ts";
import type { Terminal } from "./terminal.ts";

/** One repainting line on stderr while the reranker works. Nothing in a pipe. */
export interface SearchProgress {
  event(event: SearchEvent): void;
  /** Removes the line. */
  clear(): void;
}

/** Ten repaints a second are as many as an eye can use. */
const REPAINT_MS = 100;

export function createSearchProgress({
  terminal,
  write,
}: {
  readonly terminal: Terminal;
  readonly write: (text: string) => void;
}): SearchProgress {
  const { chalk, glyphs } = createStyle(terminal);
  let isShown = false;
  let paintedAt = 0;
  return {
    event(event) {
      if (!terminal.isTerminal) return;
      const now = performance.now();
      if (event.type === "judged" && now - paintedAt < REPAINT_MS) return;
      paintedAt = now;
      isShown = true;
      const line =
        event.type === "recalled"
          ? `${event.candidates.length} candidates ${glyphs.dot} reading them with the query`
          : `judged ${event.done} of ${event.total}`;
      write(`\r${chalk.dim(line)}\u001b[K`);
    },
    clear() {
      if (isShown) write("\r\u001b[K");
      isShown = false;
    },
  };
}
