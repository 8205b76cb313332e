import type { IndexProgress } from "../pipeline/events.ts";

/** How far a run is, as far as anyone can know. */
export interface Estimate {
  /** 0 to 1, never less than before. `undefined` before the first passage is done. */
  readonly fraction: number | undefined;
  /** Over the last seconds; 0 before the first passage is done. */
  readonly passagesPerSecond: number;
  /** `undefined` until there is a rate to go by. */
  readonly remainingMs: number | undefined;
}

export interface ProgressEstimator {
  update(progress: IndexProgress, nowMs: number): void;
  estimate(nowMs: number): Estimate;
}

/** Time in which an old rate loses two thirds of its weight: batches of long and short texts average out. */
const RATE_MEMORY_MS = 8000;
/** The same for the remaining time shown, which counts down on its own and is corrected slowly. */
const REMAINING_MEMORY_MS = 4000;
/** Less than this is start-up: the first batch also warms the model. */
const LEAST_EVIDENCE_MS = 1000;

/**
 * Estimates the work from what is known: bytes of the files that are done tell how many passages the unread bytes will
 * give; before any file is done, the number of files read so far does (each makes `passagesTotal` grow). Both rates are
 * smoothed, so that the remaining time does not jump.
 */
export function createProgressEstimator(): ProgressEstimator {
  let latest: IndexProgress | undefined;
  let readSinceFlush = 0;
  let startedAt: number | undefined;
  let rate = { perMs: 0, at: 0, done: 0 };
  let fraction: number | undefined;
  let shown: { readonly remainingMs: number; readonly at: number } | undefined;

  function update(progress: IndexProgress, nowMs: number): void {
    const before = latest;
    latest = progress;
    if (progress.passagesDone >= progress.passagesTotal) readSinceFlush = 0;
    else if (progress.passagesTotal > (before?.passagesTotal ?? 0)) readSinceFlush++;
    const done = workDone(progress);
    if (done === 0) return;
    if (startedAt === undefined) {
      startedAt = nowMs;
      rate = { perMs: 0, at: nowMs, done };
      return;
    }
    const elapsed = nowMs - rate.at;
    if (elapsed < 200 || done === rate.done) return;
    const current = (done - rate.done) / elapsed;
    // An average over all of a young run, a sliding one over an old run.
    const weight = Math.max(1 - Math.exp(-elapsed / RATE_MEMORY_MS), elapsed / (nowMs - startedAt));
    rate = { perMs: rate.perMs + weight * (current - rate.perMs), at: nowMs, done };
  }

  function estimate(nowMs: number): Estimate {
    if (latest === undefined || startedAt === undefined) {
      return { fraction: undefined, passagesPerSecond: 0, remainingMs: undefined };
    }
    const done = workDone(latest);
    const total = Math.max(workTotal(latest, readSinceFlush), done);
    const reached = total === 0 ? 0 : done / total;
    fraction = Math.max(fraction ?? 0, Math.min(reached, 1));
    const passagesPerSecond = countsPassages(latest) ? rate.perMs * 1000 : 0;
    if (rate.perMs === 0 || nowMs - startedAt < LEAST_EVIDENCE_MS) {
      return { fraction, passagesPerSecond, remainingMs: undefined };
    }
    // Since the last batch came in, time has gone on.
    const remainingMs = Math.max(0, (total - done) / rate.perMs - (nowMs - rate.at));
    shown = { remainingMs: smoothed(shown, remainingMs, nowMs), at: nowMs };
    return { fraction, passagesPerSecond, remainingMs: shown.remainingMs };
  }

  return { update, estimate };
}

function smoothed(
  shown: { readonly remainingMs: number; readonly at: number } | undefined,
  remainingMs: number,
  nowMs: number,
): number {
  if (shown === undefined) return remainingMs;
  const elapsed = nowMs - shown.at;
  const expected = Math.max(0, shown.remainingMs - elapsed);
  return expected + (1 - Math.exp(-elapsed / REMAINING_MEMORY_MS)) * (remainingMs - expected);
}

/** Files whose content turns out to be the same bring no passages: a run of only such files is measured in bytes. */
function countsPassages({ passagesTotal }: IndexProgress): boolean {
  return passagesTotal > 0;
}

function workDone(progress: IndexProgress): number {
  return countsPassages(progress) ? progress.passagesDone : progress.bytesDone;
}

function workTotal(progress: IndexProgress, readSinceFlush: number): number {
  const { passagesDone, passagesTotal, filesDone, filesTotal, bytesDone, bytesTotal } = progress;
  if (!countsPassages(progress)) return bytesTotal;
  const unreadFiles = filesTotal - filesDone - readSinceFlush;
  if (unreadFiles <= 0) return passagesTotal;
  if (bytesDone === 0) return passagesTotal * (filesTotal / Math.max(1, filesTotal - unreadFiles));
  // passagesTotal runs ahead of bytesDone by the files that are read and not yet saved.
  const perFile = bytesTotal / filesTotal;
  const bytesRead = Math.min(bytesTotal, bytesDone + readSinceFlush * perFile);
  return Math.max(passagesTotal, passagesDone) * (bytesTotal / Math.max(1, bytesRead));
}
