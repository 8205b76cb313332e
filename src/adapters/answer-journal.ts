import { closeSync, createReadStream, existsSync, fstatSync, mkdirSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { cacheFailure } from "../domain/disk-failure.ts";
import type { JudgedQuery, QueryAnswer } from "../domain/evaluation.ts";

/** Answers on disk, one JSON line each, as they come: what a stopped evaluation goes on from. */
export interface AnswerJournal {
  /** Answers to the queries that it was opened for, by id; those to a query whose text or judgments were others are not among them. */
  readonly known: ReadonlyMap<string, QueryAnswer>;
  /** Throws UserError when the disk is full or the folder read-only. */
  append(query: JudgedQuery, answer: QueryAnswer): void;
  close(): void;
}

interface JournalLine extends QueryAnswer {
  readonly queryHash: string;
}

/**
 * Two processes may write one journal: each line is one write at the file's end, and the later answer to a query counts. The file is opened for
 * writing by the first answer that is appended, so that a complete one can be read from a folder that cannot be written. Rejects with UserError
 * where the file cannot be read, or removed.
 *
 * @param fresh starts from nothing.
 */
export async function openAnswerJournal(file: string, queries: readonly JudgedQuery[], { fresh = false } = {}): Promise<AnswerJournal> {
  try {
    if (fresh) rmSync(file, { force: true });
    const known = existsSync(file) ? await readAnswers(file, queries) : new Map<string, QueryAnswer>();
    let descriptor: number | undefined;
    return {
      known,
      append(query, answer) {
        const line: JournalLine = { queryHash: hashOf(query), ...answer };
        try {
          descriptor ??= openForAppending(file);
          writeAll(descriptor, `${JSON.stringify(line)}\n`);
        } catch (error) {
          throw unwritable(file, error);
        }
      },
      close() {
        if (descriptor !== undefined) closeSync(descriptor);
      },
    };
  } catch (error) {
    throw unwritable(file, error);
  }
}

function openForAppending(file: string): number {
  mkdirSync(dirname(file), { recursive: true });
  const descriptor = openSync(file, "a+");
  // A killed process leaves half a line: the next one must not become a part of it.
  if (endsInsideLine(descriptor)) writeAll(descriptor, "\n");
  return descriptor;
}

/** A line at a time: the journal of many runs is larger than what is asked of it. */
async function readAnswers(file: string, queries: readonly JudgedQuery[]): Promise<Map<string, QueryAnswer>> {
  const hashes = new Map(queries.map((query) => [query.id, hashOf(query)]));
  const answers = new Map<string, QueryAnswer>();
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    const answer = parseLine(line);
    if (answer === undefined || hashes.get(answer.queryId) !== answer.queryHash) continue;
    const { queryHash: _queryHash, ...rest } = answer;
    answers.set(rest.queryId, rest);
  }
  return answers;
}

function parseLine(line: string): JournalLine | undefined {
  if (line === "") return undefined;
  try {
    const answer = JSON.parse(line) as JournalLine;
    return typeof answer.queryId === "string" && Array.isArray(answer.stages) ? answer : undefined;
  } catch {
    // Cut off by a kill, or damaged: the query is asked again.
    return undefined;
  }
}

/** Judgments decide which excerpts an answer keeps. */
function hashOf({ text, grades }: JudgedQuery): string {
  const judged = [...grades].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify([text, judged])).digest("hex").slice(0, 16);
}

function endsInsideLine(descriptor: number): boolean {
  const { size } = fstatSync(descriptor);
  const last = Buffer.alloc(1);
  return size > 0 && readSync(descriptor, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a;
}

function writeAll(descriptor: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
}

function unwritable(file: string, error: unknown): unknown {
  return cacheFailure(`answers cannot be kept in ${file}`, error);
}
