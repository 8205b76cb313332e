import { expect, test } from "vitest";
import { counted, formatBytes, formatCount, formatDuration, formatRelevances } from "../../src/reporters/format-numbers.ts";

test("gives relevances four digits", () => {
  expect(formatRelevances([0.98765, 0.5, null, 0.0001])).toEqual(["0.9877", "0.5000", null, "0.0001"]);
});

test("gives neighbours that differ as many digits as it takes to see it", () => {
  expect(formatRelevances([0.998412, 0.998409, 0.2])).toEqual(["0.998412", "0.998409", "0.2000"]);
});

test("prints a certainty only where there is one", () => {
  expect(formatRelevances([0.99996])).toEqual(["0.99996"]);
  expect(formatRelevances([1])).toEqual(["1.0000"]);
});

test("stops at seven digits and lets equal neighbours be equal", () => {
  expect(formatRelevances([0.123456789, 0.123456788])).toEqual(["0.1234568", "0.1234568"]);
  expect(formatRelevances([0.5, 0.5])).toEqual(["0.5000", "0.5000"]);
});

test("writes durations with the unit that fits", () => {
  expect([0.2, 41, 999.4, 999.6, 2931, 59_940, 59_960, 65_000, 3_599_000, 3_600_000, 7_380_000].map(formatDuration)).toEqual([
    "<1 ms", "41 ms", "999 ms", "1.0 s", "2.9 s", "59.9 s", "1 min", "1 min 5 s", "59 min 59 s", "1 h", "2 h 3 min",
  ]);
});

test("groups thousands and counts things", () => {
  expect([0, 999, 1000, 3120, 1234567].map(formatCount)).toEqual(["0", "999", "1,000", "3,120", "1,234,567"]);
  expect([counted(1, "file"), counted(2000, "file")]).toEqual(["1 file", "2,000 files"]);
});

test("writes sizes in powers of 1000", () => {
  expect([0, 999, 1000, 14_300, 999_600, 1_230_000_000].map(formatBytes)).toEqual(["0 B", "999 B", "1.0 kB", "14 kB", "1.0 MB", "1.2 GB"]);
});
