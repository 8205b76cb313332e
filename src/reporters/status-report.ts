import type { IndexStatus, Staleness } from "../pipeline/index-status.ts";
import { alignedRows } from "./aligned-rows.ts";
import { counted, formatCount } from "./format-numbers.ts";
import { formatBytes } from "./format-numbers.ts";
import { printableLine } from "./printable.ts";

/** Raised when a key changes its meaning or goes away. */
const STATUS_VERSION = 1;

/** What `rerank status` prints. */
export function statusText({ indexFolder, manifest, counts, storeBytes, hnswBytes, hnswInStep, staleness }: IndexStatus): string {
  const roots = manifest.roots.map(({ path, include, exclude }) => {
    const globs = [...include, ...exclude.map((glob) => `!${glob}`)];
    return printableLine(globs.length === 0 ? path : `${path} (${globs.join(" ")})`);
  });
  const hnsw = hnswBytes === null ? "missing" : `${formatBytes(hnswBytes)}${hnswInStep ? "" : ", out of step"}`;
  const { maxTokens, overlapTokens } = manifest.chunking;
  return alignedRows([
    ["index", printableLine(indexFolder)],
    ["covers", roots.length === 0 ? "nothing" : roots.join(", ")],
    ["documents", formatCount(counts.documents)],
    ["passages", `${formatCount(counts.passages)} of at most ${maxTokens} tokens, overlapping by ${overlapTokens}`],
    ["vectors", `${formatCount(counts.vectors)} of ${manifest.dimensions} dimensions`],
    ["embedder", `${manifest.embedderId} (${manifest.embedderFingerprint.slice(0, 12)})`],
    ["reranker", manifest.rerankerId],
    ["on disk", `${formatBytes(storeBytes)} store, HNSW ${hnsw}`],
    ["files", isUpToDate(staleness) ? "up to date" : `${stalenessText(staleness)}: rerank index`],
  ]);
}

export function isUpToDate({ changed, added, gone, missingRoots }: Staleness): boolean {
  return changed + added + gone + missingRoots.length === 0;
}

/** "2 not in the index, 1 changed"; "" when nothing has changed. */
export function stalenessText({ changed, added, gone, missingRoots }: Staleness): string {
  const parts = [
    ...(added > 0 ? [`${formatCount(added)} not in the index`] : []),
    ...(changed > 0 ? [`${formatCount(changed)} changed`] : []),
    ...(gone > 0 ? [`${formatCount(gone)} gone`] : []),
    ...(missingRoots.length > 0 ? [`${counted(missingRoots.length, "root")} missing (${missingRoots.map(printableLine).join(", ")})`] : []),
  ];
  return parts.join(", ");
}

export function statusJson(status: IndexStatus): string {
  return `${JSON.stringify({ version: STATUS_VERSION, ...status }, null, 2)}\n`;
}
