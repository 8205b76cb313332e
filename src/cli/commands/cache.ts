import { clearCacheFile, readCacheFile } from "../../adapters/relevance-cache/cache-file.ts";
import { UserError } from "../../domain/errors.ts";
import { alignedRows } from "../../reporters/aligned-rows.ts";
import { counted, formatBytes, formatCount } from "../../reporters/format-numbers.ts";
import type { CommandContext } from "../context.ts";
import { loadSettings, type Flags } from "../load-settings.ts";
import { remoteCachePath } from "../start-remote.ts";

/** `rerank cache status|clear`: what remote rerankers have answered, and is kept. Resolves to the exit code. */
export async function runCache([action]: readonly string[], flags: Flags & { readonly json?: boolean }, context: CommandContext): Promise<number> {
  const { settings } = await loadSettings(context, "cache", flags);
  const path = remoteCachePath(context.environment);
  const print = (text: string, value: object): Promise<void> => context.output.write(flags.json ? `${JSON.stringify({ version: 1, ...value }, null, 2)}\n` : text);
  if (action === "clear") {
    const removed = clearCacheFile(path);
    await print(`removed ${counted(removed, "relevance")} from ${path}\n`, { file: path, removed });
    return 0;
  }
  if (action !== "status") throw new UserError(`there is no \`rerank cache ${action ?? ""}\``, { hint: "use status or clear" });
  const state = readCacheFile(path);
  const { cacheTtl: ttlMs, cacheEntries: maxEntries } = settings;
  const now = Date.now();
  const ageOf = (storedMs: number | undefined): number | null => (storedMs === undefined ? null : Math.max(0, now - storedMs));
  const [oldest, newest] = [ageOf(state?.oldestMs), ageOf(state?.newestMs)];
  const rows = [
    ["file", state === undefined ? `${path} (not there yet)` : path],
    ["entries", `${formatCount(state?.entries ?? 0)} of at most ${formatCount(maxEntries)}`],
    ["size", formatBytes(state?.sizeBytes ?? 0)],
    ...(oldest === null || newest === null ? [] : [["age", `${ageText(newest)} to ${ageText(oldest)}; used for ${ageText(ttlMs)}`]]),
  ];
  await print(alignedRows(rows), { file: path, entries: state?.entries ?? 0, maxEntries, sizeBytes: state?.sizeBytes ?? 0, oldestAgeMs: oldest, newestAgeMs: newest, ttlMs });
  return 0;
}

function ageText(elapsedMs: number): string {
  const seconds = Math.floor(elapsedMs / 1000);
  if (seconds < 120) return counted(seconds, "second");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return counted(minutes, "minute");
  return counted(Math.floor(minutes / 60), "hour");
}
