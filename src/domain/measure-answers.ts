import { MEASURE_NAMES } from "./evaluation.ts";
import type { JudgedQuery, MeasuredQuery, MeasureName, Measures, PairedDifference, QueryAnswer, StageAnswer, StageSummary } from "./evaluation.ts";
import { ndcgAt, precisionAt, recallsAt, reciprocalRankAt, type Grades } from "./metrics.ts";
import { bootstrapInterval, mean, percentile, randomizationTest } from "./statistics.ts";

/** The stage that judges pairs of query and passage. */
const JUDGING_STAGE = "rerank";

/** What the answer is worth at each of its stages. */
export function measureQuery(query: JudgedQuery, answer: QueryAnswer): MeasuredQuery {
  const measures = new Map(answer.stages.map((stage) => [stage.stage, measureRanking(documentIdsOf(stage), query.grades)]));
  return { query, answer, measures };
}

/**
 * One summary for each stage of the answers, in their order. Every query counts: where an answer lacks a stage, as run files do that know
 * no answer to a query, its order is empty and its measures are 0 (trec_eval's option -c). Times are those of the answers that have them.
 *
 * @param seed the intervals of all stages and measures are drawn with it: the same samples of queries.
 */
export function summarizeStages(queries: readonly MeasuredQuery[], seed: number): StageSummary[] {
  return stageNames(queries).map((name) => {
    const stageTimes = queries.map(({ answer }) => stageOf(answer, name)?.elapsedMs ?? null).filter((elapsedMs) => elapsedMs !== null);
    return {
      name,
      ...ofEachMeasure((measure) => mean(measuresOf(queries, name, measure))),
      ci95: ofEachMeasure((measure) => bootstrapInterval(measuresOf(queries, name, measure), seed)),
      meanMs: stageTimes.length === 0 ? null : mean(stageTimes),
      p95Ms: stageTimes.length === 0 ? null : percentile(stageTimes, 0.95),
      pairsPerSecond: name === JUDGING_STAGE ? pairsPerSecond(queries) : null,
    };
  });
}

/** Each stage against the one before it; of three or more, also the last against the first. */
export function pairStages(queries: readonly MeasuredQuery[], seed: number): PairedDifference[] {
  const names = stageNames(queries);
  const pairs = names.slice(1).map((to, position) => [names[position]!, to] as const);
  if (names.length > 2) pairs.push([names[0]!, names.at(-1)!]);
  return pairs.map(([from, to]) => {
    const before = measuresOf(queries, from, "ndcg10");
    const after = measuresOf(queries, to, "ndcg10");
    return pairedDifference(from, to, after.map((ndcg, position) => ndcg - before[position]!), seed);
  });
}

/** @param differences in nDCG@10, one for each query: `to` minus `from`. */
export function pairedDifference(from: string, to: string, differences: readonly number[], seed: number): PairedDifference {
  return {
    from,
    to,
    ndcg10Difference: mean(differences),
    ci95: bootstrapInterval(differences, seed),
    pValue: randomizationTest(differences, seed),
  };
}

/** Mean recall over the queries at each cutoff, 0 to 1, in the order of the cutoffs. */
export function recallCurve(queries: readonly MeasuredQuery[], stage: string, cutoffs: readonly number[]): number[] {
  const curves = queries.map(({ query, answer }) => recallsAt(documentIdsOf(stageOf(answer, stage)), query.grades, cutoffs));
  return cutoffs.map((_, position) => mean(curves.map((recalls) => recalls[position]!)));
}

/** The stages of the answers in their order. An answer that lacks some says nothing about where they belong, so the fullest ones go first. */
export function stageNames(queries: readonly MeasuredQuery[]): string[] {
  const fullestFirst = queries.map(({ answer }) => answer.stages).sort((a, b) => b.length - a.length);
  return [...new Set(fullestFirst.flat().map(({ stage }) => stage))];
}

/** Best first; empty where the answer lacks the stage. */
export function documentIdsOf(stage: StageAnswer | undefined): string[] {
  return stage?.documents.map(({ documentId }) => documentId) ?? [];
}

export function stageOf(answer: QueryAnswer, name: string): StageAnswer | undefined {
  return answer.stages.find(({ stage }) => stage === name);
}

function measureRanking(ranking: readonly string[], grades: Grades): Measures {
  const [recall10 = 0, recall50 = 0, recall100 = 0] = recallsAt(ranking, grades, [10, 50, 100]);
  return {
    ndcg10: ndcgAt(ranking, grades, 10),
    mrr10: reciprocalRankAt(ranking, grades, 10),
    recall10,
    recall50,
    recall100,
    p1: precisionAt(ranking, grades, 1),
  };
}

/** One value for each query, 0 where its answer lacks the stage. */
function measuresOf(queries: readonly MeasuredQuery[], stage: string, measure: MeasureName): number[] {
  return queries.map(({ measures }) => measures.get(stage)?.[measure] ?? 0);
}

function ofEachMeasure<T>(valueOf: (measure: MeasureName) => T): Record<MeasureName, T> {
  return Object.fromEntries(MEASURE_NAMES.map((measure) => [measure, valueOf(measure)])) as Record<MeasureName, T>;
}

/** Over the answers whose judging was timed; `null` where none was, or in no time at all. */
function pairsPerSecond(queries: readonly MeasuredQuery[]): number | null {
  let pairs = 0;
  let judgingMs = 0;
  for (const { answer } of queries) {
    if (answer.judgingMs === null) continue;
    pairs += answer.judgedPairs;
    judgingMs += answer.judgingMs;
  }
  return judgingMs === 0 ? null : (pairs / judgingMs) * 1_000;
}
