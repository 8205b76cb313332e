import type { Grades } from "./metrics.ts";
import { drawSample } from "./seeded-random.ts";

/** A query with the documents that should answer it. */
export interface JudgedQuery {
  readonly id: string;
  readonly text: string;
  readonly grades: Grades;
}

/** At most `count` queries. The same seed draws the same ones in whatever order they come: from a dataset, or from judgments alone. */
export function drawQueries(queries: readonly JudgedQuery[], count: number, seed: number): JudgedQuery[] {
  return drawSample(queries.toSorted((a, b) => (a.id < b.id ? -1 : 1)), count, seed);
}

/** A document at its place in one stage's order. Its best passage stands for it. */
export interface ScoredDocument {
  readonly documentId: string;
  /** Cosine between the query and the passage, -1 to 1; `null` in the runs of other tools. */
  readonly similarity: number | null;
  /** P(yes), 0 to 1; `null` where the second stage did not judge it. */
  readonly relevance: number | null;
}

/** The order that one stage gives to one query's documents. */
export interface StageAnswer {
  /** "recall" (cosine alone), "hybrid" (fused with BM25), "rerank", or the tag of a run file. */
  readonly stage: string;
  /** Best first, each document once. */
  readonly documents: readonly ScoredDocument[];
  /** From the query's start until this order was known; `null` for run files. */
  readonly elapsedMs: number | null;
}

/** What all stages made of one query: a line of the journal that a stopped evaluation goes on from. */
export interface QueryAnswer {
  readonly queryId: string;
  /** In the order of the stages: each one starts from what the one before found. */
  readonly stages: readonly StageAnswer[];
  /** Pairs of query and passage that the second stage judged, and the time that it took; 0 and `null` without it. */
  readonly judgedPairs: number;
  readonly judgingMs: number | null;
  /** The beginning of the passage that stands for a document, by document id: of the first ones of each stage, and of relevant ones. */
  readonly excerpts: Readonly<Record<string, string>>;
}

/** The measures that are reported, as trec_eval names them: ndcg_cut_10, recip_rank (cut at 10), recall_10, _50, _100, P_1. */
export const MEASURE_NAMES = ["ndcg10", "mrr10", "recall10", "recall50", "recall100", "p1"] as const;
export type MeasureName = (typeof MEASURE_NAMES)[number];
/** Each from 0 to 1, for one query or as the mean over queries. */
export type Measures = Readonly<Record<MeasureName, number>>;

/** Low and high end. */
export type Interval = readonly [low: number, high: number];

/** One query with its answer and what the answer is worth, by stage. */
export interface MeasuredQuery {
  readonly query: JudgedQuery;
  readonly answer: QueryAnswer;
  readonly measures: ReadonlyMap<string, Measures>;
}

/** One stage over all queries. */
export interface StageSummary extends Measures {
  readonly name: string;
  /** 95 % percentile bootstrap over queries. */
  readonly ci95: Readonly<Record<MeasureName, Interval>>;
  /** Of the time from a query's start until this stage's order was known; `null` for run files. */
  readonly meanMs: number | null;
  readonly p95Ms: number | null;
  /** Pairs judged a second of judging; `null` for stages that judge nothing. */
  readonly pairsPerSecond: number | null;
}

/** Two orders of the same queries. */
export interface PairedDifference {
  readonly from: string;
  readonly to: string;
  /** Mean over queries of `to` minus `from`. */
  readonly ndcg10Difference: number;
  /** 95 % percentile bootstrap over queries, of the difference. */
  readonly ci95: Interval;
  /** Two-sided paired randomization test (Smucker, Allan and Carterette 2007). */
  readonly pValue: number;
}

/** A document that makes the difference between two orders of one query. `null`: not among the documents of that order. */
export interface MovedDocument {
  readonly documentId: string;
  /** 0 also where nobody judged it. */
  readonly grade: number;
  readonly fromRank: number | null;
  readonly toRank: number | null;
  readonly excerpt: string;
}

/** A query that one order answers better than the other, with the documents that explain it. */
export interface MovedQuery {
  readonly queryId: string;
  readonly text: string;
  readonly fromNdcg10: number;
  readonly toNdcg10: number;
  /** The relevant documents that moved most, then what stands first in each order where that is another one. */
  readonly documents: readonly MovedDocument[];
}

/** Two variants of one evaluation: their final orders, query by query. */
export interface VariantDifference extends PairedDifference {
  /** Mean over queries of Kendall's tau-b between the final orders, over the union of their first ten documents. */
  readonly kendallTau: number;
  /** Largest gains and losses in nDCG@10, largest first. */
  readonly gains: readonly MovedQuery[];
  readonly losses: readonly MovedQuery[];
}
