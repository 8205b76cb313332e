import type { MovedDocument, MovedQuery } from "../../domain/evaluation.ts";
import { firstRelevantRank, type TwoOrders } from "./stage-orders.ts";

/** Queries that are shown document by document. */
export interface ChosenQueries {
  /** Largest difference first. */
  readonly gains: readonly MovedQuery[];
  readonly losses: readonly MovedQuery[];
  /** Those whose difference is nearest to the median, among queries in which something relevant moves. */
  readonly typical: readonly MovedQuery[];
}

const EXTREME_COUNT = 4;
const TYPICAL_COUNT = 2;
const MAX_RELEVANT = 8;
/** What nDCG@10 sees. */
const TOP_RANKS = 10;
/** Documents that stand above the first relevant one, of each order. */
const MAX_ABOVE = 3;

/** Which queries to look at, and in each the relevant documents with what stands above them. */
export function chooseQueries(orders: readonly TwoOrders[]): ChosenQueries {
  const sorted = [...orders].sort((a, b) => differenceOf(b) - differenceOf(a));
  const gains = sorted.filter((each) => differenceOf(each) > 0).slice(0, EXTREME_COUNT);
  const losses = sorted.filter((each) => differenceOf(each) < 0).slice(-EXTREME_COUNT).reverse();
  const others = sorted.filter((each) => !gains.includes(each) && !losses.includes(each) && firstRelevantRank([...each.from, ...each.to], each.query) !== null);
  const median = differenceOf(sorted[Math.floor(sorted.length / 2)]);
  const typical = others
    .map((each) => ({ each, movedQuery: movedQueryOf(each) }))
    .sort((a, b) => stillness(a.movedQuery) - stillness(b.movedQuery) || Math.abs(differenceOf(a.each) - median) - Math.abs(differenceOf(b.each) - median))
    .slice(0, TYPICAL_COUNT);
  return { gains: gains.map(movedQueryOf), losses: losses.map(movedQueryOf), typical: typical.map(({ movedQuery }) => movedQuery) };
}

function differenceOf(orders: TwoOrders | undefined): number {
  return orders === undefined ? 0 : orders.toNdcg10 - orders.fromNdcg10;
}

/** Queries in which no relevant document moves come last: there is nothing to see. */
function stillness({ documents }: MovedQuery): number {
  return documents.some(({ grade, fromRank, toRank }) => grade >= 1 && fromRank !== toRank) ? 0 : 1;
}

function movedQueryOf({ query, from, to, fromNdcg10, toNdcg10, excerpts }: TwoOrders): MovedQuery {
  const fromRanks = ranksOf(from);
  const toRanks = ranksOf(to);
  const bestRank = (id: string) => Math.min(fromRanks.get(id) ?? Number.POSITIVE_INFINITY, toRanks.get(id) ?? Number.POSITIVE_INFINITY);
  const found = [...query.grades.keys()].filter((id) => (query.grades.get(id) ?? 0) >= 1 && bestRank(id) < Number.POSITIVE_INFINITY).sort((a, b) => bestRank(a) - bestRank(b));
  // Far down and unmoved: lines that say nothing, unless there are no others.
  const telling = found.filter((id) => bestRank(id) <= TOP_RANKS || fromRanks.get(id) !== toRanks.get(id));
  const relevant = (telling.length === 0 ? found : telling).slice(0, MAX_RELEVANT);
  const above = [from, to].flatMap((order) => order.slice(0, Math.min((firstRelevantRank(order, query) ?? MAX_ABOVE + 1) - 1, MAX_ABOVE)));
  const ids = [...new Set([...relevant, ...above.map(({ documentId }) => documentId)])];
  const documents = ids.map((documentId): MovedDocument => ({
    documentId,
    grade: query.grades.get(documentId) ?? 0,
    fromRank: fromRanks.get(documentId) ?? null,
    toRank: toRanks.get(documentId) ?? null,
    excerpt: excerpts.get(documentId) ?? "",
  }));
  return { queryId: query.id, text: query.text, fromNdcg10, toNdcg10, documents };
}

function ranksOf(documents: TwoOrders["from"]): Map<string, number> {
  return new Map(documents.map(({ documentId }, position) => [documentId, position + 1]));
}
