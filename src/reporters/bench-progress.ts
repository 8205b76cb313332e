import type { BenchmarkProgress } from "../pipeline/benchmark.ts";
import { keepWorthiest } from "./keep-worthiest.ts";
import { createLiveLine } from "./live-line.ts";
import type { PaintStream } from "./painted-line.ts";
import { printableLine } from "./printable.ts";
import { formatRemaining } from "./progress-line.ts";
import { createStyle } from "./style.ts";
import type { Terminal } from "./terminal.ts";

/** Shows on stderr what is measured now, and how long it may still take. */
export interface BenchProgressView {
  update(progress: BenchmarkProgress): void;
  /** A line of talk in between, which stays. */
  notice(line: string): void;
  /** Takes the progress away. Nothing but notices is shown after it. */
  stop(): void;
}

/** "measuring 34 % · embedding, 256 tokens · about 40 s left" */
export function createBenchProgress({ stream, terminal }: { readonly stream: PaintStream; readonly terminal: Terminal }): BenchProgressView {
  const { glyphs } = createStyle(terminal);
  const separator = ` ${glyphs.dot} `;
  const startedAt = performance.now();
  let latest: BenchmarkProgress | undefined;
  let begunAt = startedAt;
  const line = createLiveLine({
    stream,
    terminal,
    draw: (columns) => lineOf(columns, separator),
    plain: () => lineOf(Number.POSITIVE_INFINITY, ", "),
  });

  function lineOf(columns: number, between: string): string {
    if (latest === undefined) return "";
    const { step, share } = latest;
    // At the pace of the steps before this one; while it runs, the time goes down.
    const remainingMs = ((begunAt - startedAt) * (1 - share)) / share - (performance.now() - begunAt);
    const parts = [
      { text: `measuring ${Math.floor(share * 100)} %`, worth: 3 },
      { text: printableLine(step), worth: 2 },
      { text: share > 0 && remainingMs > 0 ? `about ${formatRemaining(remainingMs)} left` : "", worth: 1 },
    ];
    return keepWorthiest(parts, columns, between).join(between);
  }

  return {
    update(progress) {
      latest = progress;
      begunAt = performance.now();
      line.refresh();
    },
    notice: (text) => line.notice(text),
    stop: () => line.stop(),
  };
}
