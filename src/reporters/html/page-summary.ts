import type { PairedDifference, StageSummary, VariantDifference } from "../../domain/evaluation.ts";
import type { Evaluation } from "../../pipeline/evaluation.ts";
import { counted, formatDuration } from "../format-numbers.ts";
import { conclusionOf, formatMeasure, formatMeasureRange, formatPointRange, formatPoints, formatShare } from "./format-measures.ts";
import { html, type Insert, type Markup } from "./markup.ts";
import { quoted } from "./page-parts.ts";

/** The result in plain words, and its numbers large. */
export function pageSummary(evaluations: readonly Evaluation[], differences: readonly VariantDifference[]): Markup {
  const [first] = evaluations;
  if (first === undefined) return html`<p class="lead">Nothing was evaluated.</p>`;
  const isComparison = evaluations.length > 1;
  return html`
<p class="lead">${isComparison ? comparisonText(evaluations, differences) : evaluationText(first)}</p>
<dl class="headline">${isComparison ? variantNumbers(evaluations) : stageNumbers(first)}</dl>`;
}

function evaluationText(evaluation: Evaluation): Insert {
  const { stages, queries, paired, corpus } = evaluation;
  const first = stages[0];
  const last = stages.at(-1);
  if (first === undefined || last === undefined) return "No query was answered.";
  if (last.ndcg10 === 0 && first.ndcg10 === 0) {
    return `In none of ${counted(queries.length, "query", "queries")} is one of the first ten documents relevant.`;
  }
  if (stages.length === 1) {
    return html`${corpus === null ? quoted(last.name) : stageSubject(last)} reaches nDCG@10 of ${strong(formatMeasure(last.ndcg10))} (95 % interval ${formatMeasureRange(last.ci95.ndcg10)}) over ${counted(queries.length, "query", "queries")}. ${recallText(evaluation)}`;
  }
  const difference = paired.find(({ from, to }) => from === first.name && to === last.name);
  const change = last.ndcg10 - first.ndcg10;
  const isFused = stages.length > 2;
  const verb = formatPoints(change) === "0.0" ? `${isFused ? "leave" : "leaves"} nDCG@10 as it was, at` : `${change > 0 ? "lift" : "lower"}${isFused ? "" : "s"} nDCG@10 from`;
  const numbers = formatPoints(change) === "0.0" ? strong(formatMeasure(last.ndcg10)) : html`${formatMeasure(first.ndcg10)} to ${strong(formatMeasure(last.ndcg10))}`;
  // Runs that --run-out has written are called "rerank" and the like, and may stand in any order.
  const sentence = corpus === null
    ? html`${quoted(last.name)} reaches nDCG@10 of ${strong(formatMeasure(last.ndcg10))}, ${quoted(first.name)} ${formatMeasure(first.ndcg10)}`
    : html`${isFused ? "Fusion with BM25 and the reranker" : stageSubject(last)} ${verb} ${numbers}`;
  return html`${sentence} ${difference === undefined ? `(${formatPoints(change)} points).` : differenceText(difference)} ${recallText(evaluation)}`;
}

function comparisonText(evaluations: readonly Evaluation[], differences: readonly VariantDifference[]): Insert {
  const [baseline] = evaluations;
  const best = [...evaluations].sort((a, b) => (lastOf(b)?.ndcg10 ?? 0) - (lastOf(a)?.ndcg10 ?? 0))[0];
  if (baseline === undefined || best === undefined) return "";
  const start = html`Of ${evaluations.length} variants, ${quoted(best.label)} reaches the highest nDCG@10, ${strong(formatMeasure(lastOf(best)?.ndcg10 ?? 0))}`;
  if (best === baseline) {
    const worse = differences.filter((difference) => conclusionOf(difference).verdict === "worse");
    return html`${start}, and it is the one that the others are compared with. ${
      worse.length === 0 ? differences.length === 1 ? "The other is not shown to be worse." : "None of them is shown to be worse." : html`Worse by the test: ${worse.map(({ to }, position) => html`${position === 0 ? "" : ", "}${quoted(to)}`)}.`}`;
  }
  const difference = differences.find(({ to }) => to === best.label);
  const against = html`, against ${formatMeasure(lastOf(baseline)?.ndcg10 ?? 0)} of ${quoted(baseline.label)}, the first`;
  return html`${start}${against} ${difference === undefined ? "." : differenceText(difference)}`;
}

