import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Candidate } from "../../src/domain/candidate.ts";
import { createSearchProgress } from "../../src/reporters/search-progress.ts";
import { plainTerminal, samplePassage } from "./sample-result.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => vi.useRealTimers());

const candidates: Candidate[] = Array.from({ length: 50 }, (_, position) => samplePassage({}, position));

function judged(done: number) {
  return { type: "judged", position: done, judgment: { logit: 0, relevance: 0.5, truncated: false }, done, total: 50, usage: null } as const;
}

function watch(isTerminal: boolean, columns = 80) {
  const writes: string[] = [];
  const terminal = plainTerminal(columns, { isTerminal });
  return { writes, progress: createSearchProgress({ terminal, write: (text) => void writes.push(text) }) };
}

test("stays away from quick searches and counts judged candidates in slow ones", () => {
  const { writes, progress } = watch(true);
  progress.event({ type: "recalled", candidates, embedMs: 1, recallMs: 1 });
  progress.event(judged(1));
  expect(writes).toEqual([]);
  vi.advanceTimersByTime(300);
  progress.event(judged(17));
  expect(writes).toEqual(["judged 17 of 50 candidates"]);
  progress.event(judged(18));
  progress.event(judged(19));
  vi.advanceTimersByTime(100);
  expect(writes.at(-1)).toBe("\r\u001b[Jjudged 19 of 50 candidates");
  progress.clear();
  expect(writes.at(-1)).toBe("\r\u001b[J");
  progress.clear();
  expect(writes).toHaveLength(3);
});

test("is cut rather than wrapped in a narrow window", () => {
  const { writes, progress } = watch(true, 20);
  progress.event({ type: "recalled", candidates, embedMs: 1, recallMs: 1 });
  vi.advanceTimersByTime(300);
  progress.event(judged(17));
  expect(writes).toEqual(["judged 17 of 50 ca…"]);
});

test("is silent in a pipe", () => {
  const { writes, progress } = watch(false);
  progress.event({ type: "recalled", candidates, embedMs: 1, recallMs: 1 });
  vi.advanceTimersByTime(300);
  progress.event(judged(17));
  progress.clear();
  expect(writes).toEqual([]);
});
