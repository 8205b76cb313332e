import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { widthOf } from "../../src/reporters/style.ts";
import { helpLines, rerankerLines } from "../../src/ui/draw-overlay.ts";
import { KEY_GROUPS } from "../../src/ui/key-help.ts";
import { createPaint } from "../../src/ui/paint.ts";

const paint = createPaint({ colors: true, unicode: true });

test.each([39, 59, 79, 119, 199])("the help says every word of every key in %i columns", (columns) => {
  const lines = helpLines(columns, paint).map(stripVTControlCharacters);
  expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(columns);
  const words = new Set(lines.join(" ").split(/\s+/));
  const missing = KEY_GROUPS.flatMap(({ keys }) => keys).flatMap(({ does }) => does.split(" ").filter((word) => !words.has(word)));
  expect(missing).toEqual([]);
});

test("where there is no other reranker, it is said how to get one, also in 40 columns", () => {
  expect(rerankerLines([], 0, 39, 10, paint).map(stripVTControlCharacters).slice(2)).toEqual([
    "  No other one is on this machine.",
    "  See them: rerank models list",
    "  Get one: rerank models pull <name>",
  ]);
});
