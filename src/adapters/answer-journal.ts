import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { cacheFailure } from "../domain/disk-failure.ts";
import type { JudgedQuery, QueryAnswer } from "../domain/evaluation.ts";

/** Answers on disk, one JSON line each, as they come: what a stopped evaluation goes on from. */
export interface AnswerJournal {
  /** Answers to these queries, by id; those to a query whose text was another one are not among them. */
  known(queries: readonly JudgedQuery[]): Map<string, QueryAnswer>;
  /** Throws UserError when the disk is full or the folder read-only. */
  append(query: JudgedQuery, answer: QueryAnswer): void;
  close(): void;
}

interface JournalLine extends QueryAnswer {
  readonly queryHash: string;
}

/**
 * @param fresh starts from nothing.
 * Two processes may write one journal: each line is one write at the file's end, and the later answer to a query counts.
 */
export function openAnswerJournal(file: string, { fresh = false } = {}): AnswerJournal {
  const descriptor = guarded(file, () => {
    mkdirSync(dirname(file), { recursive: true });
    if (fresh) rmSync(file, { force: true });
    return openSync(file, "a");
  });
  const lines = readLines(file);
  // A killed process leaves half a line: the next one must not become a part of it.
  let isCutOff = lines.isCutOff;
  return {
    known(queries) {
      const answers = new Map<string, QueryAnswer>();
      for (const query of queries) {
        const line = lines.answers.get(query.id);
        if (line === undefined || line.queryHash !== hashOf(query)) continue;
        const { queryHash: _queryHash, ...answer } = line;
        answers.set(query.id, answer);
      }
      return answers;
    },
    append(query, answer) {
      const line: JournalLine = { queryHash: hashOf(query), ...answer };
      guarded(file, () => writeAll(descriptor, `${isCutOff ? "\n" : ""}${JSON.stringify(line)}\n`));
      isCutOff = false;
    },
    close() {
      closeSync(descriptor);
    },
  };
}

function readLines(file: string): { readonly answers: ReadonlyMap<string, JournalLine>; readonly isCutOff: boolean } {
  const text = existsSync(file) ? guarded(file, () => readFileSync(file, "utf8")) : "";
  const answers = new Map<string, JournalLine>();
  for (const line of text.split("\n")) {
    const answer = parseLine(line);
    if (answer !== undefined) answers.set(answer.queryId, answer);
  }
  return { answers, isCutOff: text !== "" && !text.endsWith("\n") };
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

function hashOf({ text }: JudgedQuery): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

function writeAll(descriptor: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
}

function guarded<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw cacheFailure(`answers cannot be kept in ${file}`, error);
  }
}
