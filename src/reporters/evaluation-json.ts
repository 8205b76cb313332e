import { MEASURE_NAMES, type MeasureName, type MovedQuery, type PairedDifference, type StageSummary, type VariantDifference } from "../domain/evaluation.ts";
import type { Comparison, Evaluation } from "../pipeline/evaluation.ts";
import { notesOf } from "./evaluation-wording.ts";
import { printableJson } from "./printable.ts";
import { roundedInterval, roundedMeasure, roundedTime } from "./rounded-numbers.ts";

/** Raised when a key changes its meaning or goes away. Described in docs/evaluation.schema.json and docs/comparison.schema.json. */
const EVALUATION_VERSION = 1;

/** One object on several lines, with a line break at the end. */
export function evaluationJson(evaluation: Evaluation): string {
  const { dataset, queries } = evaluation;
  return written({ version: EVALUATION_VERSION, dataset, queries: queries.length, ...evaluationRecord(evaluation) });
}

/** The same for several evaluations. */
export function comparisonJson({ dataset, variants, differences }: Comparison): string {
  return written({
    version: EVALUATION_VERSION,
    dataset,
    queries: variants[0]?.queries.length ?? 0,
    variants: variants.map((variant) => ({ label: variant.label, ...evaluationRecord(variant) })),
    differences: differences.map(variantRecord),
  });
}

function written(record: object): string {
  return `${printableJson(JSON.stringify(record, null, 2))}\n`;
}

function evaluationRecord(evaluation: Evaluation) {
  const { stages, paired, models, settings, corpus } = evaluation;
  return { stages: stages.map(stageRecord), paired: paired.map(differenceRecord), models, settings, corpus, notices: notesOf(evaluation) };
}

function stageRecord(stage: StageSummary) {
  const { name, ci95, meanMs, p95Ms, pairsPerSecond } = stage;
  return {
    name,
    ...byMeasure((measure) => roundedMeasure(stage[measure])),
    ci95: byMeasure((measure) => roundedInterval(ci95[measure])),
    meanMs: roundedTime(meanMs),
    p95Ms: roundedTime(p95Ms),
    pairsPerSecond: roundedTime(pairsPerSecond),
  };
}

function byMeasure<T>(valueOf: (measure: MeasureName) => T): Record<MeasureName, T> {
  return Object.fromEntries(MEASURE_NAMES.map((measure) => [measure, valueOf(measure)])) as Record<MeasureName, T>;
}

function differenceRecord({ from, to, ndcg10Difference, ci95, pValue }: PairedDifference) {
  return { from, to, ndcg10Difference: roundedMeasure(ndcg10Difference), ci95: roundedInterval(ci95), pValue: roundedMeasure(pValue) };
}

function variantRecord(difference: VariantDifference) {
  const { kendallTau, gains, losses } = difference;
  return { ...differenceRecord(difference), kendallTau: roundedMeasure(kendallTau), gains: gains.map(movedRecord), losses: losses.map(movedRecord) };
}

function movedRecord({ queryId, text, fromNdcg10, toNdcg10, documents }: MovedQuery) {
  return {
    queryId,
    text,
    fromNdcg10: roundedMeasure(fromNdcg10),
    toNdcg10: roundedMeasure(toNdcg10),
    documents: documents.map(({ documentId, grade, fromRank, toRank, excerpt }) => ({ documentId, grade, fromRank, toRank, excerpt })),
  };
}
