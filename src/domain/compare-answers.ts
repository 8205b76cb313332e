import type { MeasuredQuery, MovedDocument, MovedQuery, VariantDifference } from "./evaluation.ts";
import { documentIdsOf, pairedDifference, stageNames, stageOf } from "./measure-answers.ts";
import { discountAt, kendallTau } from "./metrics.ts";
import { mean } from "./statistics.ts";

/** How far down two orders are compared: what nDCG@10 sees. */
const COMPARED_RANKS = 10;
const MOST_MOVED_QUERIES = 5;
const MOST_MOVED_DOCUMENTS = 3;

/** One set of answers, under the name that it is compared by. */
export interface AnsweredVariant {
  readonly label: string;
  readonly queries: readonly MeasuredQuery[];
}

/** One query in both variants, with the final order and its nDCG@10 in each. */
interface QueryPair {
  readonly from: MeasuredQuery;
  readonly to: MeasuredQuery;
  readonly fromOrder: readonly string[];
  readonly toOrder: readonly string[];
  readonly fromNdcg10: number;
  readonly toNdcg10: number;
}

/**
 * The final orders of two variants, query by query, in the order of `from`. An answer without the final stage of its variant counts as an
 * empty order.
 *
 * @throws Error when they do not answer the same queries.
 */
export function compareAnswers(from: AnsweredVariant, to: AnsweredVariant, seed: number): VariantDifference {
  const pairs = pairQueries(from, to);
  const moved = pairs.filter((pair) => changeOf(pair) !== 0).sort((a, b) => Math.abs(changeOf(b)) - Math.abs(changeOf(a)));
  return {
    ...pairedDifference(from.label, to.label, pairs.map(changeOf), seed),
    kendallTau: mean(pairs.map(tauOf)),
    gains: moved.filter((pair) => changeOf(pair) > 0).slice(0, MOST_MOVED_QUERIES).map(movedQuery),
    losses: moved.filter((pair) => changeOf(pair) < 0).slice(0, MOST_MOVED_QUERIES).map(movedQuery),
  };
}

function pairQueries(from: AnsweredVariant, to: AnsweredVariant): QueryPair[] {
  const others = new Map(to.queries.map((measured) => [measured.query.id, measured]));
  if (others.size !== from.queries.length) throw new Error(`${from.label} answers ${from.queries.length} queries, ${to.label} ${others.size}`);
  const fromStage = stageNames(from.queries).at(-1) ?? "";
  const toStage = stageNames(to.queries).at(-1) ?? "";
  return from.queries.map((measured) => {
    const other = others.get(measured.query.id);
    if (other === undefined) throw new Error(`${to.label} does not answer query ${measured.query.id}, ${from.label} does`);
    return {
      from: measured,
      to: other,
      fromOrder: documentIdsOf(stageOf(measured.answer, fromStage)),
      toOrder: documentIdsOf(stageOf(other.answer, toStage)),
      fromNdcg10: measured.measures.get(fromStage)?.ndcg10 ?? 0,
      toNdcg10: other.measures.get(toStage)?.ndcg10 ?? 0,
    };
  });
}

function changeOf({ fromNdcg10, toNdcg10 }: QueryPair): number {
  return toNdcg10 - fromNdcg10;
}

/** Over the union of the first ten of both; those that one list lacks are tied behind it. 1 for two empty orders. */
function tauOf({ fromOrder, toOrder }: QueryPair): number {
  const compared = [...new Set([...fromOrder.slice(0, COMPARED_RANKS), ...toOrder.slice(0, COMPARED_RANKS)])];
  return kendallTau(compared.map((id) => -comparedRank(fromOrder, id)), compared.map((id) => -comparedRank(toOrder, id)));
}

function movedQuery(pair: QueryPair): MovedQuery {
  const { from, fromOrder, toOrder, fromNdcg10, toNdcg10 } = pair;
  const moves = [...from.query.grades]
    .filter(([, grade]) => grade >= 1)
    .map(([id, grade]) => ({ id, share: Math.abs(grade * (worthIn(toOrder, id) - worthIn(fromOrder, id))) }))
    .filter(({ share }) => share > 0)
    .sort((a, b) => b.share - a.share)
    .slice(0, MOST_MOVED_DOCUMENTS)
    .map(({ id }) => id);
  const leaders = fromOrder[0] === toOrder[0] ? [] : [fromOrder[0], toOrder[0]].filter((id) => id !== undefined);
  return {
    queryId: from.query.id,
    text: from.query.text,
    fromNdcg10,
    toNdcg10,
    documents: [...new Set([...moves, ...leaders])].map((id) => movedDocument(id, pair)),
  };
}

function movedDocument(documentId: string, { from, to, fromOrder, toOrder }: QueryPair): MovedDocument {
  return {
    documentId,
    grade: from.query.grades.get(documentId) ?? 0,
    fromRank: rankIn(fromOrder, documentId),
    toRank: rankIn(toOrder, documentId),
    excerpt: excerptOf(to, documentId) ?? excerptOf(from, documentId) ?? "",
  };
}

function excerptOf({ answer }: MeasuredQuery, documentId: string): string | undefined {
  // A document may be called "constructor", which every object has.
  return Object.hasOwn(answer.excerpts, documentId) ? answer.excerpts[documentId] : undefined;
}

/** What the document's place gives to DCG@10, for a grade of 1. Ten places further down the list mean less than one at its top. */
function worthIn(order: readonly string[], documentId: string): number {
  const rank = comparedRank(order, documentId);
  return rank > COMPARED_RANKS ? 0 : 1 / discountAt(rank);
}

/** 1 to 10, and 11 for all that stand behind them or nowhere. */
function comparedRank(order: readonly string[], documentId: string): number {
  const position = order.slice(0, COMPARED_RANKS).indexOf(documentId);
  return position === -1 ? COMPARED_RANKS + 1 : position + 1;
}

function rankIn(order: readonly string[], documentId: string): number | null {
  const position = order.indexOf(documentId);
  return position === -1 ? null : position + 1;
}
