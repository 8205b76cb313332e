import { describe, expect, test } from "vitest";
import type { IndexProgress } from "../../src/pipeline/events.ts";
import { createProgressEstimator, type Estimate } from "../../src/reporters/progress-estimate.ts";

interface Simulation {
  readonly files: number;
  readonly passagesPerFile: number;
  readonly passagesPerSecond: number;
  /** Files that are read before their passages are embedded and saved together, as the indexer does it. */
  readonly filesPerWindow: number;
  readonly bytesPerFile?: (file: number) => number;
  /** Files are done as soon as their own passages are, while others of their window wait. */
  readonly savesAtOnce?: boolean;
}

/** Plays a run in its order of events: a window of files is read, embedded in batches of 16, then saved. */
function play(simulation: Simulation): { elapsedMs: number; seen: { nowMs: number; estimate: Estimate }[] } {
  const { files, passagesPerFile, passagesPerSecond, filesPerWindow, bytesPerFile = () => 4000, savesAtOnce = false } = simulation;
  const estimator = createProgressEstimator();
  const sizes = Array.from({ length: files }, (_, file) => bytesPerFile(file));
  let progress: IndexProgress = {
    filesDone: 0,
    filesTotal: files,
    passagesDone: 0,
    passagesTotal: 0,
    bytesDone: 0,
    bytesTotal: sizes.reduce((sum, size) => sum + size, 0),
    embedded: 0,
  };
  let nowMs = 0;
  const seen: { nowMs: number; estimate: Estimate }[] = [];
  const report = (next: Partial<IndexProgress>) => {
    progress = { ...progress, ...next };
    estimator.update(progress, nowMs);
    seen.push({ nowMs, estimate: estimator.estimate(nowMs) });
  };
  for (let first = 0; first < files; first += filesPerWindow) {
    const window = sizes.slice(first, first + filesPerWindow);
    for (const _ of window) {
      nowMs += 2;
      report({ passagesTotal: progress.passagesTotal + passagesPerFile });
    }
    while (progress.passagesDone < progress.passagesTotal) {
      const batch = Math.min(16, progress.passagesTotal - progress.passagesDone);
      nowMs += (batch / passagesPerSecond) * 1000;
      report({ passagesDone: progress.passagesDone + batch, embedded: progress.embedded + batch });
      while (savesAtOnce && (progress.filesDone + 1) * passagesPerFile <= progress.passagesDone) {
        report({ filesDone: progress.filesDone + 1, bytesDone: progress.bytesDone + (sizes[progress.filesDone] ?? 0) });
      }
    }
    if (savesAtOnce) continue;
    report({
      filesDone: progress.filesDone + window.length,
      bytesDone: progress.bytesDone + window.reduce((sum, size) => sum + size, 0),
    });
  }
  return { elapsedMs: nowMs, seen };
}

function worstError({ elapsedMs, seen }: ReturnType<typeof play>, fromMs: number): number {
  const errors = seen
    .filter(({ nowMs, estimate }) => nowMs >= fromMs && nowMs < elapsedMs && estimate.remainingMs !== undefined)
    .map(({ nowMs, estimate }) => Math.abs((estimate.remainingMs ?? 0) - (elapsedMs - nowMs)) / elapsedMs);
  expect(errors.length).toBeGreaterThan(0);
  return Math.max(...errors);
}

