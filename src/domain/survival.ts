import type { Interval } from "./evaluation.ts";
import { bootstrapInterval, mean, percentile } from "./statistics.ts";

/** How many of the reranker's first results are to be found again with fewer candidates or shorter vectors. */
export const REFERENCE_SIZE = 10;
/** The shortest vectors that Matryoshka embedders are trained for. */
const LEAST_DIMENSIONS = 32;
const FIRST_COUNTS = [5, 10, 15, 20, 30, 40, 50, 75, 100, 150, 200];
/** Sums of tenths do not add up to exactly 0.95. */
const ROUNDING = 1e-9;

/** A choice of settings: what the first stage hands over, and how long its vectors are. */
export interface TuneSetting {
  readonly candidates: number;
  readonly dimensions: number;
}

/** What one query says of one setting. */
export interface SurvivalObservation extends TuneSetting {
  /** Share of the reference that is among the candidates, 0 to 1. */
  readonly survival: number;
  readonly elapsedMs: number;
}

/** One setting over all queries. */
export interface SurvivalPoint extends TuneSetting {
  /** Mean over queries, 0 to 1. */
  readonly survival: number;
  /** 95 % percentile bootstrap over queries, of the survival; `null` for a single query, which tells nothing of others. */
  readonly ci95: Interval | null;
  readonly meanMs: number;
  readonly p95Ms: number;
}

export interface TuneGoal {
  /** The share that must survive, above 0 and up to 1. */
  readonly keep: number;
  /** What 95 of 100 searches may take. */
  readonly budgetMs?: number;
  /** In the index: where it holds more than the most candidates tried, the reference may lack some of the reranker's first ten. */
  readonly passages: number;
}

/** What the points say about a goal. */
export type TuneVerdict =
  | { readonly outcome: "kept"; readonly point: SurvivalPoint }
  /** Nothing within the budget keeps the share: the point that keeps most. */
  | { readonly outcome: "too-little"; readonly point: SurvivalPoint }
  /** Not even the fewest candidates are judged within the budget: the fastest point. */
  | { readonly outcome: "too-slow"; readonly point: SurvivalPoint }
  /** Only all the candidates tried keep the share: they do so by construction, and the index holds more. The smallest such point. */
  | { readonly outcome: "too-few-tried"; readonly point: SurvivalPoint }
  /** No more was judged than the reference holds: every order has the same first ten. */
  | { readonly outcome: "too-few-passages" };

/**
 * The candidate counts to try, ascending, `most` included: close together where searches usually are, half as many again and
 * twice as many from 200 on.
 *
 * @param current a count of the user's own, which is tried too where it is not more than `most`.
 */
export function candidateCounts(most: number, current: number): number[] {
  const counts = new Set([...FIRST_COUNTS, current, most]);
  for (let count = 200; count < most; count *= 2) counts.add(count).add(count * 1.5);
  return [...counts].filter((count) => count <= most).sort((a, b) => a - b);
}

/** The lengths that Matryoshka vectors can be cut to, longest first: halves, down to 32. */
export function matryoshkaSizes(dimensions: number): number[] {
  const sizes = [dimensions];
  for (let size = Math.floor(dimensions / 2); size >= LEAST_DIMENSIONS; size = Math.floor(size / 2)) sizes.push(size);
  return sizes;
}

/** The share of the reference that the first `count` of an order hold, for each count. 1 where there is nothing to be found. */
export function survivalShares(reference: ReadonlySet<number>, order: readonly number[], counts: readonly number[]): number[] {
  const foundUpTo = [0];
  for (const id of order) foundUpTo.push((foundUpTo.at(-1) ?? 0) + (reference.has(id) ? 1 : 0));
  return counts.map((count) => (reference.size === 0 ? 1 : (foundUpTo[Math.min(count, order.length)] ?? 0) / reference.size));
}

/**
 * When all of the first `count` candidates were judged, for each count.
 *
 * @param judgedAtMs by position, in ms from the judging's start. A passage that shares its judgment with an earlier one has its time.
 */
export function judgingTimes(judgedAtMs: readonly number[], counts: readonly number[]): number[] {
  const allJudgedAt = [0];
  for (const time of judgedAtMs) allJudgedAt.push(Math.max(allJudgedAt.at(-1) ?? 0, time));
  return counts.map((count) => allJudgedAt[Math.min(count, judgedAtMs.length)] ?? 0);
}

/** The curve: one point for each setting, in the order in which the settings first come. */
export function survivalCurve(observations: readonly SurvivalObservation[], seed: number): SurvivalPoint[] {
  const bySetting = new Map<string, SurvivalObservation[]>();
  for (const observation of observations) {
    const key = `${observation.candidates} ${observation.dimensions}`;
    const known = bySetting.get(key);
    if (known === undefined) bySetting.set(key, [observation]);
    else known.push(observation);
  }
  return [...bySetting.values()].map((group) => {
    const { candidates, dimensions } = group[0]!;
    const survivals = group.map(({ survival }) => survival);
    const times = group.map(({ elapsedMs }) => elapsedMs);
    return {
      candidates,
      dimensions,
      survival: mean(survivals),
      ci95: survivals.length === 1 ? null : bootstrapInterval(survivals, seed),
      meanMs: mean(times),
      p95Ms: percentile(times, 0.95),
    };
  });
}

/**
 * The smallest setting, fewest candidates before shortest vectors, that keeps the share within the budget; where there is none, why.
 * `points` hold at least one.
 */
export function judgeCurve(points: readonly SurvivalPoint[], { keep, budgetMs = Number.POSITIVE_INFINITY, passages }: TuneGoal): TuneVerdict {
  const smallestFirst = points.toSorted((a, b) => a.candidates - b.candidates || a.dimensions - b.dimensions);
  const most = smallestFirst.at(-1)?.candidates ?? 0;
  if (most <= REFERENCE_SIZE) return { outcome: "too-few-passages" };
  const affordable = smallestFirst.filter(({ p95Ms }) => p95Ms <= budgetMs);
  const kept = affordable.find(({ survival }) => survival >= keep - ROUNDING);
  if (kept !== undefined) return { outcome: kept.candidates === most && most < passages ? "too-few-tried" : "kept", point: kept };
  const fastest = smallestFirst.toSorted((a, b) => a.p95Ms - b.p95Ms)[0]!;
  // The sort is stable: of points that keep as much, the smallest comes first.
  const best = affordable.toSorted((a, b) => b.survival - a.survival)[0];
  return best === undefined ? { outcome: "too-slow", point: fastest } : { outcome: "too-little", point: best };
}
