import type { Interval, MeasureName, PairedDifference } from "../../domain/evaluation.ts";
import { differenceSentence, formatPoints as plainPoints, MEASURE_TITLES, type Verdict } from "../evaluation-wording.ts";

/** With room to spell them out: "Recall@10". */
export function measureTitle(measure: MeasureName): string {
  return MEASURE_TITLES[measure].replace(/^R@/, "Recall@");
}

/** 0.8079 as ".808", 1 as "1.000". */
export function formatMeasure(value: number, digits = 3): string {
  return value.toFixed(digits).replace(/^0\./, ".");
}

/** In points, with a minus as long as the plus is wide. */
export function formatPoints(difference: number): string {
  return plainPoints(difference).replace("-", "−");
}

/** "−0.8 to +3.3". */
export function formatPointRange([low, high]: Interval): string {
  return `${formatPoints(low)} to ${formatPoints(high)}`;
}

/** ".773 to .819". */
export function formatMeasureRange([low, high]: Interval): string {
  return `${formatMeasure(low)} to ${formatMeasure(high)}`;
}

/** 0.4263 as "43 %". */
export function formatShare(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** What follows from a difference: the end of the sentence that text reports print. */
export function conclusionOf(difference: PairedDifference): { readonly conclusion: string; readonly verdict: Verdict } {
  const { conclusion, verdict } = differenceSentence(difference, (name) => name);
  return { conclusion: conclusion.replace(" %", "\u00a0%"), verdict };
}