describe("createProgressEstimator", () => {
  test("is right about a small folder that is read at one go", () => {
    const run = play({ files: 66, passagesPerFile: 4, passagesPerSecond: 10, filesPerWindow: 66 });
    expect(worstError(run, 3000)).toBeLessThan(0.05);
  });

  test("is right about a large folder, from within the first window on", () => {
    const run = play({ files: 2000, passagesPerFile: 5, passagesPerSecond: 100, filesPerWindow: 100 });
    expect(worstError(run, 3000)).toBeLessThan(0.05);
  });

  test("is right about many short files, each done while others are waiting", () => {
    const run = play({ files: 3000, passagesPerFile: 1, passagesPerSecond: 50, filesPerWindow: 400, savesAtOnce: true });
    expect(worstError(run, 3000)).toBeLessThan(0.1);
  });

  test("goes by bytes where the files to come are larger", () => {
    const run = play({ files: 400, passagesPerFile: 5, passagesPerSecond: 50, filesPerWindow: 100, bytesPerFile: () => 10_000 });
    expect(worstError(run, 5000)).toBeLessThan(0.06);
  });

  test("never lets the fraction shrink, and ends at one", () => {
    const { seen } = play({ files: 300, passagesPerFile: 7, passagesPerSecond: 80, filesPerWindow: 70, bytesPerFile: (file) => 100 + file * 50 });
    const fractions = seen.map(({ estimate }) => estimate.fraction ?? 0);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(fractions.at(-1)).toBe(1);
  });

  test("does not jump: from one repaint to the next the remaining time moves by less than a tenth of the run", () => {
    const { elapsedMs, seen } = play({
      files: 600,
      passagesPerFile: 6,
      passagesPerSecond: 60,
      filesPerWindow: 80,
      bytesPerFile: (file) => (file % 160 < 80 ? 1000 : 4000),
    });
    const remaining = seen.flatMap(({ estimate }) => estimate.remainingMs ?? []);
    const jumps = remaining.slice(1).map((value, position) => Math.abs(value - (remaining[position] ?? 0)));
    expect(Math.max(...jumps) / elapsedMs).toBeLessThan(0.1);
  });

  test("says nothing before it knows something", () => {
    const estimator = createProgressEstimator();
    expect(estimator.estimate(0)).toEqual({ fraction: undefined, passagesPerSecond: 0, remainingMs: undefined });
    estimator.update(
      { filesDone: 0, filesTotal: 9, passagesDone: 0, passagesTotal: 40, bytesDone: 0, bytesTotal: 9000, embedded: 0 },
      100,
    );
    expect(estimator.estimate(200).remainingMs).toBeUndefined();
  });

  test("measures in bytes when no file brings passages, because their content is the same", () => {
    const estimator = createProgressEstimator();
    for (let second = 0; second <= 5; second++) {
      estimator.update(
        { filesDone: second, filesTotal: 10, passagesDone: 0, passagesTotal: 0, bytesDone: second * 100, bytesTotal: 1000, embedded: 0 },
        second * 1000,
      );
    }
    const { fraction, remainingMs, passagesPerSecond } = estimator.estimate(5000);
    expect(fraction).toBeCloseTo(0.5);
    expect(remainingMs).toBeCloseTo(5000, -1);
    expect(passagesPerSecond).toBe(0);
  });

  test("counts down while a slow batch is under way", () => {
    const estimator = createProgressEstimator();
    for (let second = 0; second <= 4; second++) {
      estimator.update(
        { filesDone: 0, filesTotal: 1, passagesDone: second * 10, passagesTotal: 200, bytesDone: 0, bytesTotal: 1, embedded: second * 10 },
        second * 1000,
      );
    }
    const before = estimator.estimate(4000).remainingMs ?? 0;
    const after = estimator.estimate(4400).remainingMs ?? 0;
    expect(before - after).toBeCloseTo(400, -1);
  });

  test("does not count down to nothing while a batch takes longer than those before", () => {
    const estimator = createProgressEstimator();
    for (let second = 0; second <= 9; second++) {
      estimator.update(
        { filesDone: 0, filesTotal: 1, passagesDone: second * 20, passagesTotal: 200, bytesDone: 0, bytesTotal: 1, embedded: second * 20 },
        second * 1000,
      );
    }
    expect(estimator.estimate(9000).remainingMs).toBeCloseTo(1000, -1);
    for (let nowMs = 9500; nowMs <= 20_000; nowMs += 500) estimator.estimate(nowMs);
    const { remainingMs, passagesPerSecond } = estimator.estimate(20_000);
    expect(remainingMs).toBeGreaterThan(800);
    expect(passagesPerSecond).toBeLessThan(12);
  });
});
