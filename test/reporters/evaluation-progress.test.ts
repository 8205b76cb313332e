import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createEvaluationProgress } from "../../src/reporters/evaluation-progress.ts";
import { watchLine } from "../support/watched-line.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] });
});
afterEach(() => vi.useRealTimers());

function watch(size: { readonly columns?: number; readonly isTerminal?: boolean } = {}) {
  const { progress, writes, shown } = watchLine(createEvaluationProgress, size);
  /** `count` queries of `elapsedMs` each, after `done` of `total`. */
  function answer(count: number, elapsedMs: number, done: number, total: number) {
    for (let answered = 1; answered <= count; answered++) {
      vi.advanceTimersByTime(elapsedMs);
      progress.event({ type: "answered", done: done + answered, total, elapsedMs });
    }
    vi.advanceTimersByTime(100);
  }
  return { progress, writes, answer, shown };
}

describe("createEvaluationProgress", () => {
  test("counts queries, tells the pace and what is left", () => {
    const { progress, answer, shown } = watch();
    progress.event({ type: "started", label: "mini", total: 30, known: 0 });
    answer(12, 2400, 0, 30);
    expect(shown()).toBe("mini · 12/30 queries · 2.4 s a query · 45 s left");
    answer(18, 2400, 12, 30);
    expect(shown()).toBe("mini · 30/30 queries");
    progress.stop();
    expect(shown()).toBe("");
  });

  test("goes by the queries of this run: those of an earlier one cost nothing", () => {
    const { progress, answer, shown } = watch();
    progress.event({ type: "started", label: "mini", total: 1000, known: 900 });
    vi.advanceTimersByTime(100);
    expect(shown()).toBe("mini · 900/1,000 queries · 900 known already");
    answer(10, 1000, 900, 1000);
    expect(shown()).toBe("mini · 910/1,000 queries · 900 known already · 1.0 s a query · 2 min left");
    progress.stop();
  });

  test("does not take the loading of models for a slow first query", () => {
    const { progress, answer, shown } = watch();
    progress.event({ type: "started", label: "mini", total: 11, known: 0 });
    vi.advanceTimersByTime(60_000);
    answer(1, 1000, 0, 11);
    expect(shown()).toBe("mini · 1/11 queries · 1.0 s a query · 10 s left");
    progress.stop();
  });

  test("begins anew with each variant, under its label", () => {
    const { progress, answer, shown } = watch();
    progress.event({ type: "started", label: "mini", total: 4, known: 0 });
    answer(4, 500, 0, 4);
    progress.event({ type: "ended", label: "mini" });
    progress.event({ type: "started", label: "qwen3-0.6b\u001b[2J", total: 4, known: 0 });
    answer(2, 4000, 0, 4);
    expect(shown()).toBe("qwen3-0.6b\\x1b[2J · 2/4 queries · 4.0 s a query · 8 s left");
    progress.stop();
  });

  test("gives up the label before the time that is left in a narrow window", () => {
    const { progress, answer, shown } = watch({ columns: 40 });
    progress.event({ type: "started", label: "candidates=100", total: 30, known: 0 });
    answer(12, 2400, 0, 30);
    expect(shown()).toBe("12/30 queries · 45 s left");
    progress.stop();
  });

  test("keeps talk above the line", () => {
    const { progress, writes, answer, shown } = watch();
    progress.event({ type: "started", label: "mini", total: 3, known: 0 });
    answer(1, 1000, 0, 3);
    progress.notice("a note");
    expect(writes.at(-2)).toBe("\r\u001b[Ja note\n");
    expect(shown()).toMatch(/^mini · 1\/3/);
    progress.stop();
  });

  test("writes a plain line every few seconds in a pipe", () => {
    const { progress, writes, answer } = watch({ isTerminal: false });
    progress.event({ type: "started", label: "mini", total: 30, known: 0 });
    answer(5, 2400, 0, 30);
    progress.stop();
    expect(writes).toEqual(["mini, 2/30 queries, 2.4 s a query, 1 min left\n", "mini, 4/30 queries, 2.4 s a query, 1 min left\n"]);
  });
});
