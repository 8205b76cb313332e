import { formatBytes } from "./format-numbers.ts";
import { keepWorthiest } from "./keep-worthiest.ts";
import { createPaintedLine, type PaintStream } from "./painted-line.ts";
import { printableLine } from "./printable.ts";
import { formatRemaining } from "./progress-line.ts";
import { createStyle } from "./style.ts";
import type { Terminal } from "./terminal.ts";

/** How far a download is. */
export interface DownloadState {
  readonly path: string;
  readonly state: "downloading" | "waiting" | "retrying" | "checking";
  readonly detail?: string;
  readonly doneBytes: number;
  readonly reusedBytes: number;
  readonly totalBytes: number;
}

export interface DownloadProgressView {
  update(state: DownloadState): void;
  stop(): void;
}

/** In a pipe or a log. */
const PLAIN_INTERVAL_MS = 5000;

/** Bytes, rate and remaining time: one repainted line on a terminal, plain lines every few seconds elsewhere. */
export function createDownloadProgress({ stream, terminal }: { readonly stream: PaintStream; readonly terminal: Terminal }): DownloadProgressView {
  const { glyphs } = createStyle(terminal);
  const startedAt = performance.now();
  let latest: DownloadState | undefined;
  let plainAt = startedAt;
  const line = createPaintedLine({
    stream,
    ellipsis: glyphs.ellipsis,
    columns: terminal.columns,
    draw: (columns) => (latest === undefined ? "" : lineOf(latest, columns)),
  });

  function lineOf({ path, state, detail, doneBytes, reusedBytes, totalBytes }: DownloadState, columns = Number.POSITIVE_INFINITY): string {
    const seconds = (performance.now() - startedAt) / 1000;
    const bytesPerSecond = seconds > 0 ? (doneBytes - reusedBytes) / seconds : 0;
    const left = bytesPerSecond > 0 ? `${formatRemaining(((totalBytes - doneBytes) / bytesPerSecond) * 1000)} left` : "";
    const rate = bytesPerSecond > 0 ? `${formatBytes(Math.round(bytesPerSecond))}/s` : "";
    const doing = state === "downloading" ? "" : `${state}${detail === undefined ? "" : ` (${printableLine(detail)})`}`;
    const parts = [
      { text: `${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`, worth: 5 },
      { text: rate, worth: 2 },
      { text: left, worth: 4 },
      { text: printableLine(path), worth: 1 },
      { text: doing, worth: 3 },
    ];
    const separator = ` ${glyphs.dot} `;
    return keepWorthiest(parts, columns, separator).join(separator);
  }

  return {
    update(state) {
      const isNews = state.state !== latest?.state && state.state !== "downloading";
      latest = state;
      if (terminal.isTerminal) {
        line.refresh();
      } else if (isNews || performance.now() - plainAt >= PLAIN_INTERVAL_MS) {
        plainAt = performance.now();
        stream.write(`${lineOf(state)}\n`);
      }
    },
    stop: () => line.clear(),
  };
}
