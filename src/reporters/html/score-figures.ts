import type { MeasuredQuery } from "../../domain/evaluation.ts";
import { percentile } from "../../domain/statistics.ts";
import { formatCount } from "../format-numbers.ts";
import { CHART_WIDTHS, type ChartPen } from "./chart-pen.ts";
import { html, type Insert, type Markup } from "./markup.ts";
import { formatShare } from "./format-measures.ts";
import { figure } from "./page-parts.ts";
import { winningShare } from "./winning-share.ts";

/** Scores of all ranked documents, ascending. */
interface ScoreGroups {
  readonly relevant: Float64Array;
  readonly others: Float64Array;
}

/** How one kind of score is drawn. */
interface ScoreScale {
  readonly title: string;
  readonly about: Insert;
  /** Scores at the ends of the bins, ascending. */
  readonly toAxis: (score: number) => number;
  readonly ticks: readonly number[];
  readonly domain: readonly [number, number];
  readonly format: (score: number) => string;
}

const BIN_COUNT = 44;
const MIN_TICK_PX = 40;
const HEIGHT_PX = 264;
/** Probabilities beyond are drawn at the end: the sixth nine says nothing. */
const LEAST_PROBABILITY = 0.0001;
const PROBABILITY_TICKS = [LEAST_PROBABILITY, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 1 - LEAST_PROBABILITY];

/** Cosines of relevant passages against those of all others; empty where nothing has one. */
export function similarityFigure(pen: ChartPen, queries: readonly MeasuredQuery[], title: string): Markup | null {
  const groups = scoresOf(queries, "similarity");
  if (groups.relevant.length + groups.others.length === 0) return null;
  const [low, high] = extentOf(groups);
  const domain = [Math.floor(20 * low) / 20, Math.max(Math.ceil(20 * high) / 20, Math.floor(20 * low) / 20 + 0.05)] as const;
  return scoreFigure(pen, groups, {
    title, domain, about: "Cosine between query and passage.", toAxis: (score) => score, ticks: [], format: (score) => withoutZero(score.toFixed(3)),
  });
}

/** The reranker’s probabilities in the same way. */
export function relevanceFigure(pen: ChartPen, queries: readonly MeasuredQuery[], title: string): Markup | null {
  const groups = scoresOf(queries, "relevance");
  if (groups.relevant.length + groups.others.length === 0) return null;
  const [low, high] = extentOf(groups);
  return scoreFigure(pen, groups, {
    title,
    about: "The reranker’s probability that the passage answers the query; the axis is stretched at both ends, where most of them lie.",
    toAxis: logit,
    ticks: PROBABILITY_TICKS,
    domain: [PROBABILITY_TICKS.findLast((tick) => tick <= low) ?? LEAST_PROBABILITY, PROBABILITY_TICKS.find((tick) => tick >= high) ?? 1 - LEAST_PROBABILITY],
    format: (score) => (score < 0.001 ? "< .001" : score > 0.999 ? "> .999" : withoutZero(score.toFixed(3))),
  });
}

function scoreFigure(pen: ChartPen, groups: ScoreGroups, scale: ScoreScale): Markup {
  const { plot } = pen;
  const [start, end] = scale.domain.map(scale.toAxis) as [number, number];
  const bins = { relevant: binned(groups.relevant, scale, start, end), others: binned(groups.others, scale, start, end) };
  const most = Math.max(...bins.relevant, ...bins.others);
  const step = (end - start) / BIN_COUNT;
  const bars = (shares: readonly number[], sign: number) =>
    shares.flatMap((share, bin) => (share === 0 ? [] : [{ x1: start + bin * step, x2: start + (bin + 1) * step, y: sign * share }]));
  const medianOf = (scores: Float64Array) => percentile(scores, 0.5);
  const clamp = (score: number) => Math.min(end, Math.max(start, scale.toAxis(score)));

  const chart = pen.drawBoth(describe(groups, scale), (width) => ({
    height: HEIGHT_PX,
    marginLeft: 16,
    marginRight: 16,
    marginTop: 8,
    marginBottom: 34,
    x: {
      domain: [start, end],
      label: null,
      tickSize: 0,
      tickPadding: 14,
      ...(scale.ticks.length > 0
        ? { ticks: spacedTicks(scale, ((end - start) * MIN_TICK_PX) / width), tickFormat: (at: number) => probabilityTick(at) }
        : { ticks: width === CHART_WIDTHS.wide ? 10 : 5, tickFormat: (tick: number) => withoutZero(tick.toFixed(2)) }),
    },
    y: { domain: [-1.12 * most, 1.12 * most], axis: null },
    marks: [
      plot.rectY(bars(bins.relevant, 1), { x1: "x1", x2: "x2", y1: 0, y2: "y", fill: "var(--gain)", insetLeft: 0.5, insetRight: 0.5 }),
      plot.rectY(bars(bins.others, -1), { x1: "x1", x2: "x2", y1: 0, y2: "y", fill: "var(--neutral)", insetLeft: 0.5, insetRight: 0.5 }),
      plot.ruleY([0], { stroke: "currentColor", strokeOpacity: 0.5 }),
      ...(["relevant", "others"] as const).flatMap((group) => {
        if (groups[group].length === 0) return [];
        const at = clamp(medianOf(groups[group]));
        const sign = group === "relevant" ? 1 : -1;
        const anchor = at > start + 0.75 * (end - start) ? "end" : at < start + 0.25 * (end - start) ? "start" : "middle";
        return [
          plot.ruleX([at], { y1: 0, y2: sign * 1.04 * most, stroke: "currentColor", strokeDasharray: "2 3" }),
          plot.text([`${group === "relevant" ? "relevant" : "other"}, median ${scale.format(medianOf(groups[group]))}`], {
            x: at, y: sign * 1.12 * most, lineAnchor: group === "relevant" ? "top" : "bottom", textAnchor: anchor, dy: sign * -4, dx: anchor === "start" ? 6 : anchor === "end" ? -6 : 0,
          }),
        ];
      }),
    ],
  }));
  const quantiles = [0.05, 0.25, 0.5, 0.75, 0.95];
  return figure({
    title: scale.title,
    caption: html`${scale.about} Above the line the ${formatCount(groups.relevant.length)} relevant passages, below it the ${formatCount(groups.others.length)} others, unjudged ones among them; each side adds up to 100 %. ${winText(groups)}`,
    chart,
    table: {
      label: `${scale.title}: quantiles`,
      head: ["", "passages", ...quantiles.map((share) => formatShare(share))],
      rows: (["relevant", "others"] as const).map((group) => [
        group, formatCount(groups[group].length), ...quantiles.map((share) => (groups[group].length === 0 ? "–" : scale.format(percentile(groups[group], share)))),
      ]),
    },
    tableTitle: "The quantiles",
  });
}

