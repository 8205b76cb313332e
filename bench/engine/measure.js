/**
 * Milliseconds an item, one after the other. Stops at the end of the list or of the time: no side may take forever on a
 * processor that does not suit it.
 *
 * @template T
 * @param {readonly T[]} items
 * @param {(item: T, position: number) => unknown} work
 * @param {number} seconds
 */
export async function measurePerItem(items, work, seconds) {
  const startedAt = performance.now();
  let done = 0;
  for (const [position, item] of items.entries()) {
    await work(item, position);
    done = position + 1;
    if (performance.now() - startedAt > seconds * 1000) break;
  }
  return (performance.now() - startedAt) / done;
}

/** The most memory that this process had resident so far, mapped files that it read included. */
export function peakMemoryMb() {
  return process.resourceUsage().maxRSS / 1024;
}

/** @param {readonly number[]} values at least one */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}
