import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createDownloadProgress, type DownloadState } from "../../src/reporters/download-progress.ts";
import { plainTerminal } from "./sample-result.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const STATE: DownloadState = { path: "model-00001-of-00002.safetensors", state: "downloading", doneBytes: 400e6, reusedBytes: 100e6, totalBytes: 1e9 };

function lineOn(columns: number, state: Partial<DownloadState> = {}): string {
  const written: string[] = [];
  const view = createDownloadProgress({ stream: { write: (text: string) => written.push(text) }, terminal: plainTerminal(columns) });
  vi.advanceTimersByTime(30_000);
  view.update({ ...STATE, ...state });
  const line = written.join("");
  view.stop();
  return line;
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
