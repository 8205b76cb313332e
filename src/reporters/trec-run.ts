import { UserError } from "../domain/errors.ts";
import type { QueryAnswer } from "../domain/evaluation.ts";
import type { Evaluation } from "../pipeline/evaluation.ts";

/**
 * The last stage's order as lines of a TREC run: "query Q0 document rank score tag". trec_eval pays no heed to the rank and sorts by
 * score, so the score is the number of documents from this one to the end of the list: it falls by one a place and never ties,
 * which relevances and similarities do. Columns are parted by tabs where an id has a space in it, as paths do: `rerank eval` reads
 * that, trec_eval does not.
 *
 * Throws UserError, before the first line, for an id with a tab or a line break.
 */
export function trecRunLines({ queries, stages }: Evaluation): Iterable<string> {
  const stage = stages.at(-1)?.name ?? "";
  const orders = queries.map(({ answer }) => orderOf(answer, stage));
  let separator = " ";
  for (const { queryId, documentIds } of orders) {
    for (const id of [queryId, ...documentIds]) {
      if (/\s/u.test(id)) separator = "\t";
      requireOneCell(id);
    }
  }
  return linesOf(orders, stage.replaceAll(/\s+/gu, "-"), separator);
}

interface QueryOrder {
  readonly queryId: string;
  /** Best first; empty where this stage did not answer. */
  readonly documentIds: readonly string[];
}

function orderOf({ queryId, stages }: QueryAnswer, name: string): QueryOrder {
  const answer = stages.find(({ stage }) => stage === name);
  return { queryId, documentIds: answer?.documents.map(({ documentId }) => documentId) ?? [] };
}

function* linesOf(orders: readonly QueryOrder[], tag: string, separator: string): Generator<string> {
  for (const { queryId, documentIds } of orders) {
    for (const [position, documentId] of documentIds.entries()) {
      yield `${[queryId, "Q0", documentId, position + 1, documentIds.length - position, tag].join(separator)}\n`;
    }
  }
}

function requireOneCell(id: string): void {
  if (id !== "" && !/[\t\n\v\f\r\u2028\u2029]/u.test(id)) return;
  throw new UserError(`the id ${JSON.stringify(id)} cannot stand in a TREC run, whose columns are parted by spaces or tabs`, {
    hint: "leave --run-out out; the answers are kept, and the same command without it is done at once",
  });
}
