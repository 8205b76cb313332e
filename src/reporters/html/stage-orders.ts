import type { MeasuredQuery, ScoredDocument } from "../../domain/evaluation.ts";
import { stageOf } from "../../domain/measure-answers.ts";

/** The order of one query's documents in two stages, or in two variants. */
export interface TwoOrders {
  readonly query: MeasuredQuery["query"];
  readonly from: readonly ScoredDocument[];
  readonly to: readonly ScoredDocument[];
  readonly fromNdcg10: number;
  readonly toNdcg10: number;
  /** By document id. */
  readonly excerpts: ReadonlyMap<string, string>;
}

/** A side of a comparison: queries, and which of their stages is meant. */
export interface OrderSide {
  readonly queries: readonly MeasuredQuery[];
  readonly stage: string;
}

/** Both orders of each query that both sides know. An answer without the stage is an empty order. */
export function ordersOf(from: OrderSide, to: OrderSide): TwoOrders[] {
  const others = new Map(to.queries.map((each) => [each.query.id, each]));
  return from.queries.flatMap((before) => {
    const after = others.get(before.query.id);
    if (after === undefined) return [];
    return [
      {
        query: before.query,
        from: stageOf(before.answer, from.stage)?.documents ?? [],
        to: stageOf(after.answer, to.stage)?.documents ?? [],
        fromNdcg10: before.measures.get(from.stage)?.ndcg10 ?? 0,
        toNdcg10: after.measures.get(to.stage)?.ndcg10 ?? 0,
        excerpts: new Map([...Object.entries(before.answer.excerpts), ...Object.entries(after.answer.excerpts)]),
      },
    ];
  });
}

/** Documents in the longest of the orders. */
export function deepestRank(orders: Iterable<readonly ScoredDocument[]>): number {
  let deepest = 0;
  for (const { length } of orders) deepest = Math.max(deepest, length);
  return deepest;
}

/** Rank of the first relevant document, from 1; `null` where there is none. */
export function firstRelevantRank(documents: readonly ScoredDocument[], { grades }: MeasuredQuery["query"]): number | null {
  const position = documents.findIndex(({ documentId }) => (grades.get(documentId) ?? 0) >= 1);
  return position === -1 ? null : position + 1;
}
