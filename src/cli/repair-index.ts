import { statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { createHnswIndex } from "../adapters/hnsw-index.ts";
import { generationFolder, type IndexHome } from "../adapters/index-home.ts";
import { removeLeftovers } from "../adapters/index-leftovers.ts";
import { openSyncedHnsw } from "../adapters/open-vector-index.ts";
import { openRepairableStore } from "../adapters/sqlite-store/open-repairable-store.ts";
import { syncHnsw } from "../adapters/sync-hnsw.ts";
import type { RepairPlan } from "../pipeline/audit-repair.ts";
import type { AuditOptions } from "../pipeline/audit.ts";
import type { RepairableStore } from "../ports/audited-store.ts";
import { counted, formatBytes } from "../reporters/format-numbers.ts";
import { STORE_FILE } from "./compose.ts";

export type RepairOptions = Pick<AuditOptions, "signal" | "onProgress">;

/**
 * Carries out a plan; the caller holds the index's lock. Each step is whole or not begun, so that an end at any moment leaves an
 * index that works: the rows are one transaction, the HNSW file is renamed into place, and until it is, searches scan exactly.
 *
 * @returns what was done, one line each.
 */
export async function repairIndex(home: IndexHome, plan: RepairPlan, options: RepairOptions): Promise<string[]> {
  const folder = generationFolder(home);
  const done: string[] = [];
  if (plan.rows !== undefined || plan.graph !== "keep" || plan.compact) {
    const file = join(folder, STORE_FILE);
    const store = openRepairableStore(file);
    try {
      done.push(...(await repairRows(store, plan, options)));
      done.push(...(await repairGraph(folder, store, plan, options)));
      if (plan.compact) done.push(compact(store, file));
    } finally {
      store.close();
    }
  }
  if (plan.removeLeftovers) {
    removeLeftovers(home);
    done.push("removed what stopped processes had left");
  }
  return done;
}

async function repairRows(store: RepairableStore, { rows, forget }: RepairPlan, { signal, onProgress }: RepairOptions): Promise<string[]> {
  if (rows === undefined) return [];
  const { strayPassages, unusedVectors, damagedVectors } = await store.repairRows(rows, (done, total) => onProgress("lexical index", done / total), signal);
  return [
    ...[...forget].map(([path, reason]) => `dropped ${path} from the index, for \`rerank index\` to read it again: ${reason}`),
    ...(strayPassages > 0 ? [`dropped ${counted(strayPassages, "passage")} of no document`] : []),
    ...(damagedVectors > 0 ? [`dropped ${counted(damagedVectors, "damaged vector")}`] : []),
    ...(unusedVectors > 0 ? [`dropped ${counted(unusedVectors, "vector")} that no passage uses`] : []),
    ...(rows.lexical !== "keep" ? ["built the lexical index anew"] : []),
  ];
}

async function repairGraph(folder: string, store: RepairableStore, { graph }: RepairPlan, { signal, onProgress }: RepairOptions): Promise<string[]> {
  const manifest = store.readManifest();
  if (graph === "keep" || manifest === undefined) return [];
  const { dimensions, embedderFingerprint: fingerprint } = manifest;
  const options = { folder, dimensions, fingerprint };
  const onAdded = (added: number, total: number): void => onProgress("HNSW file", added / total);
  const index = graph === "rebuild" ? createHnswIndex(options) : await openSyncedHnsw(store, { ...options, onProgress: onAdded, signal });
  if (graph === "rebuild") await syncHnsw(index, store, onAdded, signal);
  await index.save();
  return [graph === "rebuild" ? `built the HNSW file anew from ${counted(index.size, "vector")}` : "brought the HNSW file in step with the store"];
}

function compact(store: RepairableStore, file: string): string {
  const before = statSync(file).size;
  const { bavail, bsize } = statfsSync(file);
  // The new file is written beside the old one, in the log.
  if (bavail * bsize < before * 2) return `left the store as large as it is: compacting it takes ${formatBytes(before * 2)} of free disk`;
  store.compact();
  return `compacted the store from ${formatBytes(before)} to ${formatBytes(statSync(file).size)}`;
}
