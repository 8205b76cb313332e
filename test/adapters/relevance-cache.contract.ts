import { createHash } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import type { KnownRelevance, RelevanceCache } from "../../src/ports/relevance-cache.ts";

export interface CacheSetup {
  readonly maxEntries: number;
  readonly ttlMs: number;
  readonly now: () => number;
}

/** The key of a pair, as callers make it. */
export function keyOf(name: string | number): string {
  return createHash("sha256").update(String(name)).digest("hex");
}

export function relevanceOf(logit: number): KnownRelevance {
  return { judgment: { logit, relevance: 1 / (1 + Math.exp(-logit)), truncated: logit < 0 }, tokens: 100 + Math.round(logit) };
}

/** What every cache of relevances owes its callers. */
export function describeRelevanceCache(name: string, open: (setup: CacheSetup) => RelevanceCache): void {
  describe(`${name} as a cache of relevances`, () => {
    const opened: RelevanceCache[] = [];
    afterEach(() => {
      for (const cache of opened.splice(0)) cache.close();
    });

    function start(setup: Partial<CacheSetup> = {}): RelevanceCache {
      const cache = open({ maxEntries: 100, ttlMs: 60_000, now: Date.now, ...setup });
      opened.push(cache);
      return cache;
    }

    test("gives a judgment back to the last bit, and nothing for another key", () => {
      const cache = start();
      const odd = [0.1 + 0.2, -7.123456789012345, 5e-324, 1.7976931348623157e308, 0];
      for (const logit of odd) cache.set(keyOf(logit), relevanceOf(logit));
      for (const logit of odd) expect(cache.get(keyOf(logit))).toEqual(relevanceOf(logit));
      expect(cache.get(keyOf("another"))).toBeUndefined();
    });

    test("remembers apart whether the text and whether the query was cut", () => {
      const cache = start();
      const known = [false, true].flatMap((truncated): KnownRelevance[] => {
        const judgment = { ...relevanceOf(1).judgment, truncated };
        return [{ judgment, tokens: 5 }, { judgment, tokens: 6, queryTruncated: true }];
      });
      for (const [place, each] of known.entries()) cache.set(keyOf(place), each);
      for (const [place, each] of known.entries()) expect(cache.get(keyOf(place))).toStrictEqual(each);
    });

    test("keeps the newest of two for a key, and counts it once", () => {
      const cache = start();
      cache.set(keyOf("a"), relevanceOf(1));
      cache.set(keyOf("a"), relevanceOf(2));
      cache.set(keyOf("b"), relevanceOf(3));
      expect(cache.get(keyOf("a"))).toEqual(relevanceOf(2));
      expect(cache.entryCount).toBe(2);
    });

    test("forgets after its time, however often it was asked, and counts anew from the next answer", () => {
      let nowMs = 1_000_000;
      const cache = start({ ttlMs: 1000, now: () => nowMs });
      cache.set(keyOf("a"), relevanceOf(1));
      for (const elapsedMs of [400, 500]) {
        nowMs += elapsedMs;
        expect(cache.get(keyOf("a"))).toEqual(relevanceOf(1));
      }
      nowMs += 100;
      expect(cache.get(keyOf("a"))).toBeUndefined();
      cache.set(keyOf("a"), relevanceOf(2));
      nowMs += 999;
      expect(cache.get(keyOf("a"))).toEqual(relevanceOf(2));
    });

    test("has nothing after it is closed, takes nothing, and can be closed twice", () => {
      const cache = start();
      cache.close();
      cache.set(keyOf("a"), relevanceOf(1));
      expect(cache.get(keyOf("a"))).toBeUndefined();
      cache.close();
    });
  });
}
