import type { PairedDifference, VariantDifference } from "../../domain/evaluation.ts";
import { formatPValue } from "../evaluation-wording.ts";
import { shortenEnd } from "../fit-text.ts";
import { CHART_WIDTHS, HALO, type ChartPen } from "./chart-pen.ts";
import { conclusionOf, formatPointRange, formatPoints } from "./format-measures.ts";
import { html, type Markup } from "./markup.ts";
import { figure, named, quoted } from "./page-parts.ts";

const ROW_PX = 50;
const COLORS = { better: "var(--gain)", worse: "var(--loss)", open: "var(--muted)" };

/** Differences in nDCG@10 with their intervals, around zero. */
export function differenceFigure(pen: ChartPen, differences: readonly (PairedDifference | VariantDifference)[], title: string): Markup {
  const { plot } = pen;
  const rows = differences.map((difference, position) => {
    const { from, to, ndcg10Difference, ci95: [low, high] } = difference;
    return {
      name: `${to} against ${from}`, numbers: `${formatPoints(ndcg10Difference)} points`, position,
      value: 100 * ndcg10Difference, low: 100 * low, high: 100 * high, color: COLORS[conclusionOf(difference).verdict],
    };
  });
  const reach = Math.max(1, ...rows.flatMap(({ low, high, value }) => [Math.abs(low), Math.abs(high), Math.abs(value)])) * 1.08;
  const chart = pen.drawBoth(describe(differences), (width) => ({
    height: rows.length * ROW_PX + 46,
    marginLeft: 4,
    marginRight: 4,
    marginTop: 4,
    marginBottom: 42,
    x: { domain: [-reach, reach], label: null, tickSize: 0, ticks: width === CHART_WIDTHS.wide ? 9 : 5, tickFormat: (tick: number) => formatPoints(tick / 100).replace(".0", "") },
    y: { domain: [0, rows.length], reverse: true, axis: null },
    marks: [
      plot.gridX({ stroke: "var(--line)", strokeOpacity: 1 }),
      plot.ruleX([0], { stroke: "currentColor", strokeOpacity: 0.6 }),
      plot.text(["points of nDCG@10"], { frameAnchor: "bottom", dy: 40, lineAnchor: "bottom", fill: "var(--muted)" }),
      ...rows.flatMap(({ name, numbers, position, value, low, high, color }) => [
        plot.ruleY([position + 0.72], { x1: low, x2: high, stroke: color, strokeWidth: 2.5, strokeOpacity: 0.6 }),
        plot.dot([value], { x: [value], y: [position + 0.72], r: 4.5, fill: color }),
        plot.text([shortenEnd(name, width === CHART_WIDTHS.wide ? 80 : 32, "…")], { x: [-reach], y: [position + 0.28], textAnchor: "start", ...HALO }),
        plot.text([numbers], { x: [reach], y: [position + 0.28], textAnchor: "end", fontVariant: "tabular-nums", ...HALO }),
      ]),
    ],
  }));
  const hasTau = differences.some((difference) => "kendallTau" in difference);
  return figure({
    title,
    caption: html`Mean difference in nDCG@10 over the same queries, in points of .01, with its 95 % interval. Right of zero the first named is better.${
      hasTau ? " Kendall’s tau says how alike two orders are in their first ten: 1 is the same, 0 unrelated, −1 reversed." : ""}`,
    chart: html`${chart}
<ul class="verdicts">${differences.map((difference) => html`<li>${named(`${difference.to} against ${difference.from}`)}: ${conclusionOf(difference).conclusion}${tauText(difference)}.</li>`)}</ul>`,
    table: {
      label: title,
      head: ["", "points", "95 % interval", "p"],
      rows: differences.map((difference) => [
        html`${quoted(difference.to)} against ${quoted(difference.from)}`,
        formatPoints(difference.ndcg10Difference),
        formatPointRange(difference.ci95),
        formatPValue(difference.pValue).replace(/^p /, ""),
      ]),
    },
    showsTable: true,
  });
}

function tauText(difference: PairedDifference | VariantDifference): string {
  return "kendallTau" in difference ? `; tau ${difference.kendallTau.toFixed(2).replace("-", "−")}` : "";
}

function describe(differences: readonly PairedDifference[]): string {
  return differences
    .map((each) => `${each.to} against ${each.from}: ${formatPoints(each.ndcg10Difference)} points, 95 % interval ${formatPointRange(each.ci95)}, ${formatPValue(each.pValue)}.`)
    .join(" ");
}
