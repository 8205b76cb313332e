import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createTuneProgress } from "../../src/reporters/tune-progress.ts";
import { watchLine } from "../support/watched-line.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] });
});
afterEach(() => vi.useRealTimers());

function watch(size: { readonly columns?: number; readonly isTerminal?: boolean } = {}) {
  const { progress, writes, shown } = watchLine(createTuneProgress, size);
  /** Judges four pairs a second, up to `last` of two queries with 200 candidates each. */
  function judge(last: number) {
    for (let done = 1; done <= last; done++) {
      vi.advanceTimersByTime(250);
      progress.event({ type: "judged", query: Math.ceil(done / 200), queries: 2, done, total: 400 });
    }
    vi.advanceTimersByTime(100);
  }
  return { progress, writes, judge, shown };
}

describe("createTuneProgress", () => {
  test("counts queries and pairs, and tells what is left", () => {
    const { progress, judge, shown } = watch();
    judge(240);
    expect(shown()).toBe("judging query 2/2 · 240/400 pairs · 4.0 pairs/s · 40 s left");
    progress.stop();
    expect(shown()).toBe("");
  });

  test("keeps what matters most in a narrow window", () => {
    const { progress, judge, shown } = watch({ columns: 40 });
    judge(240);
    expect(shown()).toBe("judging query 2/2 · 40 s left");
    progress.stop();
  });

  test("writes a line every few seconds into a log", () => {
    const { progress, judge, writes } = watch({ isTerminal: false });
    judge(400);
    progress.stop();
    expect(writes.length).toBeGreaterThan(10);
    expect(writes.length).toBeLessThan(25);
    expect(writes[0]).toMatch(/^judging query 1\/2, \d+\/400 pairs, 4\.0 pairs\/s, 2 min left\n$/);
  });
});
