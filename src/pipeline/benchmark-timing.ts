import type { Spread } from "./benchmark-report.ts";

/** Repeats that a spread is worth telling of, where there is time for them. */
const LEAST_RUNS = 3;

/**
 * Repeats `run` until `timeBoxMs` have passed, three times at least unless that takes more than twice as long; the first repeat, which
 * sets up memory, is not kept where there are others. Returns what the others gave, at least one.
 */
export async function repeatFor<T>(timeBoxMs: number, run: (repeat: number) => Promise<T>): Promise<T[]> {
  const startedAt = performance.now();
  const results: T[] = [];
  for (let elapsedMs = 0; elapsedMs < timeBoxMs || (results.length <= LEAST_RUNS && elapsedMs < 2 * timeBoxMs); elapsedMs = performance.now() - startedAt) {
    results.push(await run(results.length));
  }
  return results.length > 1 ? results.slice(1) : results;
}

/** @param values at least one. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75) };
}

/** Between two values the line that joins them, as numpy's `quantile` does it. */
function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? 0;
  const above = sorted[Math.ceil(place)] ?? below;
  return below + (above - below) * (place % 1);
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Lets what waits run: Ctrl-C, above all. Throws the signal's reason when it has aborted. */
export async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal?.throwIfAborted();
}
