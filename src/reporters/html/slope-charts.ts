import type { MovedDocument, MovedQuery } from "../../domain/evaluation.ts";
import { shortenEnd } from "../fit-text.ts";
import type { ChartPen } from "./chart-pen.ts";
import { formatMeasure } from "./format-measures.ts";
import { html, type Insert, type Markup } from "./markup.ts";
import { folded, quoted } from "./page-parts.ts";

const WIDTH_PX = 344;
const HEIGHT_PX = 230;
const LABEL_GAP_PX = 13;
const EXCERPT_COLUMNS = 220;
const QUERY_COLUMNS = 240;

/** What the two sides of the slopes are, and how many documents a side has. */
export interface SlopeSides {
  readonly from: string;
  readonly to: string;
  readonly depth: number;
}

/** One query each: lines from the rank of before to the rank of after, and the passages to read. */
export function slopeCharts(pen: ChartPen, queries: readonly MovedQuery[], sides: SlopeSides): Markup {
  return html`<div class="slopes">${queries.map((query) => slopeChart(pen, query, sides))}</div>`;
}

function slopeChart(pen: ChartPen, query: MovedQuery, sides: SlopeSides): Markup {
  const direction = Math.sign(query.toNdcg10 - query.fromNdcg10);
  return html`
<figure class="slope">
<figcaption><h5 dir="auto">${shortenEnd(query.text, QUERY_COLUMNS, "…")}</h5>
<p>nDCG@10 ${formatMeasure(query.fromNdcg10)} <span class="${direction > 0 ? "gain" : direction < 0 ? "loss" : "muted"}">→ ${formatMeasure(query.toNdcg10)}</span></p></figcaption>
${query.documents.length === 0 ? html`<p class="muted">No relevant document in either order.</p>` : drawing(pen, query, sides)}
${query.documents.length === 0 ? "" : folded("The passages", passageList(query.documents))}
</figure>`;
}

function drawing(pen: ChartPen, query: MovedQuery, { from, to, depth }: SlopeSides): Markup {
  const { plot } = pen;
  const deepest = Math.max(10, ...query.documents.flatMap(({ fromRank, toRank }) => [fromRank ?? 1, toRank ?? 1]));
  const isMissing = query.documents.some(({ fromRank, toRank }) => fromRank === null || toRank === null);
  const bottom = isMissing ? deepest * 1.6 : deepest;
  const place = (rank: number | null) => rank ?? bottom;
  // Ranks are drawn on a logarithmic scale: from 1 to 2 is as far as from 10 to 20, as it is for a reader.
  const y = (rank: number | null) => (Math.log(place(rank)) / Math.log(bottom)) * (HEIGHT_PX - 52) + 34;
  const lines = query.documents.map((document) => ({ ...document, y1: y(document.fromRank), y2: y(document.toRank) }));
  const relevant = lines.filter(({ grade }) => grade >= 1);
  const others = lines.filter(({ grade }) => grade < 1);
  const labels = (side: "y1" | "y2") => spacedLabels(relevant, others, side);
  const left = 46;
  const right = WIDTH_PX - 46;

  return pen.draw(describe(query, from, to), {
    width: WIDTH_PX,
    height: HEIGHT_PX,
    margin: 0,
    x: { domain: [0, WIDTH_PX], axis: null },
    y: { domain: [HEIGHT_PX, 0], axis: null },
    marks: [
      plot.ruleX([left, right], { stroke: "var(--line)", y1: 28, y2: HEIGHT_PX - 10 }),
      plot.link(others, { x1: left, x2: right, y1: "y1", y2: "y2", stroke: "var(--neutral)", strokeDasharray: "3 3" }),
      plot.dot(others.flatMap(({ y1, y2 }) => [[left, y1], [right, y2]]), { r: 2.5, fill: "var(--paper)", stroke: "var(--neutral)" }),
      ...["gain", "loss", "muted"].flatMap((kind) => {
        const some = relevant.filter((document) => kindOf(document) === kind);
        return [
          plot.link(some, { x1: left, x2: right, y1: "y1", y2: "y2", stroke: `var(--${kind})`, strokeWidth: 2.5 }),
          plot.dot(some.flatMap(({ y1, y2 }) => [[left, y1], [right, y2]]), { r: 4, fill: `var(--${kind})` }),
        ];
      }),
      plot.text(labels("y1"), { x: left - 12, y: "y", text: "text", textAnchor: "end", fill: { value: "color", scale: null }, fontVariant: "tabular-nums" }),
      plot.text(labels("y2"), { x: right + 12, y: "y", text: "text", textAnchor: "start", fill: { value: "color", scale: null }, fontVariant: "tabular-nums" }),
      plot.text([[left, shortenEnd(from, 22, "…")]], { x: "0", y: 10, text: "1", textAnchor: "start", dx: -6, fill: "var(--muted)" }),
      plot.text([[right, shortenEnd(to, 22, "…")]], { x: "0", y: 10, text: "1", textAnchor: "end", dx: 6, fill: "var(--muted)" }),
      ...(isMissing ? [plot.text([`not among the first ${depth}`], { x: WIDTH_PX / 2, y: y(null), dy: 12, fill: "var(--muted)" })] : []),
    ],
  });
}