function winText({ relevant, others }: ScoreGroups): string {
  if (relevant.length === 0) return "None of the ranked passages is relevant.";
  if (others.length === 0) return "All of the ranked passages are relevant.";
  return `Of a relevant passage and another one, drawn from all queries, the relevant one scores higher in ${formatShare(winningShare(relevant, others))} of the cases.`;
}

function describe(groups: ScoreGroups, { title, format }: ScoreScale): string {
  const medianOf = (scores: Float64Array) => (scores.length === 0 ? "none" : `median ${format(percentile(scores, 0.5))}`);
  return `${title}. Relevant passages: ${medianOf(groups.relevant)}. Others: ${medianOf(groups.others)}. ${winText(groups)}`;
}

/** Each ranked document of each query once, with the score of the last stage that gives one. */
function scoresOf(queries: readonly MeasuredQuery[], kind: "similarity" | "relevance"): ScoreGroups {
  const relevant: number[] = [];
  const others: number[] = [];
  for (const { query, answer } of queries) {
    const scores = new Map<string, number>();
    for (const { documents } of answer.stages) {
      for (const document of documents) {
        const score = document[kind];
        if (score !== null && Number.isFinite(score)) scores.set(document.documentId, score);
      }
    }
    for (const [documentId, score] of scores) ((query.grades.get(documentId) ?? 0) >= 1 ? relevant : others).push(score);
  }
  return { relevant: Float64Array.from(relevant).sort(), others: Float64Array.from(others).sort() };
}

/** Ticks within the domain, none nearer to the one before it than `distance`, in units of the axis. */
function spacedTicks({ ticks, domain: [low, high], toAxis }: ScoreScale, distance: number): number[] {
  const kept: number[] = [];
  for (const tick of ticks) {
    if (tick < low || tick > high || toAxis(tick) - (kept.at(-1) ?? Number.NEGATIVE_INFINITY) < distance) continue;
    kept.push(toAxis(tick));
  }
  return kept;
}

function extentOf({ relevant, others }: ScoreGroups): readonly [low: number, high: number] {
  const ends = [relevant.at(0), relevant.at(-1), others.at(0), others.at(-1)].filter((score) => score !== undefined);
  return [Math.min(...ends), Math.max(...ends)];
}

/** Share of the scores in each bin. What lies beyond the domain counts in the first and the last one. */
function binned(scores: Float64Array, { toAxis }: ScoreScale, start: number, end: number): number[] {
  const shares = Array.from<number>({ length: BIN_COUNT }).fill(0);
  for (const score of scores) {
    const bin = Math.floor(((toAxis(score) - start) / (end - start)) * BIN_COUNT);
    const kept = Math.min(BIN_COUNT - 1, Math.max(0, bin));
    shares[kept] = (shares[kept] ?? 0) + 1 / scores.length;
  }
  return shares;
}

/** "0.87" as ".87", "-0.05" as "−.05". */
function withoutZero(number: string): string {
  return number.replace(/^(-?)0\./, "$1.").replace("-", "−");
}

function logit(probability: number): number {
  const bounded = Math.min(1 - LEAST_PROBABILITY, Math.max(LEAST_PROBABILITY, probability));
  return Math.log(bounded / (1 - bounded));
}

function probabilityTick(at: number): string {
  const probability = 1 / (1 + Math.exp(-at));
  const digits = Math.max(1, Math.round(-Math.log10(Math.min(probability, 1 - probability))));
  return withoutZero(probability.toFixed(digits));
}
