import { UserError } from "../../domain/errors.ts";
import type { ScoredDocument } from "../../domain/evaluation.ts";
import { rankByScore, type Grades } from "../../domain/metrics.ts";
import { lineError, readTextLines, type TextLine } from "./read-lines.ts";

/** One line of a qrels file. */
export interface Judgment {
  readonly queryId: string;
  readonly documentId: string;
  readonly grade: number;
  readonly line: number;
}

export interface TrecRun {
  /** What the run calls itself, on its first line. */
  readonly tag: string;
  /** By query id, each best first. */
  readonly answers: Map<string, ScoredDocument[]>;
}

const QRELS_LAYOUT = "a line is `query-id corpus-id score`, or TREC's `query-id 0 document-id grade`; tabs allow spaces in ids";
const RUN_LAYOUT = "a line is `query-id Q0 document-id rank score tag`; tabs allow spaces in ids";
/** What the last column of a header line is called. */
const GRADE_HEADER = /^(?:score|grade|rel|relevance|relevancy|label|rating|judge?ment)$/i;

/**
 * Judgments by query, then by document, in the order of the file: three columns as BEIR writes them or four as TREC does, with or
 * without a header line.
 *
 * Throws UserError with file and line for a malformed line, and for a document that one query has with two grades.
 */
export async function readQrels(file: string, signal?: AbortSignal): Promise<Map<string, Grades>> {
  const qrels = new Map<string, Map<string, number>>();
  for await (const { queryId, documentId, grade, line } of readJudgments(file, signal)) {
    const grades = groupOf(qrels, queryId);
    const known = grades.get(documentId);
    if (known !== undefined && known !== grade) {
      const first = await firstJudgment(file, (judgment) => judgment.queryId === queryId && judgment.documentId === documentId);
      const place = first === undefined ? "before" : `on line ${first.line}`;
      throw lineError(file, line, `"${documentId}" has grade ${grade} for query "${queryId}", and grade ${known} ${place}`, "keep one of the two lines");
    }
    grades.set(documentId, grade);
  }
  if (qrels.size === 0) throw new UserError(`${file} holds no judgments`, { hint: QRELS_LAYOUT });
  return qrels;
}

/** The first judgment of a file that is as asked for. `undefined` also for a pipe, which cannot be read twice. */
export async function firstJudgment(file: string, matches: (judgment: Judgment) => boolean): Promise<Judgment | undefined> {
  for await (const judgment of readJudgments(file)) if (matches(judgment)) return judgment;
  return undefined;
}

async function* readJudgments(file: string, signal?: AbortSignal): AsyncGenerator<Judgment> {
  let width: { readonly columns: number; readonly line: number } | undefined;
  let isFirst = true;
  for await (const line of readTextLines(file, { signal })) {
    const columns = columnsOf(line.text, [3, 4]);
    const isHeader = isFirst && GRADE_HEADER.test(columns.at(-1)!);
    isFirst = false;
    if (isHeader) continue;
    if (columns.length !== 3 && columns.length !== 4) throw wrongWidth(file, line, columns.length, "3 or 4", QRELS_LAYOUT);
    width ??= { columns: columns.length, line: line.number };
    if (columns.length !== width.columns) {
      throw wrongWidth(file, line, columns.length, `${width.columns}, as line ${width.line} has`, QRELS_LAYOUT);
    }
    const [queryId, documentId, grade] = [columns[0]!, columns.at(-2)!, columns.at(-1)!];
    if (queryId === "" || documentId === "") throw lineError(file, line.number, "a column is empty", QRELS_LAYOUT);
    // Some tools write whole numbers as "1.0".
    if (!/^[+-]?\d+(?:\.0+)?$/.test(grade)) throw lineError(file, line.number, `the grade "${grade}" is not a whole number`, QRELS_LAYOUT);
    yield { queryId, documentId, grade: Number(grade), line: line.number };
  }
}

/**
 * The ranking that another tool wrote. Its scores decide the order, as in trec_eval (see `rankByScore`): the ranks and the order of the
 * lines do not count.
 *
 * Throws UserError with file and line for a malformed line, and for a document that stands twice under one query.
 */
export async function readTrecRun(file: string): Promise<TrecRun> {
  let tag: string | undefined;
  const scores = new Map<string, Map<string, number>>();
  for await (const { queryId, documentId, score, tag: written, line } of readRunLines(file)) {
    tag ??= written;
    const known = groupOf(scores, queryId);
    if (known.has(documentId)) {
      const first = await firstRunLine(file, queryId, documentId);
      const place = first === undefined ? "" : ` (first on line ${first})`;
      throw lineError(file, line, `"${documentId}" stands twice under query "${queryId}"${place}`, "list a document once for each query");
    }
    known.set(documentId, score);
  }
  if (tag === undefined) throw new UserError(`${file} holds no lines of a run`, { hint: RUN_LAYOUT });
  const answers = new Map<string, ScoredDocument[]>();
  for (const [queryId, byDocument] of scores) {
    answers.set(queryId, rankByScore(byDocument).map((documentId) => ({ documentId, similarity: null, relevance: null })));
  }
  return { tag, answers };
}

interface RunLine {
  readonly queryId: string;
  readonly documentId: string;
  readonly score: number;
  readonly tag: string;
  readonly line: number;
}

async function* readRunLines(file: string): AsyncGenerator<RunLine> {
  for await (const line of readTextLines(file)) {
    const columns = columnsOf(line.text, [6]);
    if (columns.length !== 6) throw wrongWidth(file, line, columns.length, "6", RUN_LAYOUT);
    const [queryId, , documentId, , score, tag] = columns as [string, string, string, string, string, string];
    if (queryId === "" || documentId === "") throw lineError(file, line.number, "a column is empty", RUN_LAYOUT);
    if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(score)) throw lineError(file, line.number, `the score "${score}" is not a number`, RUN_LAYOUT);
    yield { queryId, documentId, score: Number(score), tag, line: line.number };
  }
}

async function firstRunLine(file: string, queryId: string, documentId: string): Promise<number | undefined> {
  for await (const found of readRunLines(file)) if (found.queryId === queryId && found.documentId === documentId) return found.line;
  return undefined;
}

/** The columns between tabs when there are as many as expected (ids may hold spaces), else those between tabs and spaces. */
function columnsOf(text: string, expected: readonly number[]): string[] {
  const byTabs = text.split("\t").map((column) => column.trim());
  return expected.includes(byTabs.length) ? byTabs : text.match(/[^ \t]+/g)!;
}

function wrongWidth(file: string, { number }: TextLine, found: number, expected: string, layout: string): UserError {
  return lineError(file, number, `the line has ${found} ${found === 1 ? "column" : "columns"} instead of ${expected}`, layout);
}

function groupOf(groups: Map<string, Map<string, number>>, queryId: string): Map<string, number> {
  const known = groups.get(queryId);
  if (known !== undefined) return known;
  const group = new Map<string, number>();
  groups.set(queryId, group);
  return group;
}
