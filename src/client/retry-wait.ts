import type { RerankError } from "./rerank-error.ts";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;
/** A server that wants to be left alone for longer is left alone: the call fails, and `retryAfterSeconds` says until when. */
const LONGEST_RETRY_AFTER_SECONDS = 60;

/**
 * Every request is a question that changes nothing, so that asking twice is safe. A deadline (504) is not asked again: the same work
 * would take as long again, on a server that is short of time.
 */
export function isWorthRepeating({ code, status, retryAfterSeconds = 0 }: RerankError): boolean {
  const isPassing = code === "connection" || status === 429 || status === 502 || status === 503;
  return isPassing && retryAfterSeconds <= LONGEST_RETRY_AFTER_SECONDS;
}

/**
 * Doubles with every attempt. Half of it is chance, so that clients which were turned away together do not come back together;
 * that comes on top of what the server asks for.
 *
 * @param attempt from 0.
 * @param chance 0 up to 1.
 */
export function retryWaitMs(attempt: number, { retryAfterSeconds }: Pick<RerankError, "retryAfterSeconds">, chance: number): number {
  const backoffMs = Math.min(FIRST_WAIT_MS * 2 ** attempt, LONGEST_WAIT_MS);
  if (retryAfterSeconds === undefined) return backoffMs * (0.5 + chance / 2);
  return retryAfterSeconds * 1000 + (backoffMs / 2) * chance;
}

/**
 * The header Retry-After: seconds, or a date.
 *
 * @param now milliseconds since 1970.
 * @returns `undefined` for what is neither; 0 for a date that is past.
 */
export function retryAfterSeconds(header: string | null, now: number): number | undefined {
  if (header === null || header.trim() === "") return undefined;
  if (/^\s*\d+(\.\d+)?\s*$/.test(header)) return Number(header);
  // "1.5.2" and "-3" are dates to some engines: a date begins with its weekday.
  const at = /^\s*[a-z]/i.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, (at - now) / 1000);
}
