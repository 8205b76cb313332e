import type { MeasuredQuery } from "../../domain/evaluation.ts";
import { recallCurve } from "../../domain/measure-answers.ts";
import { mean } from "../../domain/statistics.ts";
import { CHART_WIDTHS, type ChartPen } from "./chart-pen.ts";
import { formatMeasure } from "./format-measures.ts";
import { html, type Markup } from "./markup.ts";
import { figure, quoted } from "./page-parts.ts";
import { dotStyle, legendOf, type Series } from "./series.ts";
import { deepestRank } from "./stage-orders.ts";

const HEIGHT_PX = 300;
const LEFT_PX = 30;
const RIGHT_PX = 14;
/** "100 judged", and a little room. */
const JUDGED_LABEL_PX = 76;
const TABLE_CUTOFFS = [1, 3, 5, 10, 20, 50, 100, 200, 500, 1000];

/** How much of what is relevant stands among the first k, for every k. */
export function recallFigure(pen: ChartPen, series: readonly Series[]): Markup {
  const { plot } = pen;
  const evaluations = [...new Set(series.map(({ evaluation }) => evaluation))];
  const depth = Math.max(1, deepestRank(evaluations.flatMap(({ queries }) => queries.flatMap(({ answer }) => answer.stages.map(({ documents }) => documents)))));
  const cutoffs = curveCutoffs(depth);
  const marked = TABLE_CUTOFFS.filter((cutoff) => cutoff <= depth);
  const curves = series.map((each) => {
    const recalls = recallCurve(each.evaluation.queries, each.stage.name, cutoffs);
    return { series: each, points: cutoffs.map((cutoff, position) => ({ cutoff, recall: recalls[position] ?? 0 })) };
  });
  const recallAt = (curve: (typeof curves)[number], cutoff: number) => curve.points.find((point) => point.cutoff === cutoff)?.recall ?? 0;
  const top = Math.max(0.1, ...curves.flatMap(({ points }) => points.map(({ recall }) => recall)));
  const tenths = top <= 0.5 ? Math.ceil(10 * top) : 2 * Math.ceil(5 * top);
  const levels = Array.from({ length: tenths + 1 }, (_, tenth) => tenth / 10).filter((_, tenth) => tenths < 6 || tenth % 2 === 0);
  const judged = [...new Set(evaluations.flatMap(({ queries }) => judgedDocuments(queries) ?? []))].filter((count) => count > 1 && count < depth).sort((a, b) => a - b);

  const chart = pen.drawBoth(`Recall by number of documents. ${curves.map((curve) => `${curve.series.label}: ${marked.map((cutoff) => `${formatMeasure(recallAt(curve, cutoff))} of the first ${cutoff}`).join(", ")}`).join(". ")}.`, (width) => ({
    height: HEIGHT_PX,
    marginLeft: LEFT_PX,
    marginRight: RIGHT_PX,
    marginTop: 26,
    marginBottom: 40,
    x: { type: "log", domain: [1, Math.max(2, depth)], ticks: marked.filter((cutoff) => width === CHART_WIDTHS.wide || cutoff !== 3), tickFormat: (tick: number) => String(tick), tickSize: 0, label: null },
    y: { domain: [0, tenths / 10], ticks: levels, tickFormat: (tick: number) => formatMeasure(tick, 1), tickSize: 0, label: null },
    marks: [
      plot.gridY(levels, { stroke: "var(--line)", strokeOpacity: 1 }),
      plot.text(["documents looked at"], { frameAnchor: "bottom", dy: 38, lineAnchor: "bottom", fill: "var(--muted)" }),
      ...judged.map((count) => plot.ruleX([count], { stroke: "var(--muted)", strokeDasharray: "2 3" })),
      ...judgedLabels(judged, depth, width).map(({ count, textAnchor }) => plot.text([`${count} judged`], { x: count, frameAnchor: "top", dy: -19, textAnchor, fill: "var(--muted)" })),
      ...curves.map(({ series: { color, hollow }, points }) => plot.line(points, { x: "cutoff", y: "recall", stroke: color, strokeWidth: 2.25, strokeDasharray: hollow ? "5 3" : "none" })),
      ...curves.map(({ series: each, points }) => plot.dot(points.filter(({ cutoff }) => marked.includes(cutoff)), { ...dotStyle(each), x: "cutoff", y: "recall" })),
    ],
  }));
  return figure({
    title: "Recall by depth",
    caption: html`The share of all relevant documents among the first ones, mean over queries.${judgedNote(judged)}`,
    legend: legendOf(pen, series),
    chart,
    table: {
      label: "Recall by number of documents",
      head: ["", ...marked.map((cutoff) => `@${cutoff}`)],
      rows: curves.map((curve) => [quoted(curve.series.label), ...marked.map((cutoff) => formatMeasure(recallAt(curve, cutoff)))]),
    },
  });
}

/**
 * For a query, on average: candidates are passages, of which several may be of one document. `null` where nothing was judged, or where
 * orders end before it shows how far judging went.
 */
function judgedDocuments(queries: readonly MeasuredQuery[]): number | null {
  const counts: number[] = [];
  for (const { answer } of queries) {
    const judging = answer.stages.find(({ documents }) => documents.some(({ relevance }) => relevance !== null));
    if (judging === undefined) continue;
    const count = judging.documents.filter(({ relevance }) => relevance !== null).length;
    if (count === judging.documents.length) return null;
    counts.push(count);
  }
  return counts.length === 0 ? null : Math.round(mean(counts));
}

/** Those that do not run into the one before them. At the right edge they end at their line. */
function judgedLabels(judged: readonly number[], depth: number, width: number): { readonly count: number; readonly textAnchor: "middle" | "end" }[] {
  const plotPx = width - LEFT_PX - RIGHT_PX;
  let end = 0;
  return judged.flatMap((count) => {
    const at = LEFT_PX + (plotPx * Math.log(count)) / Math.log(depth);
    const textAnchor = at + JUDGED_LABEL_PX / 2 > width ? "end" : "middle";
    const start = at - (textAnchor === "end" ? JUDGED_LABEL_PX : JUDGED_LABEL_PX / 2);
    if (start < end) return [];
    end = start + JUDGED_LABEL_PX;
    return [{ count, textAnchor }];
  });
}

function judgedNote(judged: readonly number[]): string {
  if (judged.length === 0) return "";
  const counts = new Intl.ListFormat("en-GB", { type: "disjunction" }).format(judged.map(String));
  return ` For a query ${counts} documents are judged, on average (dashed line${judged.length === 1 ? "" : "s"}): what stands further down before judging, no reranker can raise.`;
}

/** Every one of the first twenty, then steps of a twentieth: even steps on a logarithmic axis. */
function curveCutoffs(depth: number): number[] {
  const cutoffs = new Set([...TABLE_CUTOFFS.filter((cutoff) => cutoff <= depth), depth]);
  for (let cutoff = 1; cutoff <= depth; cutoff = Math.max(cutoff + 1, Math.round(cutoff * 1.05))) cutoffs.add(cutoff);
  return [...cutoffs].sort((a, b) => a - b);
}
