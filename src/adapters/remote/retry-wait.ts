const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;
/** A server that wants to be left alone for longer is not waited for. */
export const LONGEST_RETRY_AFTER_MS = 60_000;

/**
 * Doubles with every try. Half of it is chance, so that clients which were turned away together do not come back together; that comes on
 * top of what the server asks for.
 *
 * @param attempt from 0.
 * @param chance 0 up to 1.
 */
export function retryWaitMs(attempt: number, retryAfterMs: number | undefined, chance: number): number {
  const backoffMs = Math.min(FIRST_WAIT_MS * 2 ** attempt, LONGEST_WAIT_MS);
  return retryAfterMs === undefined ? backoffMs * (0.5 + chance / 2) : retryAfterMs + (backoffMs / 2) * chance;
}

/**
 * The header Retry-After: seconds, or a date.
 *
 * @param now milliseconds since 1970.
 * @returns `undefined` for what is neither; 0 for a date that is past.
 */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  const value = header?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1000;
  // "1.5.2" and "-3" are dates to some engines: a date begins with its weekday.
  const at = /^[a-z]/i.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
