import { statSync } from "node:fs";
import { join } from "node:path";
import type { PassageStore, VectorCensus } from "../ports/passage-store.ts";
import type { GraphHealth, VectorIndex } from "../ports/vector-index.ts";
import { createExactIndex } from "./exact-index.ts";
import { findIntactGraph, readHnswStamp } from "./hnsw-files.ts";
import { createHnswIndex, openHnswIndex, type HnswIndex, type HnswIndexOptions } from "./hnsw-index.ts";
import { syncHnsw } from "./sync-hnsw.ts";

export interface OpenVectorIndexOptions {
  /** Folder of the index's files. */
  readonly folder: string;
  readonly dimensions: number;
  readonly fingerprint: string;
  readonly method: "auto" | "hnsw" | "exact";
  /** Told when the scan is exact though HNSW was due. */
  readonly onNotice: (line: string) => void;
}

/** Below this many vectors a scan of all of them is as fast as HNSW and needs no file; see bench/recall.js. */
export const EXACT_BELOW = 10_000;

/**
 * The vector index that fits: an exact scan for small stores and on request, else HNSW. An HNSW file that is missing,
 * damaged or out of step with the store is not used: this search scans exactly, and the next `rerank index` rebuilds it.
 */
export async function openVectorIndex(
  store: PassageStore,
  { folder, dimensions, fingerprint, method, onNotice }: OpenVectorIndexOptions,
): Promise<VectorIndex> {
  const census = store.vectorCensus();
  const exact = () => createExactIndex(store.vectors(), dimensions);
  if (method === "exact" || (method === "auto" && census.count < EXACT_BELOW)) return exact();
  const hnsw = await openHnswIndex({ folder, dimensions, fingerprint });
  if (hnsw === undefined || !isSameCensus(hnsw.census, census)) {
    const state = hnsw === undefined ? "missing or damaged" : "out of step with the passages";
    onNotice(`the HNSW file is ${state}: scanning exactly; \`rerank index\` rebuilds it`);
    return exact();
  }
  return {
    method: "hnsw",
    size: hnsw.size,
    async nearest(query, count, allow) {
      // A narrow filter leaves HNSW wandering through vectors that it may not return.
      if (allow !== undefined && allow.size < EXACT_BELOW) {
        return createExactIndex(store.vectors([...allow]), dimensions).nearest(query, count);
      }
      return hnsw.nearest(query, count, allow);
    },
  };
}

export interface OpenSyncedHnswOptions extends HnswIndexOptions {
  /** Called while vectors that the file lacks are added. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** The HNSW index for writing, brought in step with the store: built anew where its file is missing, damaged or of another model. */
export async function openSyncedHnsw(store: PassageStore, options: OpenSyncedHnswOptions): Promise<HnswIndex> {
  const index = (await openHnswIndex(options)) ?? createHnswIndex(options);
  await syncHnsw(index, store, options.onProgress, options.signal);
  return index;
}

export interface HnswState {
  /** `null` when there is no HNSW file. */
  readonly sizeBytes: number | null;
  /** The file is as long as it was written, and its stamp says that it holds exactly the store's vectors. */
  readonly inStep: boolean;
}

/** What the HNSW file says of itself. The graph is not read. */
export function hnswState(folder: string, census: VectorCensus, fingerprint: string): HnswState {
  const stamp = readHnswStamp(folder);
  const sizeBytes = stamp && statSync(join(folder, stamp.file), { throwIfNoEntry: false })?.size;
  if (stamp === undefined || sizeBytes === undefined) return { sizeBytes: null, inStep: false };
  const isOfStore = stamp.fingerprint === fingerprint && isSameCensus(stamp.census, census);
  return { sizeBytes, inStep: isOfStore && sizeBytes === stamp.sizeBytes };
}

/** As `hnswState`, for which the graph is read to its end. */
export async function hnswHealth(folder: string, census: VectorCensus, fingerprint: string): Promise<GraphHealth> {
  const stamp = readHnswStamp(folder);
  const { sizeBytes } = hnswState(folder, census, fingerprint);
  if (stamp === undefined || sizeBytes === null) return "missing";
  if ((await findIntactGraph(folder, stamp)) === undefined) return "damaged";
  return stamp.fingerprint === fingerprint && isSameCensus(stamp.census, census) ? "in step" : "out of step";
}

/** The graph in this folder with its health; opened only when it is in step with the store of this census. */
export async function openHealthyHnsw(
  options: HnswIndexOptions,
  census: VectorCensus,
): Promise<{ readonly health: GraphHealth; readonly graph: HnswIndex | undefined }> {
  const health = await hnswHealth(options.folder, census, options.fingerprint);
  if (health !== "in step") return { health, graph: undefined };
  const graph = await openHnswIndex(options);
  if (graph === undefined) return { health: "damaged", graph };
  return isSameCensus(graph.census, census) ? { health, graph } : { health: "out of step", graph: undefined };
}

export function isSameCensus(a: VectorCensus, b: VectorCensus): boolean {
  return a.count === b.count && a.maxVectorId === b.maxVectorId;
}
