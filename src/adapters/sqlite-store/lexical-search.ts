import type { Passage } from "../../domain/passage.ts";
import type { Connection } from "./connection.ts";
import { PASSAGE_COLUMNS, passageOf, type PassageRow } from "./passages.ts";

/** A pasted page as a query stays a query: its first distinct terms speak for it. */
const MAX_QUERY_TERMS = 64;

/** Passages by BM25, best first, ties by id; see PassageStore.lexicalSearch. */
export function lexicalSearch(
  { prepare }: Connection,
  terms: readonly string[],
  count: number,
  paths: ReadonlySet<string> | undefined,
): Passage[] {
  const distinct = Array.from(new Set(terms)).filter((term) => term !== "").slice(0, MAX_QUERY_TERMS);
  if (distinct.length === 0 || count <= 0) return [];
  // Quoted, a term is a term: never an operator of FTS5's query language (AND, NEAR, *, ^ ...).
  const match = distinct.map((term) => `"${term.replaceAll('"', '""')}"`).join(" OR ");
  // The plus sign keeps FTS5 from running the whole search once per allowed row: 5,000 of them took 350 ms, now 2.
  const filter =
    paths === undefined
      ? ""
      : `AND +passage_terms.rowid IN (
           SELECT p.id FROM json_each(?) AS wanted
           CROSS JOIN documents AS d ON d.path = wanted.value
           CROSS JOIN passages AS p ON p.document_id = d.id)`;
  // Ranked and cut before the join: text is read for the winners only.
  const select = prepare(
    `SELECT ${PASSAGE_COLUMNS} FROM (
       SELECT rowid AS id, bm25(passage_terms) AS score FROM passage_terms
       WHERE passage_terms MATCH ? ${filter} ORDER BY score, id LIMIT ?) AS best
     CROSS JOIN passages AS p ON p.id = best.id
     CROSS JOIN documents AS d ON d.id = p.document_id
     ORDER BY best.score, best.id`,
  );
  const values = paths === undefined ? [match, count] : [match, JSON.stringify([...paths]), count];
  return (select.all(...values) as PassageRow[]).map(passageOf);
}
