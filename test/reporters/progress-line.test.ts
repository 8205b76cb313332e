import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { IndexProgress } from "../../src/pipeline/events.ts";
import { createProgressReader, formatRemaining, plainLine, progressLine } from "../../src/reporters/progress-line.ts";
import { createStyle, widthOf } from "../../src/reporters/style.ts";
import { plainTerminal } from "./sample-result.ts";

const PROGRESS: IndexProgress = {
  filesDone: 120,
  filesTotal: 400,
  passagesDone: 3120,
  passagesTotal: 3300,
  bytesDone: 1,
  bytesTotal: 3,
  embedded: 3000,
};
const SNAPSHOT = {
  stage: "embed" as const,
  progress: PROGRESS,
  estimate: { fraction: 0.3, passagesPerSecond: 210.4, remainingMs: 41_000 },
};
const style = createStyle(plainTerminal(80));
const line = (columns: number) => progressLine(SNAPSHOT, columns, style);

describe("progressLine", () => {
  test("has a bar where there is room for it", () => {
    expect(line(159)).toBe("indexing ━━━━━━━━━─────────────────────  120/400 files · 3,120 passages · 210/s · 40 s left");
    expect(line(79)).toBe("indexing ━━━━───────────  120/400 files · 3,120 passages · 210/s · 40 s left");
  });

  test("gives up the bar, the rate, the passages and the time, in this order, as the window narrows", () => {
    expect(line(60)).toBe("indexing 120/400 files · 3,120 passages · 210/s · 40 s left");
    expect(line(52)).toBe("indexing 120/400 files · 3,120 passages · 40 s left");
    expect(line(39)).toBe("indexing 120/400 files · 40 s left");
    expect(line(24)).toBe("indexing 120/400 files");
  });

  test("names the stages around it", () => {
    expect(progressLine({ ...SNAPSHOT, stage: "list" }, 79, style)).toBe("listing · 400 files");
    expect(progressLine({ ...SNAPSHOT, stage: "save" }, 79, style)).toBe("saving the index · 3,120 passages");
  });

  test("keeps to ASCII where the terminal has no more", () => {
    const ascii = createStyle(plainTerminal(80, { unicode: false }));
    expect(progressLine(SNAPSHOT, 100, ascii)).toBe("indexing #########.....................  120/400 files - 3,120 passages - 210/s - 40 s left");
  });
});

test("writes whole sentences for logs", () => {
  expect(plainLine(SNAPSHOT)).toBe("indexed 120/400 files, 3,120 passages, 210 passages/s, about 40 s left");
  const young = { fraction: undefined, passagesPerSecond: 0, remainingMs: undefined };
  expect(plainLine({ ...SNAPSHOT, estimate: young })).toBe("indexed 120/400 files, 3,120 passages");
});

test("rounds the remaining time to steps that stand still", () => {
  expect([0, 3400, 12_000, 43_000, 58_000, 100_000, 3_560_000, 3_600_000, 5_500_000].map(formatRemaining)).toEqual([
    "1 s", "3 s", "10 s", "45 s", "1 min", "2 min", "59 min", "1 h", "1 h 30 min",
  ]);
});

/** A terminal that remembers what it was sent, and shows its last line. */
function screen(columns?: number) {
  const writes: string[] = [];
  return { columns, writes, write: (text: string) => writes.push(text), all: () => writes.join("") };
}

describe("createProgressReader", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] });
  });
  afterEach(() => vi.useRealTimers());

  test("repaints one line at most ten times a second and takes it away at the end", () => {
    const stream = screen(80);
    const reader = createProgressReader({ stream, terminal: plainTerminal(80) });
    reader.event({ type: "stage-start", stage: "embed" });
    for (let step = 0; step < 500; step++) {
      reader.event({ type: "progress", progress: { ...PROGRESS, passagesDone: step } });
      vi.advanceTimersByTime(2);
    }
    expect(stream.writes.length).toBeGreaterThanOrEqual(9);
    expect(stream.writes.length).toBeLessThanOrEqual(12);
    expect(stream.all()).not.toContain("\n");
    reader.stop();
    expect(stream.writes.at(-1)).toBe("\r\u001b[J");
    const count = stream.writes.length;
    reader.event({ type: "progress", progress: PROGRESS });
    vi.advanceTimersByTime(5000);
    expect(stream.writes).toHaveLength(count);
  });

  test("shows the last state although it came right after a repaint", () => {
    const stream = screen(80);
    const reader = createProgressReader({ stream, terminal: plainTerminal(80) });
    reader.event({ type: "stage-start", stage: "embed" });
    reader.event({ type: "progress", progress: { ...PROGRESS, filesDone: 1 } });
    reader.event({ type: "progress", progress: { ...PROGRESS, filesDone: 2 } });
    vi.advanceTimersByTime(100);
    expect(stream.writes.at(-1)).toContain("2/400 files");
    reader.stop();
  });

  test("clears every row that its line was broken into when the window became narrower", () => {
    const stream = screen(80);
    const reader = createProgressReader({ stream, terminal: plainTerminal(80) });
    reader.event({ type: "stage-start", stage: "embed" });
    reader.event({ type: "progress", progress: PROGRESS });
    vi.advanceTimersByTime(100);
    const painted = widthOf(stream.writes.at(-1) ?? "");
    expect(painted).toBeGreaterThan(30);
    stream.columns = 20;
    vi.advanceTimersByTime(500);
    expect(stream.writes.at(-1)).toContain(`\u001b[${Math.ceil(painted / 20) - 1}A\r\u001b[J`);
    expect(widthOf(stream.writes.at(-1) ?? "")).toBeLessThanOrEqual(19);
    reader.stop();
  });

  test("puts talk above the line, where it stays", () => {
    const stream = screen(80);
    const reader = createProgressReader({ stream, terminal: plainTerminal(80) });
    reader.event({ type: "stage-start", stage: "embed" });
    reader.event({ type: "progress", progress: PROGRESS });
    vi.advanceTimersByTime(100);
    stream.writes.length = 0;
    reader.notice("waiting for 北京");
    expect(stream.writes[0]).toBe("\r\u001b[Jwaiting for 北京\n");
    expect(stream.writes[1]).toMatch(/^indexing /);
    reader.stop();
  });

  test("writes plain lines every few seconds in a pipe", () => {
    const stream = screen();
    const reader = createProgressReader({ stream, terminal: plainTerminal(80, { isTerminal: false }) });
    reader.event({ type: "stage-start", stage: "embed" });
    for (let step = 0; step <= 120; step++) {
      reader.event({ type: "progress", progress: { ...PROGRESS, passagesDone: step * 10, passagesTotal: 2000 } });
      vi.advanceTimersByTime(100);
    }
    reader.notice("a note");
    reader.stop();
    expect(stream.writes).toHaveLength(3);
    expect(stream.writes[0]).toMatch(/^indexed 120\/400 files, [\d,]+ passages, \d+ passages\/s, about \d+ (s|min) left\n$/);
    expect(stream.writes[2]).toBe("a note\n");
    // oxlint-disable-next-line no-control-regex
    expect(stream.all()).not.toMatch(/[\u001b\r]/);
  });
});
