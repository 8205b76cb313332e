import type { Readable } from "node:stream";
import { UserError } from "../domain/errors.ts";
import { inputLines } from "./input-lines.ts";

export interface InputQuery {
  readonly text: string;
  /** The query's own id, where the input gives one: it comes back with its results. */
  readonly id?: string;
}

/** Models read 512 to 8,192 tokens: a longer query is a file that was pasted by mistake. */
const MAX_QUERY_CHARS = 20_000;

/** Throws UserError for a query that no search takes, before anything is loaded for it. */
export function checkQuery(query: string, command: "search" | "repl" | "rank" | "tune"): void {
  if (query.trim() === "") {
    const wish = command === "rank" ? "what to rank by" : "what you look for";
    throw new UserError("the query is empty", { hint: `say ${wish}: rerank ${command} "how do I ..."` });
  }
  if (query.length <= MAX_QUERY_CHARS) return;
  throw new UserError(`the query has ${query.length} characters; at most ${MAX_QUERY_CHARS} are read`, {
    hint: "ask for what you look for in a sentence or two",
  });
}

/**
 * Queries from a stream, one a line: plain text, or objects with `query` (or `text`) and perhaps `id` (or `_id`), as BEIR's
 * queries.jsonl has them. Blank lines are skipped. Throws UserError naming the line that cannot be read.
 *
 * @param origin what messages call the stream.
 */
export async function* readQueries(stream: Readable, signal: AbortSignal, origin = "stdin"): AsyncGenerator<InputQuery> {
  let lineNumber = 0;
  for await (const line of inputLines(stream, signal)) {
    lineNumber++;
    if (line.trim() === "") continue;
    yield line.trimStart().startsWith("{") ? queryOf(line, `line ${lineNumber} of ${origin}`) : { text: line.trim() };
  }
}

function queryOf(line: string, place: string): InputQuery {
  const object = parseObject(line, place);
  const text = object["query"] ?? object["text"];
  if (typeof text !== "string" || text.trim() === "") {
    throw new UserError(`${place} has no query`, { hint: 'name it "query" or "text"' });
  }
  const id = object["id"] ?? object["_id"];
  return typeof id === "string" || typeof id === "number" ? { text, id: String(id) } : { text };
}

function parseObject(line: string, place: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch (cause) {
    throw new UserError(`${place} starts like JSON and is not: ${(cause as Error).message}`, {
      hint: 'give one query a line: plain text, or {"query": "..."}',
      cause,
    });
  }
}
