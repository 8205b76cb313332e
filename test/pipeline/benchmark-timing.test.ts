import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { repeatFor, spreadOf } from "../../src/pipeline/benchmark-timing.ts";

describe("repeating for a time", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const kept = (timeBoxMs: number, runMs: number): Promise<number[]> =>
    repeatFor(timeBoxMs, async (repeat) => {
      vi.advanceTimersByTime(runMs);
      return repeat;
    });

  test("a run that takes more than twice its time is kept, though it was the first", async () => {
    expect(await kept(10, 25)).toEqual([0]);
  });

  test("of several runs the first, which sets things up, is not kept", async () => {
    expect(await kept(10, 2)).toEqual([1, 2, 3, 4]);
  });

  test("goes on for three that are kept, up to twice the time", async () => {
    expect(await kept(10, 4)).toEqual([1, 2, 3]);
    expect(await kept(10, 9)).toEqual([1, 2]);
  });
});

test("quartiles lie between values, as numpy's do", () => {
  expect(spreadOf([4, 1, 3, 2])).toEqual({ median: 2.5, low: 1.75, high: 3.25 });
  expect(spreadOf([7])).toEqual({ median: 7, low: 7, high: 7 });
});
