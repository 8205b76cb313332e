import { expect, test } from "vitest";
import { createKeptLines } from "../../src/inference/kept-lines.ts";

const frames = Array.from({ length: 30 }, (_, place) => `${place}: 0xb8d0a3 node::OnFatalError(char const*) [node]\n`);

function linesOf(...texts: readonly string[]): string[] {
  const kept = createKeptLines();
  for (const text of texts) kept.add(text);
  return kept.lines();
}

test("the last lines are kept, without the empty ones", () => {
  expect(linesOf("one\n\n", "two\nth", "ree")).toEqual(["one", "two", "three"]);
  expect(linesOf(...frames)).toEqual(frames.slice(-8).map((line) => line.trim()));
});

test.each([
  "FATAL ERROR: OrtValueToNapiValue Error::New napi_create_error",
  "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
  "terminate called after throwing an instance of 'std::bad_alloc'",
])("%s is kept before them, however long its trace is, and in how many pieces it comes", (fatal) => {
  const trace = frames.join("").repeat(20);
  for (const texts of [[`${fatal}\n${trace}`], [`loading\n${fatal.slice(0, 20)}`, `${fatal.slice(20)}\n`, trace]]) {
    const lines = linesOf(...texts);
    expect(lines).toHaveLength(9);
    expect(lines[0]).toBe(fatal);
  }
});

test("it is not said twice", () => {
  expect(linesOf("terminate called\n  what():  std::bad_alloc\n")).toEqual(["terminate called", "  what():  std::bad_alloc"]);
});
