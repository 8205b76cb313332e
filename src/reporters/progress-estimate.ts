import type { IndexProgress } from "../pipeline/events.ts";
import { createSmoothedRate } from "./smoothed-rate.ts";

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

/** Batches of long and short texts average out over this time. */
const RATE_MEMORY_MS = 8000;
/** The remaining time shown counts down on its own and is corrected slowly, over this time. */
const REMAINING_MEMORY_MS = 6000;
/** Less than this is start-up: the first batch also warms the model. */
const LEAST_EVIDENCE_MS = 1000;

/** What the events so far tell about the files beyond their own counts. */
interface Reading {
  /** Files are read a good way ahead of being done; each makes `passagesTotal` grow. */
  readonly filesRead: number;
  /** Of them, those whose passages wait to be embedded and saved. */
  readonly filesWaiting: number;
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
  let reading: Reading = { filesRead: 0, filesWaiting: 0, density: undefined };
  let startedAt: number | undefined;
  let fraction: number | undefined;
  let shown: { readonly remainingMs: number; readonly at: number } | undefined;
  const rate = createSmoothedRate(RATE_MEMORY_MS);

  function update(progress: IndexProgress, nowMs: number): void {
    reading = readOn(reading, latest, progress);
    latest = progress;
    const done = workDone(progress);
    if (done === 0) return;
    startedAt ??= nowMs;
    rate.add(done, nowMs);
  }

  function estimate(nowMs: number): Estimate {
    if (latest === undefined || startedAt === undefined) {
      return { fraction: undefined, passagesPerSecond: 0, remainingMs: undefined };
    }
    const done = workDone(latest);
    const total = Math.max(workTotal(latest, reading), done);
    fraction = Math.max(fraction ?? 0, total === 0 ? 0 : done / total);
    const perMs = rate.perMs(nowMs);
    const passagesPerSecond = countsPassages(latest) ? perMs * 1000 : 0;
    if (perMs === 0 || nowMs - startedAt < LEAST_EVIDENCE_MS) {
      return { fraction, passagesPerSecond, remainingMs: undefined };
    }
    const remainingMs = Math.max(0, total - done - rate.doneSince(nowMs)) / perMs;
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
  // Shorter near the end, where a correction that comes late comes after it.
  const memoryMs = Math.min(REMAINING_MEMORY_MS, remainingMs / 3 + 1);
  return expected + (1 - Math.exp(-elapsed / memoryMs)) * (remainingMs - expected);
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
  { filesRead, filesWaiting, density }: Reading,
  before: IndexProgress | undefined,
  { filesDone, filesTotal, passagesDone, passagesTotal, bytesDone }: IndexProgress,
): Reading {
  const finished = filesDone - (before?.filesDone ?? 0);
  const isWaiting = passagesDone < passagesTotal;
  let read = filesRead;
  let waiting = filesWaiting;
  if (passagesTotal > (before?.passagesTotal ?? 0)) {
    read++;
    waiting++;
  } else {
    // Those that were read before are done first; beyond them, a file without new passages is read and done at once.
    const readAtOnce = Math.max(0, finished - waiting);
    waiting -= finished - readAtOnce;
    read += readAtOnce;
  }
  return {
    filesRead: Math.min(Math.max(read, filesDone), filesTotal),
    filesWaiting: waiting,
    // Only while none waits do the passages known and the bytes done belong to the same files.
    density: !isWaiting && finished > 0 && bytesDone > 0 ? passagesTotal / bytesDone : density,
  };
}
