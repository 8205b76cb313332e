import { describe, expect, test } from "vitest";
import { createRandom, drawSample } from "../../src/domain/seeded-random.ts";

describe("createRandom", () => {
  test("gives the same numbers for the same seed, and others for another", () => {
    const first = createRandom(7);
    const second = createRandom(7);
    const numbers = Array.from({ length: 5 }, first);
    expect(Array.from({ length: 5 }, second)).toEqual(numbers);
    expect(Array.from({ length: 5 }, createRandom(8))).not.toEqual(numbers);
  });

  test("spreads evenly over 0 to 1", () => {
    const random = createRandom(1);
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let draw = 0; draw < 10_000; draw++) tenths[Math.floor(random() * 10)]!++;
    expect(Math.min(...tenths)).toBeGreaterThan(900);
    expect(Math.max(...tenths)).toBeLessThan(1100);
  });
});

describe("drawSample", () => {
  const items = Array.from({ length: 20 }, (_, position) => position);

  test("draws each item at most once", () => {
    expect(new Set(drawSample(items, 20, 3)).size).toBe(20);
    expect(drawSample(items, 50, 3)).toHaveLength(20);
    expect(drawSample([], 5, 3)).toEqual([]);
  });

  test("begins a larger sample with the smaller one of the same seed", () => {
    expect(drawSample(items, 12, 3).slice(0, 5)).toEqual(drawSample(items, 5, 3));
  });

  test("leaves the items as they were", () => {
    const before = [...items];
    drawSample(items, 5, 3);
    expect(items).toEqual(before);
  });
});
