import { UserError } from "../domain/errors.ts";
import {
  candidateCounts,
  judgeCurve,
  judgingTimes,
  matryoshkaSizes,
  REFERENCE_SIZE,
  survivalCurve,
  survivalShares,
  type SurvivalObservation,
} from "../domain/survival.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { PassageStore } from "../ports/passage-store.ts";
import type { Reranker } from "../ports/reranker.ts";
import type { StoredVector, VectorIndex, VectorMatch } from "../ports/vector-index.ts";
import { recall } from "../stages/recall.ts";
import { rerank } from "../stages/rerank.ts";
import { deafModels, heardInstruction, stampOf } from "./search.ts";
import type { SampleQuery } from "./tune-queries.ts";
import type { TuneEvent, Tuning } from "./tune-result.ts";

export interface TuneDependencies {
  readonly store: PassageStore;
  /** The one that searches use: it says how long their recall takes, not what it finds. */
  readonly vectorIndex: VectorIndex | Promise<VectorIndex>;
  readonly embedder: Embedder;
  readonly reranker: Reranker;
  /** The exact matches by query, then by size: `count` of each, most similar first, by vectors cut to the size. */
  readonly scanSizes: (
    vectors: Iterable<StoredVector>,
    queries: readonly Float32Array[],
    options: { readonly sizes: readonly number[]; readonly count: number; readonly allow: ReadonlySet<number>; readonly signal?: AbortSignal },
  ) => Promise<readonly (readonly (readonly VectorMatch[])[])[]>;
}

export interface TuneOptions {
  /** Each with some text. */
  readonly queries: readonly SampleQuery[];
  /** Candidates to judge for each query; fewer where the index holds fewer. */
  readonly maxCandidates: number;
  /** Of the reranker's first ten, 0 to 1. */
  readonly keep: number;
  readonly budgetMs?: number;
  /** Of the bootstrap's samples. */
  readonly seed: number;
  /** What searches recall now. */
  readonly currentCandidates: number;
  readonly instruction?: string;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TuneEvent) => void;
}

interface EmbeddedQuery {
  readonly text: string;
  readonly vector: Float32Array;
  readonly truncated: boolean;
  readonly elapsedMs: number;
}

/** Not a query that somebody asks: a reranker that keeps what it knows of a query must not know one already. */
const WARM_UP_QUERY = "warming up";
const WARM_UP_PAIRS = 4;
/** All vectors are read once for so many queries: few passes, and few matches in memory. */
const QUERIES_A_SCAN = 64;

/**
 * How much of the reranker's first ten would survive with fewer candidates and shorter vectors, and how long searches would take:
 * for each query the nearest passages are judged once, in their order, and every smaller setting is read off that.
 * Rejects with UserError for an empty index, without queries, and for models that answer NaN, and with `signal.reason` when aborted.
 */
export async function tune(deps: TuneDependencies, options: TuneOptions): Promise<Tuning> {
  const { embedder, reranker, store } = deps;
  const { signal, instruction, queries, budgetMs } = options;
  const { passages } = store.counts();
  if (passages === 0) throw new UserError("the index holds no passages", { hint: "fill it: rerank index <folder>" });
  if (queries.length === 0) {
    throw new UserError("nothing in the index reads like a query", { hint: 'give some: rerank tune "how do I ..." "where is ..."' });
  }
  const pool = Math.min(options.maxCandidates, passages);
  const vectorIndex = await deps.vectorIndex;
  await warmUp(vectorIndex, pool, deps, options);

  const current = { candidates: options.currentCandidates, dimensions: embedder.spec.dimensions };
  const sizes = embedder.spec.family === "qwen3" ? matryoshkaSizes(current.dimensions) : [current.dimensions];
  const counts = candidateCounts(pool, current.candidates);
  const allow = store.vectorIdsOfDocuments(store.paths());
  const observations: SurvivalObservation[] = [];
  let truncated = 0;
  for (let first = 0; first < queries.length; first += QUERIES_A_SCAN) {
    const embedded: EmbeddedQuery[] = [];
    for (const { text } of queries.slice(first, first + QUERIES_A_SCAN)) embedded.push(await embed(text, embedder, options));
    truncated += embedded.filter((query) => query.truncated).length;
    const vectors = embedded.map(({ vector }) => vector);
    const matches = await deps.scanSizes(store.vectors(), vectors, { sizes, count: pool, allow, ...(signal && { signal }) });
    for (const [position, query] of embedded.entries()) {
      const bySize = sizes.map((dimensions, size) => ({ dimensions, matches: matches[position]?.[size] ?? [] }));
      const before = first + position;
      const tell = (done: number): void =>
        options.onEvent?.({ type: "judged", query: before + 1, queries: queries.length, done: before * pool + done, total: queries.length * pool });
      observations.push(...(await observe(query, bySize, counts, vectorIndex, deps, options, tell)));
    }
  }
  const points = survivalCurve(observations, options.seed);
  const verdict = judgeCurve(points, { keep: options.keep, passages, ...(budgetMs !== undefined && { budgetMs }) });
  const specs = [embedder.spec, reranker.spec];
  return {
    queries,
    passages,
    pool,
    keep: options.keep,
    budgetMs: budgetMs ?? null,
    seed: options.seed,
    instruction: heardInstruction(instruction, specs),
    points,
    verdict,
    current,
    models: { embedder: stampOf(embedder.spec), reranker: stampOf(reranker.spec) },
    notices: [
      ...(truncated > 0 ? [`longer than the embedder reads, and cut for the recall: ${truncated} of the queries`] : []),
      ...deafModels(instruction, specs),
      ...(sizes.length === 1 ? [whyOneSize(embedder)] : []),
    ],
  };
}

