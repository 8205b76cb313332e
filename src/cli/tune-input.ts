import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import { UserError } from "../domain/errors.ts";
import { drawSample } from "../domain/seeded-random.ts";
import type { SampleQuery } from "../pipeline/tune-queries.ts";
import { counted } from "../reporters/format-numbers.ts";
import type { CommandContext } from "./context.ts";
import { checkQuery, readQueries } from "./query-input.ts";
import type { TuneWishes } from "./tune-options.ts";

/**
 * The queries that the user gives, each once: the arguments, or the lines of a file or of stdin; empty where there are neither.
 * Throws UserError for a query that no search takes, and for a file that cannot be read or holds none.
 */
export async function givenQueries(
  args: readonly string[],
  { from, queryCount, seed }: Pick<TuneWishes, "from" | "queryCount" | "seed">,
  context: Pick<CommandContext, "cwd" | "stdin" | "signal">,
  onNotice: (line: string) => void,
): Promise<SampleQuery[]> {
  const queries = from === undefined ? args.map((text): SampleQuery => ({ text, source: "argument" })) : await queriesFrom(from, context);
  for (const { text } of queries) checkQuery(text, "tune");
  if (from === undefined && queries.length > 1 && queries.every(({ text }) => !/\s/u.test(text.trim()))) {
    onNotice(`${queries.length} queries of one word each: a query of several words is to be put in quotes`);
  }
  const different = [...new Map(queries.map((query) => [query.text.trim(), query])).values()];
  if (different.length < queries.length) onNotice(`${queries.length - different.length} of ${queries.length} queries repeat another one: each is asked once`);
  if (queryCount !== undefined && different.length > 0 && different.length < queryCount) {
    onNotice(`--queries asks for ${queryCount}, and ${counted(different.length, "query is", "queries are")} given: no others are drawn`);
  }
  return queryCount === undefined ? different : drawSample(different, queryCount, seed);
}

async function queriesFrom(from: string, { cwd, stdin, signal }: Pick<CommandContext, "cwd" | "stdin" | "signal">): Promise<SampleQuery[]> {
  const isStdin = from === "-";
  const queries: SampleQuery[] = [];
  const stream = isStdin ? stdin : Readable.from([await textOf(resolve(cwd, from), from)]);
  for await (const { text } of readQueries(stream, signal, isStdin ? "stdin" : from)) queries.push({ text, source: isStdin ? "stdin" : "file" });
  if (queries.length > 0) return queries;
  throw new UserError(`${isStdin ? "stdin" : from} holds no query`, { hint: "give one a line, or leave --from out to draw them from the index" });
}

async function textOf(file: string, name: string): Promise<string> {
  try {
    return (await readFile(file, "utf8")).replace(/^\uFEFF/, "");
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    throw new UserError(isMissing ? `${name} does not exist` : `cannot read ${name}: ${(cause as Error).message}`, {
      hint: "--from takes a file with one query a line, or - for stdin",
      cause,
    });
  }
}
