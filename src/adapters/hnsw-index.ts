import type { HierarchicalNSW } from "hnswlib-node";
import { UserError } from "../domain/errors.ts";
import type { VectorCensus } from "../ports/passage-store.ts";
import type { AuditedGraph, StoredVector, UpdatableVectorIndex, VectorMatch } from "../ports/vector-index.ts";
import { assertDimensions, dotProductAt } from "./exact-index.ts";
import { findIntactGraph, readHnswStamp, writeHnswFiles } from "./hnsw-files.ts";
import { loadHnswlib } from "./native-modules.ts";
import { compareMatches, createNearestHeap } from "./nearest-heap.ts";

export interface HnswIndexOptions {
  /** Where `save` writes and `openHnswIndex` looks: an existing folder. */
  readonly folder: string;
  readonly dimensions: number;
  /** Of the embedder: graphs of other vectors are not opened. */
  readonly fingerprint: string;
}

/** An HNSW graph, saved as a file of its own; what it holds can always be built anew from the store. */
export interface HnswIndex extends UpdatableVectorIndex, AuditedGraph {
  /** Equal to the census of the store whose vectors these are. */
  readonly census: VectorCensus;
  /** Back to an empty graph. */
  clear(): void;
}

/**
 * Links per element (hnswlib's M) and neighbours weighed when one is added (efConstruction). On 11,664 real vectors M 16
 * finds 0.999 of the ten nearest, as M 32 does, in 60 % of the building time; see bench/recall.js --grid.
 */
const CONNECTIONS = 16;
const CONSTRUCTION_EFFORT = 200;
/** Neighbours weighed in a search, at least (hnswlib's ef): recall@50 0.998 against 0.987 at 100, for 0.4 ms more. */
const MIN_SEARCH_EFFORT = 400;
/** Fetched beyond what is asked for, so that equal similarities at the cut are ordered by id like everywhere else. */
const TIE_MARGIN = 8;
/** Fetching a vector out of the graph takes 50 µs, visiting one with a filter 1 µs (384 dimensions); see bench/recall.js. */
const FETCH_COST_IN_VISITS = 50;
const FIRST_CAPACITY = 1024;

interface Graph {
  readonly hnsw: HierarchicalNSW;
  readonly live: Set<number>;
  readonly deleted: Set<number>;
}

/** An empty index; nothing is written before `save`. */
export function createHnswIndex(options: HnswIndexOptions): HnswIndex {
  return createIndex(options, emptyGraph(options.dimensions), true);
}

/** The saved index, or `undefined` when there is none for this embedder that is whole: then it is built from the store. */
export async function openHnswIndex(options: HnswIndexOptions): Promise<HnswIndex | undefined> {
  const { folder, dimensions, fingerprint } = options;
  const stamp = readHnswStamp(folder);
  if (stamp === undefined || stamp.fingerprint !== fingerprint || stamp.dimensions !== dimensions) return undefined;
  const path = await findIntactGraph(folder, stamp);
  if (path === undefined) {
    // A writer may have replaced stamp and graph between the two looks; it does so once a run.
    return readHnswStamp(folder)?.file === stamp.file ? undefined : openHnswIndex(options);
  }
  const { hnsw } = emptyGraph(dimensions, 1);
  await hnsw.readIndex(path);
  const deleted = new Set(stamp.deletedVectorIds);
  const live = new Set(hnsw.getIdsList().filter((id) => !deleted.has(id)));
  if (live.size !== stamp.census.count) return undefined;
  return createIndex(options, { hnsw, live, deleted }, false);
}

function emptyGraph(dimensions: number, capacity = FIRST_CAPACITY): Graph {
  // Stored vectors have unit length, so the inner product is the cosine; the "cosine" space would scale each of them again.
  const hnsw = new (loadHnswlib().HierarchicalNSW)("ip", dimensions);
  hnsw.initIndex({ maxElements: capacity, m: CONNECTIONS, efConstruction: CONSTRUCTION_EFFORT });
  return { hnsw, live: new Set(), deleted: new Set() };
}