function differenceText(difference: PairedDifference): Insert {
  const { ndcg10Difference, ci95 } = difference;
  return `(${formatPoints(ndcg10Difference)} points, 95 % interval ${formatPointRange(ci95)}): ${conclusionOf(difference).conclusion}.`;
}

/** What the order that candidates are taken from misses, no reranker can bring back. */
function recallText({ settings: { candidateCount, depth }, stages, corpus }: Evaluation): string {
  const isJudged = stages.at(-1)?.name === "rerank" && candidateCount !== null;
  const source = stages.at(isJudged ? -2 : -1);
  const name = (["recall10", "recall50", "recall100"] as const).findLast((each) => Number(each.slice(6)) <= depth);
  if (name === undefined || source === undefined || corpus === null) return "";
  const found = `${source.name === "hybrid" ? "Fusion" : "Recall"} finds ${formatShare(source[name])} of what is relevant among its first ${name.slice(6)} documents`;
  return isJudged ? `${found}; the reranker judges its first ${candidateCount === 1 ? "passage" : `${candidateCount} passages`}.` : `${found}.`;
}

function stageNumbers({ stages }: Evaluation): Insert {
  const first = stages[0];
  const last = stages.at(-1);
  if (first === undefined || last === undefined) return "";
  const before = first === last ? undefined : first;
  const shown = [["nDCG@10", "ndcg10"], ["MRR@10", "mrr10"], ["Recall@10", "recall10"], ["P@1", "p1"]] as const;
  return [
    ...shown.map(([title, measure]) => bigNumber(title, formatMeasure(last[measure]), before === undefined ? "" : html`from ${formatMeasure(before[measure])}, ${changeText(last[measure] - before[measure])}`)),
    ...(last.meanMs === null ? [] : [bigNumber("Time a query", formatDuration(last.meanMs), last.p95Ms === null ? "mean" : `mean, p95 ${formatDuration(last.p95Ms)}`)]),
  ];
}

function variantNumbers(evaluations: readonly Evaluation[]): Insert {
  const baseline = lastOf(evaluations[0])?.ndcg10 ?? 0;
  return evaluations.map((evaluation, position) => {
    const last = lastOf(evaluation);
    const time = last?.meanMs == null ? "" : `${formatDuration(last.meanMs)} a query`;
    const change = position === 0 ? "baseline" : changeText((last?.ndcg10 ?? 0) - baseline);
    return bigNumber(quoted(evaluation.label), formatMeasure(last?.ndcg10 ?? 0), html`${change}${time === "" ? "" : html`<br>${time}`}`);
  });
}

function bigNumber(title: Insert, value: string, detail: Insert): Markup {
  return html`<div><dt>${title}</dt><dd><b>${value}</b><span>${detail}</span></dd></div>`;
}

function changeText(difference: number): Markup {
  const points = formatPoints(difference);
  return html`<span class="${points.startsWith("+") ? "gain" : points.startsWith("−") ? "loss" : "muted"}">${points}</span>`;
}

function stageSubject({ name }: StageSummary): Insert {
  return { recall: "Recall alone", hybrid: "Fusion with BM25", rerank: "The reranker" }[name] ?? quoted(name);
}

function lastOf(evaluation: Evaluation | undefined): StageSummary | undefined {
  return evaluation?.stages.at(-1);
}

function strong(value: string): Markup {
  return html`<strong>${value}</strong>`;
}
