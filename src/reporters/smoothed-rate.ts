/** How fast something gets done that comes in batches, as of a moment. */
export interface SmoothedRate {
  /** `done` in all, at `nowMs`. Neither ever shrinks. */
  add(done: number, nowMs: number): void;
  /** Per ms; 0 until two batches are done. Falls while a batch takes longer than its predecessors did. */
  perMs(nowMs: number): number;
  /** How much of the batch under way can be counted on: what the time since the last one makes likely, half of it at most. */
  doneSince(nowMs: number): number;
}

/** Closer events than this are one batch. */
const LEAST_BATCH_MS = 200;

/** @param memoryMs time in which an old rate loses two thirds of its weight. */
export function createSmoothedRate(memoryMs: number): SmoothedRate {
  let startedAt: number | undefined;
  let smoothed = 0;
  let last = { at: 0, done: 0, batch: 0 };

  /** An average over all of a young run, a sliding one over an old run. */
  function blended(current: number, elapsedMs: number, nowMs: number): number {
    const weight = Math.max(1 - Math.exp(-elapsedMs / memoryMs), elapsedMs / (nowMs - (startedAt ?? nowMs)));
    return smoothed + weight * (current - smoothed);
  }

  function perMs(nowMs: number): number {
    const elapsed = nowMs - last.at;
    const isLate = smoothed > 0 && elapsed > last.batch / smoothed;
    return isLate ? blended(last.batch / elapsed, elapsed, nowMs) : smoothed;
  }

  return {
    add(done, nowMs) {
      if (startedAt === undefined) {
        startedAt = nowMs;
        last = { at: nowMs, done, batch: 0 };
        return;
      }
      const elapsed = nowMs - last.at;
      const batch = done - last.done;
      if (elapsed < LEAST_BATCH_MS || batch <= 0) return;
      smoothed = blended(batch / elapsed, elapsed, nowMs);
      last = { at: nowMs, done, batch };
    },
    perMs,
    doneSince: (nowMs) => Math.min(last.batch / 2, perMs(nowMs) * (nowMs - last.at)),
  };
}