function createIndex({ folder, dimensions, fingerprint }: HnswIndexOptions, opened: Graph, isNew: boolean): HnswIndex {
  let graph = opened;
  let isSaved = !isNew;

  function census(): VectorCensus {
    let maxVectorId = 0;
    for (const id of graph.live) maxVectorId = Math.max(maxVectorId, id);
    return { count: graph.live.size, maxVectorId };
  }

  function ensureCapacity(needed: number): void {
    const capacity = graph.hnsw.getMaxElements();
    if (needed > capacity) graph.hnsw.resizeIndex(Math.max(needed, capacity * 2, FIRST_CAPACITY));
  }

  return {
    method: "hnsw",
    get size() {
      return graph.live.size;
    },
    get vectorIds() {
      return graph.live;
    },
    get census() {
      return census();
    },
    get deletedShare() {
      return graph.deleted.size === 0 ? 0 : graph.deleted.size / (graph.deleted.size + graph.live.size);
    },

    async nearest(query, count, allow) {
      assertDimensions(query, dimensions);
      return nearestIn(graph, query, count, allow);
    },

    vectorOf: (vectorId) => Float32Array.from(graph.hnsw.getPoint(vectorId)),

    add(vectors) {
      ensureCapacity(graph.live.size + graph.deleted.size + vectors.length);
      for (const stored of vectors) addTo(graph, stored, dimensions);
      if (vectors.length > 0) isSaved = false;
    },

    remove(vectorIds) {
      for (const id of vectorIds) {
        if (!graph.live.delete(id)) continue;
        graph.hnsw.markDelete(id);
        graph.deleted.add(id);
        isSaved = false;
      }
    },

    clear() {
      graph = emptyGraph(dimensions);
      isSaved = false;
    },

    async save() {
      if (isSaved) return;
      const stamp = {
        fingerprint,
        dimensions,
        census: census(),
        deletedVectorIds: [...graph.deleted],
        connections: CONNECTIONS,
        constructionEffort: CONSTRUCTION_EFFORT,
      };
      try {
        await writeHnswFiles(folder, stamp, (path) => graph.hnsw.writeIndex(path));
      } catch (error) {
        throw new UserError(`the vector index cannot be written to ${folder}: ${(error as Error).message}`, {
          hint: "free some space or fix the folder's permissions, then run `rerank index` again: nothing is embedded twice",
          cause: error,
        });
      }
      isSaved = true;
    },
  };
}

function addTo({ hnsw, live, deleted }: Graph, { vectorId, vector }: StoredVector, dimensions: number): void {
  // Ids are never used twice: an id that is here stands for the same vector.
  if (live.has(vectorId)) return;
  assertDimensions(vector, dimensions);
  if (deleted.delete(vectorId)) hnsw.unmarkDelete(vectorId);
  else hnsw.addPoint(Array.from(vector), vectorId);
  live.add(vectorId);
}

function nearestIn(graph: Graph, query: Float32Array, count: number, allow: ReadonlySet<number> | undefined): VectorMatch[] {
  const { hnsw, live } = graph;
  const allowed = allow === undefined ? live : new Set([...allow].filter((id) => live.has(id)));
  const wanted = Math.min(count, allowed.size);
  if (wanted <= 0) return [];
  const effort = Math.max(wanted * 2, MIN_SEARCH_EFFORT);
  // With a filter, hnswlib walks on until it has met `effort` allowed vectors, or all that there are.
  const visits = live.size * Math.min(1, effort / allowed.size);
  if (allow !== undefined && allowed.size * FETCH_COST_IN_VISITS < visits) return compareEach(graph, query, wanted, allowed);
  const fetched = Math.min(wanted + TIE_MARGIN, allowed.size);
  hnsw.setEf(effort);
  const filter = allow === undefined ? undefined : (id: number) => allowed.has(id);
  const { neighbors, distances } = hnsw.searchKnn(Array.from(query), fetched, filter);
  // Parts of a graph can become unreachable, among many equal vectors for one: the contract is kept the slow way then.
  if (neighbors.length < wanted) return compareEach(graph, query, wanted, allowed);
  return neighbors
    .map((vectorId, position) => ({
      vectorId,
      // hnswlib's distance is 1 - cosine, and stops here; one distance comes with each neighbour.
      similarity: 1 - distances[position]!,
    }))
    .sort(compareMatches)
    .slice(0, wanted);
}

function compareEach({ hnsw }: Graph, query: Float32Array, count: number, vectorIds: ReadonlySet<number>): VectorMatch[] {
  const heap = createNearestHeap(count);
  for (const id of vectorIds) heap.offer(id, dotProductAt(Float32Array.from(hnsw.getPoint(id)), 0, query));
  return heap.matches();
}
