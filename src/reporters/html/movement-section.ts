import type { MovedQuery, VariantDifference } from "../../domain/evaluation.ts";
import type { Evaluation } from "../../pipeline/evaluation.ts";
import type { ChartPen } from "./chart-pen.ts";
import { chooseQueries } from "./choose-queries.ts";
import { differenceFigure } from "./difference-figure.ts";
import { firstRankFigure } from "./first-rank-figure.ts";
import { html, type Insert, type Markup } from "./markup.ts";
import { quoted, section } from "./page-parts.ts";
import { queryTable } from "./query-table.ts";
import { slopeCharts, type SlopeSides } from "./slope-charts.ts";
import { ordersOf } from "./stage-orders.ts";

/** Two rows of two. */
const MOST_SHOWN = 4;

const SLOPE_NOTE = html`<div class="note"><h3>Query by query</h3>
<p>A line leads from a document’s rank before to its rank after; the spacing is logarithmic, as the first places matter most. Solid lines are relevant documents, dotted ones are others that stood above them or came first.</p>
<ul class="legend"><li class="key gain-key">relevant, moved up</li><li class="key loss-key">relevant, moved down</li><li class="key neutral-key">unmoved, or not relevant</li></ul></div>`;

/** From the first stage to the last: all queries at a glance, some of them document by document, and all in a table. */
export function movementSection(pen: ChartPen, evaluation: Evaluation): Markup | null {
  const from = evaluation.stages[0];
  const to = evaluation.stages.at(-1);
  if (from === undefined || to === undefined || from === to) return null;
  const orders = ordersOf({ queries: evaluation.queries, stage: from.name }, { queries: evaluation.queries, stage: to.name });
  const { gains, losses, typical } = chooseQueries(orders);
  const sides = { from: from.name, to: to.name, depth: evaluation.settings.depth };
  return section(
    "movement",
    "What moved",
    differenceFigure(pen, evaluation.paired, evaluation.corpus === null ? "Run against run" : "Stage against stage"),
    firstRankFigure(pen, orders, { title: "The first relevant document of every query", from: from.name, to: to.name }),
    SLOPE_NOTE,
    slopeGroup(pen, "Queries that gained most", gains, sides),
    slopeGroup(pen, "Queries that lost most", losses, sides),
    slopeGroup(pen, "Typical queries", typical, sides),
    queryTable(orders),
  );
}

/** Each variant against the first one, in the same way. */
export function comparisonSection(pen: ChartPen, evaluations: readonly Evaluation[], differences: readonly VariantDifference[]): Markup {
  const [baseline] = evaluations;
  return section(
    "comparison",
    "Variant against variant",
    differences.length === 0 ? "" : differenceFigure(pen, differences, "Differences"),
    differences.map((difference) => {
      const other = evaluations.find(({ label }) => label === difference.to);
      return baseline === undefined || other === undefined ? "" : variantMovement(pen, baseline, other, difference);
    }),
  );
}

function variantMovement(pen: ChartPen, baseline: Evaluation, other: Evaluation, { gains, losses }: VariantDifference): Markup {
  const orders = ordersOf(
    { queries: baseline.queries, stage: baseline.stages.at(-1)?.name ?? "" },
    { queries: other.queries, stage: other.stages.at(-1)?.name ?? "" },
  );
  const sides = { from: baseline.label, to: other.label, depth: Math.max(baseline.settings.depth, other.settings.depth) };
  return html`
<h3 class="variant">${quoted(other.label)} against ${quoted(baseline.label)}</h3>
${firstRankFigure(pen, orders, { title: "The first relevant document of every query", from: baseline.label, to: other.label })}
${gains.length + losses.length === 0 ? "" : SLOPE_NOTE}
${slopeGroup(pen, "Queries that gained most", gains.slice(0, MOST_SHOWN), sides)}
${slopeGroup(pen, "Queries that lost most", losses.slice(0, MOST_SHOWN), sides)}
${queryTable(orders)}`;
}

function slopeGroup(pen: ChartPen, title: string, queries: readonly MovedQuery[], sides: SlopeSides): Insert {
  return queries.length === 0 ? "" : html`<h4 class="group">${title}</h4>${slopeCharts(pen, queries, sides)}`;
}
