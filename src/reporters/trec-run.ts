import { UserError } from "../domain/errors.ts";
import type { QueryAnswer } from "../domain/evaluation.ts";
import type { Evaluation } from "../pipeline/evaluation.ts";

/**
 * The last stage's order as lines of a TREC run: "query Q0 document rank score tag". trec_eval pays no heed to the rank and sorts by
 * score, so the score is the number of documents from this one to the end of the list: it falls by one a place and never ties,
 * which relevances and similarities do.
 *
 * Throws UserError, before the first line, for an id with white space.
 */
export function trecRunLines({ queries, stages }: Evaluation): Iterable<string> {
  const stage = stages.at(-1)?.name ?? "";
  const orders = queries.map(({ answer }) => orderOf(answer, stage));
  for (const { queryId, documentIds } of orders) {
    requireOneWord("query", queryId);
    for (const documentId of documentIds) requireOneWord("document", documentId);
  }
  return linesOf(orders, stage.replaceAll(/\s+/gu, "-"));
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

function* linesOf(orders: readonly QueryOrder[], tag: string): Generator<string> {
  for (const { queryId, documentIds } of orders) {
    for (const [position, documentId] of documentIds.entries()) {
      yield `${queryId} Q0 ${documentId} ${position + 1} ${documentIds.length - position} ${tag}\n`;
    }
  }
}

function requireOneWord(kind: string, id: string): void {
  if (id !== "" && !/\s/u.test(id)) return;
  throw new UserError(`the ${kind} id ${JSON.stringify(id)} cannot stand in a TREC run, whose columns are separated by white space`, {
    hint: `give the ${kind} another id, or leave out --run-out`,
  });
}
