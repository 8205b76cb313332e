import { describe, expect, test } from "vitest";
import type { Passage } from "../../src/domain/passage.ts";
import { passageAt, windowAround } from "../../src/mcp/passage-window.ts";

function passages(...places: readonly (readonly [startLine: number, endLine: number, page?: number])[]): Passage[] {
  return places.map(([startLine, endLine, page], position) => ({
    id: position + 1,
    vectorId: position + 1,
    path: "a.md",
    headings: [],
    text: "",
    location: { startLine, endLine, ...(page !== undefined && { page }) },
  }));
}

describe("the passage of a line", () => {
  const document = passages([3, 10], [9, 20], [30, 40]);

  test.each([
    [undefined, 0, "without a line, the first"],
    [3, 0, "the one that holds it"],
    [9, 1, "of two that overlap, the later one"],
    [25, 2, "between two, the next one"],
    [1, 0, "before the first, the first"],
    [99, 2, "behind the last, the last"],
  ] as const)("line %s is in passage %i: %s", (line, position, _why) => {
    expect(passageAt(document, { line })).toBe(position);
  });

  test("counts within the page of a paged document, and knows no page that is not there", () => {
    const paged = passages([1, 30, 1], [1, 12, 2], [10, 30, 2]);
    expect(passageAt(paged, { page: 2 })).toBe(1);
    expect(passageAt(paged, { page: 2, line: 20 })).toBe(2);
    expect(passageAt(paged, { page: 3 })).toBeUndefined();
  });
});

test("a window ends where the document does", () => {
  expect(windowAround(1, { before: 2, after: 1 }, 5)).toEqual([0, 1, 2]);
  expect(windowAround(4, { before: 0, after: 3 }, 5)).toEqual([4]);
});
