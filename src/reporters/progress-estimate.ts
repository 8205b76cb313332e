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
const REMAINING_MEMORY_MS = 6000;
/** Less than this is start-up: the first batch also warms the model. */
const LEAST_EVIDENCE_MS = 1000;

/** What the events so far tell about the files beyond their own counts. */
interface Reading {
  /** Files are read a good way ahead of being done; each makes `passagesTotal` grow. */
  readonly filesRead: number;
  /** Passages per byte of the files that are done; `undefined` before the first. */
  readonly density: number | undefined;
}

/**
 * Estimates the work from what is known: the files that are done tell how many passages the unread bytes will give;
 * before any is done, the number of files read so far does. The rate and the remaining time are smoothed, so that
 * neither jumps.
 */
export function createProgressEstimator(): ProgressEstimator {
  let latest: IndexProgress | undefined;
  let reading: Reading = { filesRead: 0, density: undefined };
  let startedAt: number | undefined;
  let rate = { perMs: 0, at: 0, done: 0 };
  let fraction: number | undefined;
  let shown: { readonly remainingMs: number; readonly at: number } | undefined;

  function update(progress: IndexProgress, nowMs: number): void {
    reading = readOn(reading, latest, progress);
    latest = progress;
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
    const total = Math.max(workTotal(latest, reading), done);
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

function workTotal(progress: IndexProgress, { filesRead, density }: Reading): number {
  const { passagesTotal, filesDone, filesTotal, bytesDone, bytesTotal } = progress;
  if (!countsPassages(progress)) return bytesTotal;
  const filesUnread = filesTotal - filesRead;
  if (filesUnread <= 0) return passagesTotal;
  if (density === undefined) return passagesTotal * (filesTotal / Math.max(1, filesRead));
  const bytesUnread = (bytesTotal - bytesDone) * (filesUnread / (filesTotal - filesDone));
  return passagesTotal + bytesUnread * density;
}

function readOn(
  { filesRead, density }: Reading,
  before: IndexProgress | undefined,
  { filesDone, filesTotal, passagesDone, passagesTotal, bytesDone }: IndexProgress,
): Reading {
  const finished = filesDone - (before?.filesDone ?? 0);
  const isWaiting = passagesDone < passagesTotal;
  let read = filesRead;
  if (passagesTotal > (before?.passagesTotal ?? 0)) read++;
  // Done while others wait to be embedded: a file without new passages, which is read and done at once.
  else if (isWaiting) read += finished;
  return {
    filesRead: Math.min(Math.max(read, filesDone), filesTotal),
    // Only while none waits do the passages known and the bytes done belong to the same files.
    density: !isWaiting && finished > 0 && bytesDone > 0 ? passagesTotal / bytesDone : density,
  };
}
