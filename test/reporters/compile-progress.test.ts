import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createCompileProgress } from "../../src/reporters/compile-progress.ts";
import { plainTerminal } from "./sample-result.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function viewOn(isTerminal: boolean, columns = 80) {
  const written: string[] = [];
  const view = createCompileProgress({ stream: { write: (text: string) => written.push(text) }, terminal: plainTerminal(columns, { isTerminal }) });
  return { view, written };
}

test("a terminal shows share, step and remaining time in one line, and nothing of it afterwards", () => {
  const { view, written } = viewOn(true);
  vi.advanceTimersByTime(30_000);
  view.update({ step: "writing, layer 7 of 28", share: 0.25 });
  expect(written.join("")).toBe("compiling 25 % · writing, layer 7 of 28 · about 2 min left");
  view.stop();
  expect(written.at(-1)).toBe("\r\u001b[J");
});

test.each([
  [40, "compiling 25 % · about 2 min left"],
  [24, "compiling 25 %"],
])("on %i columns the step goes first, then the time", (columns, expected) => {
  const { view, written } = viewOn(true, columns);
  vi.advanceTimersByTime(30_000);
  view.update({ step: "writing, layer 7 of 28", share: 0.25 });
  expect(written.join("")).toBe(expected);
  view.stop();
});

test("the share never falls, though layers are checked again", () => {
  const { view, written } = viewOn(true);
  vi.advanceTimersByTime(30_000);
  view.update({ step: "checking, layer 28 of 28", share: 0.79 });
  vi.advanceTimersByTime(1000);
  view.update({ step: "checking, layer 1 of 28", share: 0.6 });
  expect(written.at(-1)).toContain("compiling 79 % · checking, layer 1 of 28");
  view.stop();
});

test("an early share makes no promise", () => {
  const { view, written } = viewOn(true);
  vi.advanceTimersByTime(1000);
  view.update({ step: "reading", share: 0.01 });
  expect(written.join("")).toBe("compiling 1 % · reading");
});

test("a log gets a line every ten seconds", () => {
  const { view, written } = viewOn(false);
  for (let second = 1; second <= 25; second += 1) {
    vi.advanceTimersByTime(1000);
    view.update({ step: `layer ${second}`, share: second / 100 });
  }
  expect(written).toEqual(["compiling 10 % · layer 10 · about 2 min left\n", "compiling 20 % · layer 20 · about 1 min left\n"]);
});
