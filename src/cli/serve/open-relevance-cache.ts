import { layeredCache } from "../../adapters/relevance-cache/layered-cache.ts";
import { createMemoryCache } from "../../adapters/relevance-cache/memory-cache.ts";
import { openSqliteCache } from "../../adapters/relevance-cache/sqlite-cache.ts";
import type { Settings } from "../../config/settings-table.ts";
import type { RelevanceCache } from "../../ports/relevance-cache.ts";

/** What a service remembers of earlier requests; `undefined` where the settings have it remember nothing. */
export function openRelevanceCache(
  { cacheEntries: maxEntries, cacheTtl: ttlMs, cacheFile: path }: Pick<Settings, "cacheEntries" | "cacheTtl" | "cacheFile">,
  onNotice: (line: string) => void,
): RelevanceCache | undefined {
  if (maxEntries === 0) return undefined;
  const memory = createMemoryCache({ maxEntries, ttlMs });
  return path === undefined ? memory : layeredCache(memory, openSqliteCache({ path, maxEntries, ttlMs, onNotice }));
}
