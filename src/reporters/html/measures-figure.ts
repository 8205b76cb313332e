import { MEASURE_NAMES } from "../../domain/evaluation.ts";
import { CHART_WIDTHS, HALO, type ChartPen } from "./chart-pen.ts";
import { formatMeasure, formatMeasureRange, measureTitle } from "./format-measures.ts";
import { html, type Markup } from "./markup.ts";
import { figure, quoted } from "./page-parts.ts";
import { dotStyle, legendOf, type Series } from "./series.ts";

const ROW_PX = 20;
const GAP_PX = 18;
const AXIS_PX = 26;
const LABELS_PX = 86;

/** Every measure of every series, with its interval. */
export function measuresFigure(pen: ChartPen, series: readonly Series[]): Markup {
  const { plot } = pen;
  const values = series.flatMap(({ stage }) => MEASURE_NAMES.flatMap((measure) => [stage[measure], ...stage.ci95[measure]]));
  // Whole tenths around all intervals: the same scale for all measures, without the empty part of it.
  const low = Math.min(9, Math.floor(10 * Math.max(0, Math.min(...values))));
  const high = Math.max(low + 1, Math.ceil(10 * Math.min(1, Math.max(...values))));
  const tenths = Array.from({ length: high - low + 1 }, (_, step) => (low + step) / 10);
  const groupPx = series.length * ROW_PX + GAP_PX;
  const points = MEASURE_NAMES.flatMap((measure, group) =>
    series.map((each, row) => ({ each, value: each.stage[measure], low: each.stage.ci95[measure][0], high: each.stage.ci95[measure][1], y: group * groupPx + (row + 0.5) * ROW_PX })),
  );
  const height = MEASURE_NAMES.length * groupPx - GAP_PX;
  const chart = pen.drawBoth(describe(series), (width) => ({
    height: height + AXIS_PX + 8,
    marginLeft: LABELS_PX,
    marginRight: 44,
    marginTop: 8,
    marginBottom: AXIS_PX,
    x: { domain: [low / 10, high / 10], label: null, tickSize: 0, ticks: width === CHART_WIDTHS.wide || tenths.length < 7 ? tenths : tenths.filter((_, step) => step % 2 === 0), tickFormat: (tick: number) => formatMeasure(tick, 1) },
    y: { domain: [height, 0], axis: null },
    marks: [
      plot.gridX(tenths, { stroke: "var(--line)", strokeOpacity: 1 }),
      plot.text(MEASURE_NAMES, { x: low / 10, y: (_, group) => group * groupPx + (groupPx - GAP_PX) / 2, text: measureTitle, textAnchor: "start", dx: -LABELS_PX }),
      ...series.flatMap((each) => {
        const own = points.filter((point) => point.each === each);
        return [
          plot.ruleY(own, { y: "y", x1: "low", x2: "high", stroke: each.color, strokeWidth: 2.5, strokeOpacity: 0.55 }),
          plot.dot(own, { ...dotStyle(each), x: "value", y: "y" }),
        ];
      }),
      plot.text(points, { x: "high", y: "y", text: ({ value }: { value: number }) => formatMeasure(value), textAnchor: "start", dx: 8, fontVariant: "tabular-nums", ...HALO }),
    ],
  }));
  return figure({
    title: "Measures",
    caption: html`Means over all queries, each with its 95 % interval (bootstrap over queries). Further right is better.`,
    legend: legendOf(pen, series),
    chart,
    table: {
      label: "Measures by stage",
      head: ["", ...MEASURE_NAMES.map(measureTitle)],
      rows: series.map(({ label, stage }) => [
        quoted(label),
        ...MEASURE_NAMES.map((measure) => html`${formatMeasure(stage[measure])}<br><small>${formatMeasureRange(stage.ci95[measure])}</small>`),
      ]),
    },
  });
}

function describe(series: readonly Series[]): string {
  const parts = series.map(({ label, stage }) => `${label}: ${MEASURE_NAMES.map((measure) => `${measureTitle(measure)} ${formatMeasure(stage[measure])}`).join(", ")}`);
  return `Dots with 95 % intervals. ${parts.join(". ")}.`;
}
