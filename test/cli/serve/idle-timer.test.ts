import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startIdleTimer } from "../../../src/cli/serve/idle-timer.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("ends after so long without a request, counted from the last one", () => {
  const onIdle = vi.fn();
  const timer = startIdleTimer(1000, () => false, onIdle);
  vi.advanceTimersByTime(900);
  timer.touch();
  vi.advanceTimersByTime(900);
  expect(onIdle).not.toHaveBeenCalled();
  vi.advanceTimersByTime(100);
  expect(onIdle).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(5000);
  expect(onIdle).toHaveBeenCalledTimes(1);
});

test("waits for work that takes longer than that", () => {
  const onIdle = vi.fn();
  let isBusy = true;
  startIdleTimer(1000, () => isBusy, onIdle);
  vi.advanceTimersByTime(3500);
  expect(onIdle).not.toHaveBeenCalled();
  isBusy = false;
  vi.advanceTimersByTime(1000);
  expect(onIdle).toHaveBeenCalledTimes(1);
});

test("never ends where no time is set, and not after it was stopped", () => {
  const onIdle = vi.fn();
  startIdleTimer(undefined, () => false, onIdle);
  startIdleTimer(1000, () => false, onIdle).stop();
  vi.advanceTimersByTime(100_000);
  expect(onIdle).not.toHaveBeenCalled();
});
