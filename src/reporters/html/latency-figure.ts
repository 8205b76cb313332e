import { formatDuration } from "../format-numbers.ts";
import { percentile } from "../../domain/statistics.ts";
import { stageOf } from "../../domain/measure-answers.ts";
import { shortenEnd } from "../fit-text.ts";
import { CHART_WIDTHS, HALO, type ChartPen } from "./chart-pen.ts";
import { html, type Markup } from "./markup.ts";
import { figure, quoted } from "./page-parts.ts";
import type { Series } from "./series.ts";

const ROW_PX = 78;
/** In heights of the highest bar. */
const ROW_HEIGHT = 1.75;
/** Nothing is drawn shorter: a logarithmic scale has no zero. */
const LEAST_MS = 0.05;
const BIN_COUNT = 60;
const TICKS_MS = [0.1, 1, 10, 100, 1000, 10_000, 100_000, 1_000_000];

/** How long queries took until each stage's order was known; `null` where nobody measured it. */
export function latencyFigure(pen: ChartPen, allSeries: readonly Series[]): Markup | null {
  const rows = allSeries
    .map((series) => ({ series, timesMs: timesOf(series) }))
    .filter(({ timesMs }) => timesMs.length > 0);
  if (rows.length === 0) return null;
  const { plot } = pen;
  const shortest = Math.max(LEAST_MS, Math.min(...rows.map(({ timesMs }) => timesMs[0] ?? 1)));
  const longest = Math.max(shortest, ...rows.map(({ timesMs }) => timesMs.at(-1) ?? 1));
  // Stages differ by factors: a logarithmic scale, with room on both sides.
  const start = Math.log10(shortest / 1.6);
  const end = Math.log10(longest * 2);
  const step = (end - start) / BIN_COUNT;
  const ticks = TICKS_MS.map((elapsedMs) => Math.log10(elapsedMs)).filter((tick) => tick >= start && tick <= end);
  const drawn = rows.map(({ series, timesMs }) => {
    const counts = Array.from<number>({ length: BIN_COUNT }).fill(0);
    for (const elapsedMs of timesMs) {
      const bin = Math.min(BIN_COUNT - 1, Math.max(0, Math.floor((Math.log10(Math.max(elapsedMs, LEAST_MS)) - start) / step)));
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    const most = Math.max(...counts);
    const bars = counts.flatMap((count, bin) => (count === 0 ? [] : [{ x1: start + bin * step, x2: start + (bin + 1) * step, height: count / most }]));
    return { series, bars, p50: percentile(timesMs, 0.5), p95: percentile(timesMs, 0.95) };
  });

  const chart = pen.drawBoth(describe(drawn), (width) => ({
    height: rows.length * ROW_PX + 34,
    marginLeft: 4,
    marginRight: 4,
    marginTop: 8,
    marginBottom: 26,
    x: {
      domain: [start, end], label: null, tickSize: 0,
      ticks,
      tickFormat: (tick: number) => formatDuration(10 ** tick).replace(".0 s", " s"),
    },
    // A row is 1.75 bars high: the highest bar, and a line of text above it.
    y: { domain: [drawn.length * ROW_HEIGHT, 0], axis: null },
    marks: [
      plot.gridX(ticks, { stroke: "var(--line)", strokeOpacity: 1 }),
      ...drawn.flatMap(({ series, bars, p50, p95 }, row) => {
        const ground = (row + 1) * ROW_HEIGHT;
        const marks = [p50, p95].map((elapsedMs) => Math.log10(Math.max(elapsedMs, LEAST_MS)));
        const isRight = (marks[0] ?? start) > (start + end) / 2;
        const name = shortenEnd(series.label, width === CHART_WIDTHS.wide ? 50 : 20, "…");
        const text = `${name}: median ${formatDuration(p50)}, ${width === CHART_WIDTHS.wide ? "95 % within" : "p95"} ${formatDuration(p95)}`;
        return [
          plot.rect(bars, { x1: "x1", x2: "x2", y1: ground, y2: ({ height }: { height: number }) => ground - height, fill: series.color, fillOpacity: series.hollow ? 0.5 : 0.85, insetRight: 0.5 }),
          plot.ruleX(marks, { y1: ground, y2: ground - 1.15, stroke: "currentColor", strokeOpacity: 0.8 }),
          plot.text([text], { x: marks.slice(isRight ? 1 : 0), y: ground - 1.38, textAnchor: isRight ? "end" : "start", dx: isRight ? 2 : -2, fontVariant: "tabular-nums", ...HALO }),
          plot.ruleY([ground], { stroke: "currentColor", strokeOpacity: 0.4 }),
        ];
      }),
    ],
  }));
  return figure({
    title: "Time for a query",
    caption: html`From the query’s start until the stage’s order was known, on the machine that ran this. The scale is logarithmic; the marks stand at the median and at the 95th percentile.`,
    chart,
    table: {
      label: "Time for a query by stage",
      head: ["", "mean", "median", "p95", "pairs a second"],
      rows: drawn.map(({ series: { label, stage }, p50, p95 }) => [
        quoted(label),
        stage.meanMs === null ? "–" : formatDuration(stage.meanMs),
        formatDuration(p50),
        formatDuration(stage.p95Ms ?? p95),
        stage.pairsPerSecond === null ? "–" : stage.pairsPerSecond.toFixed(stage.pairsPerSecond < 10 ? 1 : 0),
      ]),
    },
  });
}

/** ms, ascending. */
function timesOf({ evaluation, stage }: Series): Float64Array {
  const times = evaluation.queries.flatMap(({ answer }) => stageOf(answer, stage.name)?.elapsedMs ?? []);
  return Float64Array.from(times).sort();
}

function describe(rows: readonly { readonly series: Series; readonly p50: number; readonly p95: number }[]): string {
  return `Time for a query. ${rows.map(({ series, p50, p95 }) => `${series.label}: median ${formatDuration(p50)}, 95th percentile ${formatDuration(p95)}`).join(". ")}.`;
}
