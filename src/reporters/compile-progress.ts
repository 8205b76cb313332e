import { keepWorthiest } from "./keep-worthiest.ts";
import { createPaintedLine, type PaintStream } from "./painted-line.ts";
import { printableLine } from "./printable.ts";
import { formatRemaining } from "./progress-line.ts";
import { createStyle } from "./style.ts";
import type { Terminal } from "./terminal.ts";

/** How far a model's compilation is, or other long work. */
export interface CompileState {
  /** "layer 3 of 28" */
  readonly step: string;
  /** 0 to 1. */
  readonly share: number;
}

export interface CompileProgressView {
  update(state: CompileState): void;
  /** Takes the line away. A later update brings it back. */
  stop(): void;
}

export interface CompileProgressOptions {
  readonly stream: PaintStream;
  readonly terminal: Terminal;
  /** What is done, where it is no compilation: "repairing". */
  readonly verb?: string;
}

/** In a pipe or a log. */
const PLAIN_INTERVAL_MS = 10_000;
/** Earlier, the rate says little about what is to come. */
const EARLIEST_ESTIMATE = 0.03;

/** Step, share and remaining time: one repainted line on a terminal, plain lines every few seconds elsewhere. */
export function createCompileProgress({ stream, terminal, verb = "compiling" }: CompileProgressOptions): CompileProgressView {
  const { glyphs } = createStyle(terminal);
  const startedAt = performance.now();
  let latest: CompileState | undefined;
  let plainAt = startedAt;
  const line = createPaintedLine({
    stream,
    ellipsis: glyphs.ellipsis,
    columns: terminal.columns,
    draw: (columns) => (latest === undefined ? "" : lineOf(latest, columns)),
  });

  function lineOf({ step, share }: CompileState, columns = Number.POSITIVE_INFINITY): string {
    const remainingMs = ((performance.now() - startedAt) * (1 - share)) / share;
    const left = share >= EARLIEST_ESTIMATE && share < 1 ? `about ${formatRemaining(remainingMs)} left` : "";
    const parts = [
      { text: `${verb} ${Math.floor(share * 100)} %`, worth: 3 },
      { text: printableLine(step), worth: 1 },
      { text: left, worth: 2 },
    ];
    const separator = ` ${glyphs.dot} `;
    return keepWorthiest(parts, columns, separator).join(separator);
  }

  return {
    update(state) {
      // Plans that do not keep the bound are followed by others, which are checked from the first layer on.
      latest = { ...state, share: Math.max(state.share, latest?.share ?? 0) };
      if (terminal.isTerminal) {
        line.refresh();
      } else if (performance.now() - plainAt >= PLAIN_INTERVAL_MS) {
        plainAt = performance.now();
        stream.write(`${lineOf(latest)}\n`);
      }
    },
    stop: () => line.clear(),
  };
}
