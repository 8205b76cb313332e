import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonErrorPosition } from "../../src/config/json-error-position.ts";

test.each([
  ['{"limit": 20,}', "line 1, column 14"],
  ['{\n  "limit": 20\n  "color": "auto"\n}', "line 3, column 3"],
  ['{\n  limit: 20\n}', "line 2, column 3"],
  ["{\n  // a comment\n}", "line 2, column 3"],
  ['{\n  "a": "never closed\n}', "line 2, column 8"],
  ['{"a": [1, 2}', "line 1, column 12"],
  ['{"a": 1} x', "line 1, column 10"],
  ['{"a" 1}', "line 1, column 6"],
  ["[1,]", "line 1, column 4"],
  ['{"a": 1', "line 1, column 8"],
  ["{'a': 1}", "line 1, column 2"],
  ["", "line 1, column 1"],
])("names the place where %j is wrong", (text, place) => {
  expect(() => JSON.parse(text) as unknown).toThrow();
  expect(jsonErrorPosition(text)).toBe(place);
});

test("reads valid JSON to its end", () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: fc.constantFrom("a", '"', "\\", "\n", "中", "{", "}") }), (value) => {
      const text = JSON.stringify(value, null, 1);
      const lines = text.split("\n");
      expect(jsonErrorPosition(text)).toBe(`line ${lines.length}, column ${(lines.at(-1) ?? "").length + 1}`);
    }),
  );
});
