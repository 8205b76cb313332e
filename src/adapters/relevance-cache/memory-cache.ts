import { LRUCache } from "lru-cache";
import type { CacheLimits, DatedCache, DatedRelevance } from "./dated-cache.ts";

/** Relevances in this process's memory, about 300 bytes each. The least recently used make room. */
export function createMemoryCache({ maxEntries, ttlMs, now = Date.now }: CacheLimits): DatedCache {
  // With `max` it would take memory for all entries at once: gigabytes where somebody allows a hundred million.
  const entries = new LRUCache<string, DatedRelevance>({ maxSize: maxEntries, sizeCalculation: () => 1 });

  let closed = false;

  function getDated(key: string): DatedRelevance | undefined {
    const dated = entries.get(key);
    if (dated === undefined || now() - dated.storedAtMs < ttlMs) return dated;
    entries.delete(key);
    return undefined;
  }

  function setDated(key: string, dated: DatedRelevance): void {
    if (!closed) entries.set(key, dated);
  }

  return {
    getDated,
    setDated,
    get: (key) => getDated(key)?.known,
    set: (key, known) => setDated(key, { known, storedAtMs: now() }),
    get entryCount() {
      return entries.size;
    },
    close() {
      closed = true;
      entries.clear();
    },
  };
}
