import { lineError, textOf, type Line } from "./read-lines.ts";

/** A line of corpus.jsonl or queries.jsonl. */
export interface JsonRecord {
  readonly id: string;
  /** "" where there is none. */
  readonly title: string;
  readonly text: string;
}

const LAYOUT = 'a line is one object: {"_id": "d1", "title": "may be left out", "text": "..."}';

/** Throws UserError with file and line when it is no record. Whole numbers are accepted as ids and become strings. */
export function parseRecord(file: string, line: Line): JsonRecord {
  const fail = (problem: string, hint = LAYOUT) => lineError(file, line.number, problem, hint);
  const source = textOf(file, line);
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (error) {
    throw fail(`the line is not valid JSON (${(error as Error).message})`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw fail("the line is not a JSON object");
  const { _id: id, title, text } = value as Readonly<Record<string, unknown>>;
  if (id === undefined) throw fail('the record has no "_id"');
  if (typeof text !== "string") throw fail(text === undefined ? 'the record has no "text"' : 'the "text" is not a string');
  if (title !== undefined && title !== null && typeof title !== "string") throw fail('the "title" is not a string');
  if (typeof id === "string" && id !== "") {
    // Stores and pipes hold UTF-8, which has no half of a surrogate pair: two such ids would become one.
    if (/\p{Surrogate}/u.test(id)) throw fail('the "_id" is not valid Unicode', "write ids without half of a surrogate pair");
    return { id, title: title ?? "", text };
  }
  if (typeof id === "number" && Number.isSafeInteger(id)) return { id: String(id), title: title ?? "", text };
  throw fail('the "_id" is neither a text nor a whole number below 2^53', 'write it as a text: "_id": "..."');
}
