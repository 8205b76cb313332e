import { expect, test } from "vitest";
import { RerankError } from "../../src/client/rerank-error.ts";
import { isWorthRepeating, retryAfterSeconds, retryWaitMs } from "../../src/client/retry-wait.ts";

const NOW = Date.parse("2026-11-21T21:00:00Z");

test.each<[string | null, number | undefined]>([
  ["3", 3],
  [" 0 ", 0],
  ["1.5", 1.5],
  ["Sat, 21 Nov 2026 21:00:30 GMT", 30],
  ["Sat, 21 Nov 2026 20:00:00 GMT", 0],
  [null, undefined],
  ["", undefined],
  ["soon", undefined],
  ["-3", undefined],
  ["1.5.2", undefined],
])("Retry-After %j is %j seconds", (header, seconds) => {
  expect(retryAfterSeconds(header, NOW)).toBe(seconds);
});

test("waiting doubles up to a bound, and half of it is chance", () => {
  const waits = [0, 1, 2, 3, 4, 9].map((attempt) => [retryWaitMs(attempt, { retryAfterSeconds: undefined }, 0), retryWaitMs(attempt, { retryAfterSeconds: undefined }, 1)]);
  expect(waits).toEqual([[250, 500], [500, 1000], [1000, 2000], [2000, 4000], [4000, 8000], [4000, 8000]]);
});

test("chance comes on top of what the server asks for", () => {
  expect([0, 1].map((chance) => retryWaitMs(0, { retryAfterSeconds: 2 }, chance))).toEqual([2000, 2250]);
});

test("only what passes is repeated, and no server that wants a minute's rest", () => {
  const repeated = (status: number | undefined, retryAfter?: number) => isWorthRepeating(new RerankError(status === undefined ? "connection" : "failed", "", { status, retryAfterSeconds: retryAfter }));
  expect([undefined, 429, 502, 503].map((status) => repeated(status))).toEqual([true, true, true, true]);
  expect([400, 401, 404, 500, 504].map((status) => repeated(status))).toEqual([false, false, false, false, false]);
  expect([repeated(429, 60), repeated(429, 61)]).toEqual([true, false]);
  expect(isWorthRepeating(new RerankError("timeout", ""))).toBe(false);
  expect(isWorthRepeating(new RerankError("bad-answer", ""))).toBe(false);
});
