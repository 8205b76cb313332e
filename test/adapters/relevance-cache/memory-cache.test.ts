import { expect, test } from "vitest";
import { createMemoryCache } from "../../../src/adapters/relevance-cache/memory-cache.ts";
import { describeRelevanceCache, keyOf, relevanceOf } from "../relevance-cache.contract.ts";

describeRelevanceCache("memory", createMemoryCache);

test("the least recently used makes room", () => {
  const cache = createMemoryCache({ maxEntries: 3, ttlMs: 60_000 });
  for (const name of ["a", "b", "c"]) cache.set(keyOf(name), relevanceOf(1));
  cache.get(keyOf("a"));
  cache.set(keyOf("d"), relevanceOf(2));
  expect(["a", "b", "c", "d"].map((name) => cache.get(keyOf(name)) !== undefined)).toEqual([true, false, true, true]);
  expect(cache.entryCount).toBe(3);
});

test("a bound of a hundred million takes no memory before there are entries", () => {
  const before = process.memoryUsage().rss;
  const cache = createMemoryCache({ maxEntries: 100_000_000, ttlMs: 60_000 });
  for (let entry = 0; entry < 1000; entry++) cache.set(keyOf(entry), relevanceOf(entry));
  expect(cache.entryCount).toBe(1000);
  expect(process.memoryUsage().rss - before).toBeLessThan(50e6);
});
