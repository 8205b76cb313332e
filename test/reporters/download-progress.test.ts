import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createDownloadProgress, type DownloadState } from "../../src/reporters/download-progress.ts";
import { plainTerminal } from "./sample-result.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const STATE: DownloadState = { path: "model-00001-of-00002.safetensors", state: "downloading", doneBytes: 400e6, reusedBytes: 100e6, totalBytes: 1e9 };

function lineOn(columns: number, state: Partial<DownloadState> = {}): string {
  const written: string[] = [];
  const view = createDownloadProgress({ stream: { write: (text: string) => written.push(text) }, terminal: plainTerminal(columns) });
  view.update({ ...STATE, doneBytes: 100e6 });
  view.update({ ...STATE, doneBytes: 100e6 + 1 });
  vi.advanceTimersByTime(30_000);
  written.length = 0;
  view.update({ ...STATE, ...state });
  const line = written.join("").replace("\r\u001b[J", "");
  view.stop();
  return line;
}

/** The last line of a log after these steps, each so many seconds after the one before. */
function lastOf(steps: readonly (readonly [seconds: number, state: Partial<DownloadState>])[]): string {
  const written: string[] = [];
  const terminal = { ...plainTerminal(100), isTerminal: false };
  const view = createDownloadProgress({ stream: { write: (text: string) => written.push(text) }, terminal });
  for (const [seconds, state] of steps) {
    vi.advanceTimersByTime(seconds * 1000);
    view.update({ ...STATE, reusedBytes: 0, ...state });
  }
  view.stop();
  return written.at(-1) ?? "";
}

test.each([
  [100, "400 MB of 1.0 GB · 10 MB/s · 1 min left · model-00001-of-00002.safetensors"],
  [60, "400 MB of 1.0 GB · 10 MB/s · 1 min left"],
  [32, "400 MB of 1.0 GB · 1 min left"],
  [20, "400 MB of 1.0 GB"],
])("on %i columns it shows what there is room for, the bytes in any case", (columns, expected) => {
  expect(lineOn(columns)).toBe(expected);
});

test("that a download is tried again is worth more than its rate and the file's name", () => {
  expect(lineOn(60, { state: "retrying", detail: "the hub answered 503" })).toBe("400 MB of 1.0 GB · 1 min left");
  expect(lineOn(72, { state: "retrying", detail: "the hub answered 503" })).toBe("400 MB of 1.0 GB · 1 min left · retrying (the hub answered 503)");
});

test("nothing is estimated from the time before the first bytes, nor from the first few", () => {
  expect(lastOf([[600, { doneBytes: 0 }], [5, { doneBytes: 16_000 }], [0.5, { doneBytes: 500e3 }], [5, { doneBytes: 900e3 }]])).not.toMatch(/left|\/s/);
  expect(lastOf([[600, { doneBytes: 0 }], [0, { doneBytes: 1 }], [10, { doneBytes: 100e6 }]])).toContain("10 MB/s · 2 min left");
});

test("neither waiting for another process nor what that one brought is counted", () => {
  const steps = [[0, { doneBytes: 0 }], [0, { doneBytes: 1 }], [10, { doneBytes: 100e6 }], [0, { doneBytes: 100e6, state: "waiting" }]] as const;
  expect(lastOf([...steps, [36_000, { doneBytes: 400e6 }], [10, { doneBytes: 500e6 }]])).toContain("10 MB/s · 50 s left");
});

test("no time is left when all bytes are there", () => {
  expect(lineOn(100, { doneBytes: 1e9, state: "checking" })).toBe("1.0 GB of 1.0 GB · 30 MB/s · model-00001-of-00002.safetensors · checking");
});
