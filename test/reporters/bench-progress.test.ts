import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createBenchProgress } from "../../src/reporters/bench-progress.ts";
import { plainTerminal } from "./sample-result.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function viewOn(isTerminal: boolean, columns = 80) {
  const written: string[] = [];
  const view = createBenchProgress({ stream: { write: (text: string) => written.push(text) }, terminal: plainTerminal(columns, { isTerminal }) });
  return { view, written };
}

test("a terminal shows share, step and a time that goes down, and nothing of it afterwards", () => {
  const { view, written } = viewOn(true);
  view.update({ step: "loading the models", share: 0 });
  expect(written.join("")).toBe("measuring 0 % · loading the models");
  vi.advanceTimersByTime(15_200);
  view.update({ step: "embedding, 256 tokens", share: 0.25 });
  expect(written.at(-1)).toContain("measuring 25 % · embedding, 256 tokens · about 45 s left");
  vi.advanceTimersByTime(5000);
  expect(written.at(-1)).toContain("about 40 s left");
  view.stop();
  expect(written.at(-1)).toBe("\r\u001b[J");
});

test("where there is little room the time goes first, then the step", () => {
  const { view, written } = viewOn(true, 40);
  vi.advanceTimersByTime(15_200);
  view.update({ step: "embedding, 256 tokens", share: 0.25 });
  expect(written.join("")).toBe("measuring 25 % · embedding, 256 tokens");
  view.stop();
});

test("a log gets a line every few seconds", () => {
  const { view, written } = viewOn(false);
  for (let second = 1; second <= 11; second += 1) {
    vi.advanceTimersByTime(1000);
    view.update({ step: "HNSW", share: second / 20 });
  }
  view.stop();
  expect(written.length).toBe(2);
  expect(written[0]).toMatch(/^measuring \d+ %, HNSW, about \d+ s left\n$/);
});
