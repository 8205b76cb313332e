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
/** Less says nothing about the rest: connections begin slowly. */
const LEAST_EVIDENCE_MS = 2000;
const LEAST_EVIDENCE_BYTES = 1e6;

/** Bytes, rate and remaining time: one repainted line on a terminal, plain lines every few seconds elsewhere. */
export function createDownloadProgress({ stream, terminal }: { readonly stream: PaintStream; readonly terminal: Terminal }): DownloadProgressView {
  const { glyphs } = createStyle(terminal);
  let latest: DownloadState | undefined;
  let latestAt = performance.now();
  let plainAt = latestAt;
  /** Bytes that came, and the time in which they did, from the first byte on. Waiting is none of it. */
  let came: { readonly bytes: number; readonly elapsedMs: number } | undefined;
  const line = createPaintedLine({
    stream,
    ellipsis: glyphs.ellipsis,
    columns: terminal.columns,
    draw: (columns) => (latest === undefined ? "" : lineOf(latest, columns)),
  });

  function count(state: DownloadState): void {
    const nowMs = performance.now();
    if (came === undefined) {
      if (state.doneBytes > (latest?.doneBytes ?? state.reusedBytes) && latest?.state !== "waiting") came = { bytes: 0, elapsedMs: 0 };
    } else if (latest !== undefined) {
      // What is there after waiting for another process was brought by it.
      const bytes = latest.state === "waiting" ? 0 : state.doneBytes - latest.doneBytes;
      came = { bytes: came.bytes + bytes, elapsedMs: came.elapsedMs + (latest.state === "downloading" ? nowMs - latestAt : 0) };
    }
    latest = state;
    latestAt = nowMs;
  }

  /** Bytes per second; 0 before there is enough to go by. */
  function rateOf(state: DownloadState["state"]): number {
    if (came === undefined) return 0;
    const elapsedMs = came.elapsedMs + (state === "downloading" ? performance.now() - latestAt : 0);
    return elapsedMs < LEAST_EVIDENCE_MS || came.bytes < LEAST_EVIDENCE_BYTES ? 0 : (came.bytes / elapsedMs) * 1000;
  }

  function lineOf({ path, state, detail, doneBytes, totalBytes }: DownloadState, columns = Number.POSITIVE_INFINITY): string {
    const bytesPerSecond = rateOf(state);
    const left = bytesPerSecond > 0 && doneBytes < totalBytes ? `${formatRemaining(((totalBytes - doneBytes) / bytesPerSecond) * 1000)} left` : "";
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
      count(state);
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