interface Line extends MovedDocument {
  readonly y1: number;
  readonly y2: number;
}

function kindOf({ fromRank, toRank }: MovedDocument): "gain" | "loss" | "muted" {
  const places = (fromRank ?? Number.POSITIVE_INFINITY) - (toRank ?? Number.POSITIVE_INFINITY);
  // Infinity minus itself is NaN: in neither order.
  return places > 0 ? "gain" : places < 0 ? "loss" : "muted";
}

/** Ranks beside their dots. Those of relevant documents go first, and what would be written over another number is left out. */
function spacedLabels(relevant: readonly Line[], others: readonly Line[], side: "y1" | "y2") {
  const rankOf = ({ fromRank, toRank }: Line) => (side === "y1" ? fromRank : toRank);
  const labels: { y: number; text: string; color: string }[] = [];
  for (const [lines, color] of [[relevant, "currentColor"], [others, "var(--muted)"]] as const) {
    for (const line of [...lines].sort((a, b) => a[side] - b[side])) {
      if (labels.some(({ y }) => Math.abs(y - line[side]) < LABEL_GAP_PX)) continue;
      labels.push({ y: line[side], text: String(rankOf(line) ?? "–"), color });
    }
  }
  return labels;
}

function passageList(documents: readonly MovedDocument[]): Markup {
  const byRank = [...documents].sort((a, b) => (a.toRank ?? Number.POSITIVE_INFINITY) - (b.toRank ?? Number.POSITIVE_INFINITY));
  return html`<ul class="passages">${byRank.map(passageItem)}</ul>`;
}

function passageItem(document: MovedDocument): Markup {
  const { documentId, grade, fromRank, toRank, excerpt } = document;
  const judgment: Insert = grade >= 1 ? html`<strong>relevant</strong>${grade > 1 ? `, grade ${grade}` : ""}` : "not relevant";
  return html`
<li class="${grade >= 1 ? "relevant" : "other"}"><p class="place"><span class="${kindOf(document)}">${rankText(fromRank)} → ${rankText(toRank)}</span> · ${judgment} · ${quoted(documentId)}</p>
<p dir="auto">${excerpt === "" ? html`<span class="muted">No excerpt was kept of it.</span>` : shortenEnd(excerpt, EXCERPT_COLUMNS, "…")}</p></li>`;
}

function rankText(rank: number | null): string {
  return rank === null ? "–" : String(rank);
}

function describe({ documents }: MovedQuery, from: string, to: string): string {
  const moves = documents.filter(({ grade }) => grade >= 1).map(({ fromRank, toRank }) => `${rankText(fromRank)} to ${rankText(toRank)}`);
  return `Ranks of the relevant documents, from ${from} to ${to}: ${moves.length === 0 ? "none was found" : moves.join(", ")}.`;
}
