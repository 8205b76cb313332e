import { expect, test } from "vitest";
import { widest } from "../../src/reporters/style.ts";

test("the widest text is found by the columns it takes, among any number of texts", () => {
  expect(widest(["abcd", "漢字書", "é"])).toBe(6);
  expect(widest([])).toBe(0);
  // More than a call has room for arguments.
  expect(widest(Array.from({ length: 200_000 }, (_, position) => String(position)))).toBe(6);
});
