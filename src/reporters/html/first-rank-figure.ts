import { counted } from "../format-numbers.ts";
import { CHART_WIDTHS, type ChartPen } from "./chart-pen.ts";
import { html, type Markup } from "./markup.ts";
import { figure, named } from "./page-parts.ts";
import { deepestRank, firstRelevantRank, type TwoOrders } from "./stage-orders.ts";

/** Upper ends of the classes that ranks are counted in. */
const CLASS_ENDS = [1, 3, 5, 10, 20, 50, 100, 200, 500, 1000, Number.POSITIVE_INFINITY];
const NONE = "none";
const MAX_CELL_PX = 52;
const LEAST_OPACITY = 0.12;
const MOST_OPACITY = 0.5;
const WIDE_SIDE_PX = 412;
const LEFT_PX = 58;
const TOP_PX = 44;

export interface FirstRankNames {
  readonly title: string;
  /** "recall", "rerank", or labels of variants. */
  readonly from: string;
  readonly to: string;
}

/** Where the first relevant document of every query stood, and where it stands now: queries counted in classes of ranks. */
export function firstRankFigure(pen: ChartPen, orders: readonly TwoOrders[], { title, from, to }: FirstRankNames): Markup {
  const { plot } = pen;
  const ranks = orders.map((each) => ({ before: firstRelevantRank(each.from, each.query), after: firstRelevantRank(each.to, each.query) }));
  const classes = rankClasses(orders);
  const labelOf = (rank: number | null) => classes.find(({ end }) => rank !== null && rank <= end)?.label ?? NONE;
  const used = new Set(ranks.flatMap(({ before, after }) => [labelOf(before), labelOf(after)]));
  // Up to the last class that holds a query: what lies behind it is empty in both directions.
  const labels = [...classes.map(({ label }) => label).slice(0, classes.findLastIndex(({ label }) => used.has(label)) + 1), ...(used.has(NONE) ? [NONE] : [])];
  const cells = labels.flatMap((after, row) =>
    labels.map((before, column) => ({
      before, after, count: ranks.filter((each) => labelOf(each.before) === before && labelOf(each.after) === after).length, gain: Math.sign(column - row),
    })),
  ).filter(({ count }) => count > 0);
  const most = Math.max(...cells.map(({ count }) => count));
  const opacity = ({ count }: { count: number }) => LEAST_OPACITY + (MOST_OPACITY - LEAST_OPACITY) * Math.sqrt(count / most);
  const color = { "1": "var(--gain)", "0": "var(--neutral)", "-1": "var(--loss)" } as Record<string, string>;

  const chart = pen.drawBoth(describe(ranks, from, to), (width) => {
    const side = LEFT_PX + Math.min(width === CHART_WIDTHS.wide ? WIDE_SIDE_PX : width - LEFT_PX, labels.length * MAX_CELL_PX);
    // "51–100" is wider than a cell of the small drawing.
    const tickFormat = (label: string) => (width === CHART_WIDTHS.wide ? label : label.replace(/^.*–/, "≤"));
    return {
      width: side,
      height: side - LEFT_PX + TOP_PX,
      margin: 1,
      marginLeft: LEFT_PX,
      marginTop: TOP_PX,
      padding: 0.04,
      x: { domain: labels, axis: "top", label: null, tickSize: 0, tickFormat },
      y: { domain: labels, label: null, tickSize: 0, tickFormat },
      marks: [
        plot.cell(labels.flatMap((after) => labels.map((before) => ({ before, after }))), { x: "before", y: "after", fill: "var(--line)", fillOpacity: 0.4, rx: 2 }),
        ["1", "0", "-1"].map((gain) =>
          plot.cell(cells.filter((cell) => String(cell.gain) === gain), { x: "before", y: "after", fill: color[gain] ?? "none", fillOpacity: { value: opacity, scale: null }, rx: 2 }),
        ),
        plot.text(cells, { x: "before", y: "after", text: ({ count }: { count: number }) => String(count), fontVariant: "tabular-nums" }),
        plot.text(["before"], { frameAnchor: "top", dy: -TOP_PX + 2, lineAnchor: "top", fill: "var(--muted)" }),
        plot.text(["after"], { frameAnchor: "left", dx: -LEFT_PX + 7, rotate: -90, fill: "var(--muted)" }),
      ],
    };
  });
  return figure({
    title,
    caption: html`${movementText(ranks)} Columns say where it stood in ${named(from)}, rows where it stands in ${named(to)}; the numbers count queries.`,
    legend: html`<ul class="legend"><li class="key gain-key">moved up</li><li class="key loss-key">moved down</li><li class="key neutral-key">stayed in its class</li></ul>`,
    chart,
    table: {
      label: title,
      head: ["after, by before", ...labels],
      rows: labels.map((after) => [after, ...labels.map((before) => cells.find((cell) => cell.before === before && cell.after === after)?.count ?? "–")]),
    },
  });
}

interface RankPair {
  readonly before: number | null;
  readonly after: number | null;
}

function movementText(ranks: readonly RankPair[]): string {
  const place = (rank: number | null) => rank ?? Number.POSITIVE_INFINITY;
  const up = ranks.filter(({ before, after }) => place(after) < place(before)).length;
  const down = ranks.filter(({ before, after }) => place(after) > place(before)).length;
  return `The first relevant document moved up in ${counted(up, "query", "queries")}, down in ${down}, and kept its rank in ${ranks.length - up - down}.`;
}

function describe(ranks: readonly RankPair[], from: string, to: string): string {
  return `Rank of the first relevant document in ${from} against ${to}. ${movementText(ranks)}`;
}

function rankClasses(orders: readonly TwoOrders[]): { readonly label: string; readonly end: number }[] {
  const depth = Math.max(1, deepestRank(orders.flatMap(({ from, to }) => [from, to])));
  const ends = CLASS_ENDS.slice(0, CLASS_ENDS.findIndex((end) => end >= depth) + 1);
  return ends.map((end, position) => {
    const start = (ends[position - 1] ?? 0) + 1;
    const last = Math.min(end, depth);
    return { end, label: start >= last ? String(last) : `${start}–${last}` };
  });
}
