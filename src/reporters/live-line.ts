import { createPaintedLine, type PaintStream } from "./painted-line.ts";
import { createStyle } from "./style.ts";
import type { Terminal } from "./terminal.ts";

/** Shows on stderr how far something is: one repainted line on a terminal, plain lines every few seconds elsewhere. */
export interface LiveLine {
  /** Something has changed. */
  refresh(): void;
  /** A line of talk in between, which stays. */
  notice(line: string): void;
  /** Takes the line away. Nothing but notices is shown after it. */
  stop(): void;
}

export interface LiveLineOptions {
  readonly stream: PaintStream;
  /** What `stream` can show. */
  readonly terminal: Terminal;
  /** The line for a terminal of so many columns; "" for nothing. */
  readonly draw: (columns: number) => string;
  /** The line for a log; "" for nothing. */
  readonly plain: () => string;
}

/** In a pipe or a log: often enough to see that it lives, seldom enough to be read. */
const PLAIN_INTERVAL_MS = 5000;
/** The remaining time counts down between events too. */
const TICK_MS = 500;

export function createLiveLine({ stream, terminal, draw, plain }: LiveLineOptions): LiveLine {
  let plainAt = performance.now();
  let stopped = false;
  const line = createPaintedLine({ stream, ellipsis: createStyle(terminal).glyphs.ellipsis, columns: terminal.columns, draw });
  const ticker = setInterval(refresh, TICK_MS);
  // A progress line is no reason to stay alive.
  ticker.unref();

  function refresh(): void {
    if (stopped) return;
    if (terminal.isTerminal) {
      line.refresh();
      return;
    }
    if (performance.now() - plainAt < PLAIN_INTERVAL_MS) return;
    plainAt = performance.now();
    const text = plain();
    if (text !== "") stream.write(`${text}\n`);
  }

  return {
    refresh,
    notice(text) {
      if (terminal.isTerminal && !stopped) line.printAbove(text);
      else stream.write(`${text}\n`);
    },
    stop() {
      stopped = true;
      clearInterval(ticker);
      line.clear();
    },
  };
}
