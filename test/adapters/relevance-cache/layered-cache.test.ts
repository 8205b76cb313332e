import { join } from "node:path";
import { expect, test } from "vitest";
import { layeredCache } from "../../../src/adapters/relevance-cache/layered-cache.ts";
import { createMemoryCache } from "../../../src/adapters/relevance-cache/memory-cache.ts";
import { openSqliteCache } from "../../../src/adapters/relevance-cache/sqlite-cache.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { describeRelevanceCache, keyOf, relevanceOf } from "../relevance-cache.contract.ts";

describeRelevanceCache("layered", (setup) => layeredCache(createMemoryCache(setup), openSqliteCache({ ...setup, path: join(tempFolder(), "cache.sqlite") })));

test("what memory has lost or never had is found behind it, and then in memory", () => {
  const memory = createMemoryCache({ maxEntries: 2, ttlMs: 60_000 });
  const behind = createMemoryCache({ maxEntries: 100, ttlMs: 60_000 });
  const cache = layeredCache(memory, behind);
  for (const name of ["a", "b", "c"]) cache.set(keyOf(name), relevanceOf(1));
  expect(memory.get(keyOf("a"))).toBeUndefined();
  expect(cache.get(keyOf("a"))).toEqual(relevanceOf(1));
  expect(memory.get(keyOf("a"))).toEqual(relevanceOf(1));
  expect(cache.entryCount).toBe(3);
});

test("an entry that goes up a layer becomes no younger", () => {
  let nowMs = 0;
  const now = () => nowMs;
  const memory = createMemoryCache({ maxEntries: 1, ttlMs: 1000, now });
  const cache = layeredCache(memory, createMemoryCache({ maxEntries: 100, ttlMs: 1000, now }));
  cache.set(keyOf("a"), relevanceOf(1));
  cache.set(keyOf("b"), relevanceOf(1));
  nowMs = 900;
  expect(cache.get(keyOf("a"))).toEqual(relevanceOf(1));
  nowMs = 1000;
  expect(cache.get(keyOf("a"))).toBeUndefined();
});