async function warmUp(vectorIndex: VectorIndex, pool: number, { embedder, reranker, store }: TuneDependencies, options: TuneOptions): Promise<void> {
  const { vector } = await embed(WARM_UP_QUERY, embedder, options);
  const candidates = await recall(vector, store, vectorIndex, { candidateCount: pool });
  await rerank(WARM_UP_QUERY, candidates.slice(0, WARM_UP_PAIRS), reranker, wishesOf(options));
}

async function embed(text: string, embedder: Embedder, options: TuneOptions): Promise<EmbeddedQuery> {
  const startedAt = performance.now();
  const { vector, truncated } = await embedder.embedQuery(text, wishesOf(options));
  return { text, vector, truncated, elapsedMs: performance.now() - startedAt };
}

/** One query: judged once, then read off at every setting. */
async function observe(
  query: EmbeddedQuery,
  bySize: readonly { readonly dimensions: number; readonly matches: readonly VectorMatch[] }[],
  counts: readonly number[],
  vectorIndex: VectorIndex,
  { store, reranker }: TuneDependencies,
  options: TuneOptions,
  tell: (done: number) => void,
): Promise<SurvivalObservation[]> {
  const candidateCount = counts.at(-1) ?? 0;
  const orders = [];
  for (const { matches } of bySize) orders.push(await recall(query.vector, store, indexOf(matches), { candidateCount }));
  const [pool = []] = orders;
  // After the orders, which have read the passages: whichever count comes first would pay for a cold disk.
  const foundMs = await recallTimes(query, counts, vectorIndex, store);

  const judgedAtMs: number[] = pool.map(() => 0);
  const startedAt = performance.now();
  const { ranked } = await rerank(query.text, pool, reranker, {
    ...wishesOf(options),
    onJudgment(position, _judgment, done) {
      judgedAtMs[position] = performance.now() - startedAt;
      tell(done);
    },
  });
  const reference = new Set(ranked.slice(0, REFERENCE_SIZE).map(({ passage }) => passage.id));
  const shares = orders.map((order) => survivalShares(reference, order.map(({ passage }) => passage.id), counts));
  return judgingTimes(judgedAtMs, counts).flatMap((judgingMs, position) =>
    bySize.map(({ dimensions }, size) => ({
      candidates: counts[position] ?? 0,
      dimensions,
      survival: shares[size]?.[position] ?? 0,
      elapsedMs: (foundMs[position] ?? 0) + judgingMs,
    })),
  );
}

/** What the first stage takes for each count: a few candidates are found, and their texts read, sooner than many. */
async function recallTimes({ vector, elapsedMs }: EmbeddedQuery, counts: readonly number[], vectorIndex: VectorIndex, store: PassageStore): Promise<number[]> {
  const times: number[] = [];
  for (const candidateCount of counts) {
    const startedAt = performance.now();
    await recall(vector, store, vectorIndex, { candidateCount });
    times.push(elapsedMs + performance.now() - startedAt);
  }
  return times;
}

/** Matches that are known, in the place of an index that would find them. */
function indexOf(matches: readonly VectorMatch[]): VectorIndex {
  return { method: "exact", size: matches.length, nearest: async (_query, count) => matches.slice(0, count) };
}

function wishesOf({ instruction, signal }: TuneOptions): { readonly instruction?: string; readonly signal?: AbortSignal } {
  return { ...(instruction !== undefined && { instruction }), ...(signal && { signal }) };
}

function whyOneSize({ spec: { id, family, dimensions } }: Embedder): string {
  if (family === "qwen3") return `vectors of ${dimensions} numbers are too short to be cut`;
  return `${id} (embedder) is not trained for shorter vectors: only its own ${dimensions} numbers are tried`;
}
