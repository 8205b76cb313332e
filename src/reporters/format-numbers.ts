export { formatBytes } from "../domain/format-bytes.ts";

const LEAST_DIGITS = 4;
/** Beyond this the difference says nothing to a reader, and the column would crowd out the path. */
const MOST_DIGITS = 7;

/**
 * Relevances in the order shown, each with four digits, or as many more as it takes to differ from its neighbours and
 * from a certainty that it is not: 0.99996 is not 1. `null` stays `null`.
 */
export function formatRelevances(relevances: readonly (number | null)[]): (string | null)[] {
  return relevances.map((relevance, position) => {
    if (relevance === null) return null;
    const others = [relevances[position - 1], relevances[position + 1], 1];
    for (let digits = LEAST_DIGITS; digits < MOST_DIGITS; digits++) {
      const shown = relevance.toFixed(digits);
      const isDistinct = others.every((other) => other == null || other === relevance || other.toFixed(digits) !== shown);
      if (isDistinct) return shown;
    }
    return relevance.toFixed(MOST_DIGITS);
  });
}

export function formatSimilarity(similarity: number): string {
  return similarity.toFixed(3);
}

/** "41 ms", "2.9 s", "1 min 5 s", "2 h 3 min". */
export function formatDuration(elapsedMs: number): string {
  if (elapsedMs < 0.5) return "<1 ms";
  if (elapsedMs < 999.5) return `${Math.round(elapsedMs)} ms`;
  const seconds = elapsedMs / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const wholeSeconds = Math.round(seconds);
  if (wholeSeconds < 3600) return pair(Math.floor(wholeSeconds / 60), "min", wholeSeconds % 60, "s");
  const wholeMinutes = Math.round(seconds / 60);
  return pair(Math.floor(wholeMinutes / 60), "h", wholeMinutes % 60, "min");
}

/** 3120 as "3,120". */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** "1 file", "2 files". */
export function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(count)} ${count === 1 ? singular : plural}`;
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}
