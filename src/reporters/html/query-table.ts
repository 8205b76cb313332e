import { counted } from "../format-numbers.ts";
import { shortenEnd } from "../fit-text.ts";
import { formatMeasure, formatPoints } from "./format-measures.ts";
import { html, type Markup } from "./markup.ts";
import { folded, tableOf } from "./page-parts.ts";
import { firstRelevantRank, type TwoOrders } from "./stage-orders.ts";

/** More would make the page slow to open; those that changed least are left out. */
const MAX_ROWS = 500;
const QUERY_COLUMNS = 110;

/** Every query with its numbers before and after, largest gain first. */
export function queryTable(orders: readonly TwoOrders[]): Markup {
  const change = ({ fromNdcg10, toNdcg10 }: TwoOrders) => toNdcg10 - fromNdcg10;
  const shown = [...orders].sort((a, b) => Math.abs(change(b)) - Math.abs(change(a))).slice(0, MAX_ROWS).sort((a, b) => change(b) - change(a));
  const left = orders.length - shown.length;
  const title = left === 0 ? `All ${counted(orders.length, "query", "queries")}` : `The ${counted(shown.length, "query", "queries")} that changed most`;
  const rank = (value: number | null) => (value === null ? "–" : String(value));
  const table = tableOf({
    label: title,
    head: ["Query", "first relevant", "nDCG@10", "points"],
    rows: shown.map((each) => [
      html`<bdi>${shortenEnd(each.query.text, QUERY_COLUMNS, "…")}</bdi>`,
      `${rank(firstRelevantRank(each.from, each.query))} → ${rank(firstRelevantRank(each.to, each.query))}`,
      `${formatMeasure(each.fromNdcg10)} → ${formatMeasure(each.toNdcg10)}`,
      formatPoints(change(each)),
    ]),
  });
  return folded(title, html`${table}${left === 0 ? "" : html`<p class="muted">${counted(left, "query", "queries")} that changed less ${left === 1 ? "is" : "are"} left out.</p>`}`);
}
