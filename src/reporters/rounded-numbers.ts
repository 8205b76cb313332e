import type { Interval } from "../domain/evaluation.ts";

/** More than anyone can use, and the same on machines whose sums differ in the last bits. */
const MEASURE_DIGITS = 6;
const TIME_DIGITS = 3;

/** A share, a measure or a p-value for JSON, which has no NaN: it would become `null` where readers were promised a number. */
export function roundedMeasure(value: number): number {
  if (!Number.isFinite(value)) throw new Error(`a measure is ${value}`);
  // Plus zero turns -0 into 0.
  return Number(value.toFixed(MEASURE_DIGITS)) + 0;
}

export function roundedInterval([low, high]: Interval): Interval {
  return [roundedMeasure(low), roundedMeasure(high)];
}

/** A time or a rate. A rate over no time at all is as good as none. */
export function roundedTime(value: number | null): number | null {
  return value === null || !Number.isFinite(value) ? null : Number(value.toFixed(TIME_DIGITS));
}
