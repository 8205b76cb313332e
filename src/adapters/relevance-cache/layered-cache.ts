import type { RelevanceCache } from "../../ports/relevance-cache.ts";
import type { DatedCache } from "./dated-cache.ts";

/** Asks memory first, then the layer behind it, whose answers memory then keeps with the age that they have. Closes both. */
export function layeredCache(memory: DatedCache, behind: DatedCache): RelevanceCache {
  return {
    get(key) {
      const known = memory.get(key);
      if (known !== undefined) return known;
      const dated = behind.getDated(key);
      if (dated !== undefined) memory.setDated(key, dated);
      return dated?.known;
    },
    set(key, known) {
      memory.set(key, known);
      behind.set(key, known);
    },
    /** Whatever memory has is behind it as well, unless that layer has failed. */
    get entryCount() {
      return Math.max(memory.entryCount, behind.entryCount);
    },
    close() {
      memory.close();
      behind.close();
    },
  };
}
