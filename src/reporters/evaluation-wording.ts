import { MEASURE_NAMES, type Interval, type MeasureName, type PairedDifference } from "../domain/evaluation.ts";
import type { Evaluation } from "../pipeline/evaluation.ts";
import type { ModelStamp } from "../pipeline/search-result.ts";
import { counted, formatCount } from "./format-numbers.ts";

/** As papers abbreviate them. */
export const MEASURE_TITLES: Readonly<Record<MeasureName, string>> = {
  ndcg10: "nDCG@10", mrr10: "MRR@10", recall10: "R@10", recall50: "R@50", recall100: "R@100", p1: "P@1",
};
const MEASURE_CUTOFFS: Readonly<Record<MeasureName, number>> = { ndcg10: 10, mrr10: 10, recall10: 10, recall50: 50, recall100: 100, p1: 1 };

/** Percentile bootstrap of fewer queries gives intervals that are clearly too narrow. */
const FEW_QUERIES = 20;
const SIGNIFICANCE_LEVEL = 0.05;
/** With n queries that differ, the smallest p-value of the exact test is 2 / 2^n. */
const LEAST_TESTABLE_QUERIES = 6;
const LEAST_SHOWN_P = 0.001;

/** What the evidence says of `to` against `from`. */
export type Verdict = "better" | "worse" | "open";

export function formatInterval([low, high]: Interval, digits: number): string {
  return `[${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
}

/** A difference of measures in points of 0.01, with its sign: "+1.2", "-0.8", "0.0". */
export function formatPoints(difference: number): string {
  const shown = (difference * 100).toFixed(1);
  if (Number(shown) === 0) return "0.0";
  return difference > 0 ? `+${shown}` : shown;
}

export function formatPValue(pValue: number): string {
  if (pValue < LEAST_SHOWN_P) return `p < ${LEAST_SHOWN_P}`;
  const shown = pValue.toFixed(pValue < 0.1 ? 3 : 2);
  // What is said beside it depends on the side of the level that it is on.
  const hidesSide = Number(shown) === SIGNIFICANCE_LEVEL && pValue !== SIGNIFICANCE_LEVEL;
  return `p ${hidesSide ? pValue.toFixed(5) : shown}`;
}

/**
 * "rerank against recall: nDCG@10 +1.2 points [-0.8, +3.3], p 0.24: " and what follows from it.
 *
 * @param shown makes a name safe for where the sentence stands.
 */
export function differenceSentence(
  difference: PairedDifference,
  shown: (name: string) => string,
): { readonly numbers: string; readonly conclusion: string; readonly verdict: Verdict } {
  const { from, to, ndcg10Difference, ci95: [low, high], pValue } = difference;
  const numbers = `${shown(to)} against ${shown(from)}: nDCG@10 ${formatPoints(ndcg10Difference)} points [${formatPoints(low)}, ${formatPoints(high)}], ${formatPValue(pValue)}: `;
  return { numbers, ...conclude(difference) };
}

function conclude({ ndcg10Difference, ci95: [low, high], pValue }: PairedDifference): { readonly conclusion: string; readonly verdict: Verdict } {
  if (low === 0 && high === 0) return { conclusion: "no query tells them apart", verdict: "open" };
  const includesZero = low <= 0 && high >= 0;
  const isSignificant = pValue < SIGNIFICANCE_LEVEL;
  if (includesZero && !isSignificant) return { conclusion: "the interval includes zero, no difference is shown", verdict: "open" };
  if (includesZero) return { conclusion: "the test finds a difference, but the interval includes zero: not settled", verdict: "open" };
  if (!isSignificant) return { conclusion: "the interval excludes zero, but the test finds no difference at 5 %: not settled", verdict: "open" };
  const verdict = ndcg10Difference > 0 ? "better" : "worse";
  return { conclusion: `${verdict}, significant at 5 %`, verdict };
}

/** What was asked of what, a few words each. */
export function sizeFacts({ queries, corpus }: Evaluation): string[] {
  return [
    counted(queries.length, "query", "queries"),
    ...(corpus === null ? [] : [`${counted(corpus.documents, "document")}, ${counted(corpus.passages, "passage")}`]),
  ];
}

/** Models with their precision; empty for run files. */
export function modelFacts({ models: { embedder, reranker } }: Evaluation): string[] {
  return [...(embedder === null ? [] : [`embedder ${modelName(embedder)}`]), ...(reranker === null ? [] : [`reranker ${modelName(reranker)}`])];
}

function modelName({ id, precision }: ModelStamp): string {
  return id.endsWith(`:${precision}`) ? id : `${id} (${precision})`;
}

/** What did not run is not mentioned. */
export function settingFacts({ settings }: Evaluation): string[] {
  const { depth, candidateCount, hybrid, recallMethod, instruction, dimensions, passageTokens, overlapTokens, seed } = settings;
  const overlap = overlapTokens === null || overlapTokens === 0 ? "" : `, overlapping by ${formatCount(overlapTokens)}`;
  return [
    `${counted(depth, "document")} a query`,
    candidateCount === null || candidateCount === 0 ? "" : `${counted(candidateCount, "candidate")} judged`,
    recallMethod === null ? "" : `recall ${recallMethod}${hybrid ? " + BM25" : ""}`,
    dimensions === null ? "" : counted(dimensions, "dimension"),
    passageTokens === null ? "" : `passages of at most ${formatCount(passageTokens)} tokens${overlap}`,
    instruction === null ? "" : `instruction "${instruction}"`,
    seed === null ? "" : `drawn with seed ${seed}`,
  ].filter((fact) => fact !== "");
}

/** What a reader of the numbers has to know: about depth and number of queries, then the evaluation's own notices. */
export function notesOf({ queries, settings: { depth }, notices }: Evaluation): string[] {
  const shallow = MEASURE_NAMES.filter((name) => MEASURE_CUTOFFS[name] > depth).map((name) => MEASURE_TITLES[name]);
  const listed = shallow.length < 2 ? shallow.join("") : `${shallow.slice(0, -1).join(", ")} and ${shallow.at(-1)}`;
  return [
    ...(shallow.length === 0 ? [] : [`the longest order has ${counted(depth, "document")}: ${listed} ${shallow.length === 1 ? "looks" : "look"} no deeper`]),
    ...fewQueries(queries.length).map((few) => `${few}, and ${testOfFew(queries.length)}`),
    ...notices,
  ];
}

/** What is to be said of intervals over so few queries; nothing of enough. */
export function fewQueries(count: number): string[] {
  return count < FEW_QUERIES ? [`${counted(count, "query is", "queries are")} few: the intervals are too narrow`] : [];
}

function testOfFew(count: number): string {
  return count < LEAST_TESTABLE_QUERIES ? `no test can find a difference at 5 % with fewer than ${LEAST_TESTABLE_QUERIES}` : "the test finds large differences only";
}

/** How the uncertainty was worked out: one line below the numbers. */
export const METHOD_NOTE = "intervals of 95 % by bootstrap over queries, p by a paired randomization test, 1 point is 0.01";
