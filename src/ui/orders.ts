import type { RankedPassage } from "../domain/candidate.ts";
import type { Passage } from "../domain/passage.ts";
import { formatRelevances, formatSimilarity } from "../reporters/format-numbers.ts";
import { isRunning, rankedOf, type SearchRun } from "./search-run.ts";

/** A passage at its place in one of the two orders. */
export interface OrderRow {
  readonly passage: Passage;
  readonly rank: number;
  /** Length of its bar, 0 to 1; `null` where there is nothing to draw: not judged. */
  readonly fraction: number | null;
  readonly number: string | null;
  /** Its rank in the other order; `null` where it is not there, or not known yet. */
  readonly otherRank: number | null;
  /** Similarity, for the layout that has room for one list only. */
  readonly similarity: string | null;
}

/** What the two columns show: the first stage's order and the final one, or those of two rerankers. */
export interface Orders {
  /** What each order is by. The final one is by similarity where no reranker had a part in it. */
  readonly firstBy: "similarity" | "relevance";
  readonly finalBy: "similarity" | "relevance";
  readonly first: readonly OrderRow[];
  readonly final: readonly OrderRow[];
  /** Places in `first` and `final`, from 0, by passage id. */
  readonly firstPositions: ReadonlyMap<number, number>;
  readonly finalPositions: ReadonlyMap<number, number>;
}

const NOTHING: Orders = { firstBy: "similarity", finalBy: "relevance", first: [], final: [], firstPositions: new Map(), finalPositions: new Map() };

/** @param previous the same search with another reranker, to compare with; `null`: compare the stages. */
export function ordersOf(run: SearchRun | null, previous: SearchRun | null): Orders {
  if (run === null) return NOTHING;
  const known = knownOrders.get(run);
  if (known?.previous === previous) return known.orders;
  const orders = compose(run, previous);
  knownOrders.set(run, { previous, orders });
  return orders;
}

const knownOrders = new WeakMap<SearchRun, { readonly previous: SearchRun | null; readonly orders: Orders }>();

function compose(run: SearchRun, previous: SearchRun | null): Orders {
  const ranked = rankedOf(run);
  const recalled = ranked.toSorted((a, b) => a.recallRank - b.recallRank);
  const before = previous === null ? recalled : rankedOf(previous);
  const ranksBefore = new Map(before.map((each) => [each.passage.id, previous === null ? each.recallRank : each.rank]));
  const isOpen = isRunning(run);
  const rankNow = new Map(ranked.map((each) => [each.passage.id, each.judgment === null && isOpen ? null : each.rank]));
  const rowsBy = { similarity: similarityRows, relevance: relevanceRows };
  const finalBy = isUnjudged(run) ? "similarity" : "relevance";
  const firstBy = previous === null || isUnjudged(previous) ? "similarity" : "relevance";
  const final = rowsBy[finalBy](ranked, ({ passage }) => ranksBefore.get(passage.id) ?? null);
  const otherRank = ({ passage }: RankedPassage) => rankNow.get(passage.id) ?? null;
  const first = rowsBy[firstBy](before, otherRank);
  return {
    firstBy,
    finalBy,
    first,
    final,
    firstPositions: positionsOf(first),
    finalPositions: positionsOf(final),
  };
}

/** A column of relevances would have nothing in it. */
function isUnjudged({ result }: SearchRun): boolean {
  return result?.reranked === false;
}

/**
 * Similarities of candidates lie close together: their bars are drawn between a little below the lowest and the
 * highest, so that they can be told apart. Relevances are probabilities, drawn as they are.
 */
function similarityRows(recalled: readonly RankedPassage[], otherRank: (ranked: RankedPassage) => number | null): OrderRow[] {
  const known = recalled.flatMap(({ similarity }) => similarity ?? []);
  const highest = Math.max(...known);
  const lowest = Math.min(...known) - (highest - Math.min(...known)) / 10;
  return recalled.map((ranked) => {
    const similarity = similarityOf(ranked);
    const fraction = ranked.similarity === null ? null : highest > lowest ? (ranked.similarity - lowest) / (highest - lowest) : 1;
    return { passage: ranked.passage, rank: ranked.recallRank, fraction, number: similarity, otherRank: otherRank(ranked), similarity };
  });
}

function relevanceRows(ranked: readonly RankedPassage[], otherRank: (ranked: RankedPassage) => number | null): OrderRow[] {
  const numbers = formatRelevances(ranked.map(({ judgment }) => judgment?.relevance ?? null));
  return ranked.map((each, position) => ({
    passage: each.passage,
    rank: each.rank,
    fraction: each.judgment?.relevance ?? null,
    number: numbers[position] ?? null,
    otherRank: otherRank(each),
    similarity: similarityOf(each),
  }));
}

function similarityOf({ similarity }: RankedPassage): string | null {
  return similarity === null ? null : formatSimilarity(similarity);
}

function positionsOf(rows: readonly OrderRow[]): ReadonlyMap<number, number> {
  return new Map(rows.map(({ passage }, position) => [passage.id, position]));
}
