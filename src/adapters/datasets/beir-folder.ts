import { basename, resolve } from "node:path";
import { UserError } from "../../domain/errors.ts";
import type { JudgedQuery } from "../../domain/evaluation.ts";
import type { Grades } from "../../domain/metrics.ts";
import type { Dataset } from "../../ports/dataset.ts";
import { findBeirParts, type BeirParts } from "./beir-parts.ts";
import { firstOf, openCorpusFile } from "./corpus-file.ts";
import { openDocsFolder } from "./docs-folder.ts";
import { parseRecord } from "./json-records.ts";
import { lineError, readLines } from "./read-lines.ts";
import { firstJudgment, readQrels } from "./trec-files.ts";

export interface BeirFolderOptions {
  /** As it was written: relative to the current folder, to the folder's qrels/, or to the folder itself. */
  readonly qrelsFile?: string;
  readonly signal?: AbortSignal;
}

/**
 * A folder as the BEIR benchmark lays it out. Queries that nobody judged are left out, with a notice.
 *
 * Throws UserError: for a missing part; with file and line for a malformed line, an id that stands twice, and a judgment of a query
 * or document that is not there.
 */
export async function openBeirFolder(folder: string, { qrelsFile, signal }: BeirFolderOptions): Promise<Dataset> {
  const parts = await findBeirParts(folder, qrelsFile);
  // The corpus comes last: it is the largest, and what is wrong elsewhere is known before it is read.
  const qrels = await readQrels(parts.qrels, signal);
  const { queries, textless, unjudged } = await readJudgedQueries(parts.queries, qrels, signal);
  if (queries.length + textless.length < qrels.size) await throwUnknownQuery(parts, new Set([...queries.map(({ id }) => id), ...textless]));
  const { corpus, has, notices } = await (parts.corpus.isFolder ? openDocsFolder : openCorpusFile)(parts.corpus.path, signal);
  const unknown = countUnknown(qrels, has);
  if (unknown > 0) await throwUnknownDocument(parts, has, unknown);
  return {
    name: basename(resolve(folder)),
    queries,
    corpus,
    notices: [...textlessNotices(textless), ...queryNotices(queries, unjudged), ...notices],
  };
}

/** One line each about queries that are not asked, and about those that no answer can do justice to. */
export function queryNotices(queries: readonly JudgedQuery[], unjudged: number): string[] {
  const notices: string[] = [];
  if (unjudged > 0) notices.push(`${unjudged} of ${unjudged + queries.length} queries have no judgments and are not asked`);
  const hopeless = queries.filter(({ grades }) => [...grades.values()].every((grade) => grade < 1)).length;
  if (hopeless > 0) notices.push(`${hopeless} of ${queries.length} queries have no relevant document: they count as 0 in every measure`);
  return notices;
}

/** Real sets have a few (the CMRC 2018 trial has one): nothing can be asked, and nothing is wrong with the rest. */
function textlessNotices(ids: readonly string[]): string[] {
  if (ids.length === 0) return [];
  return [`${ids.length === 1 ? "1 judged query has" : `${ids.length} judged queries have`} no text and cannot be asked: ${firstOf(ids)}`];
}

/** Only the texts of judged queries are kept: query files often hold those of other splits, too. */
async function readJudgedQueries(
  file: string,
  qrels: ReadonlyMap<string, Grades>,
  signal: AbortSignal | undefined,
): Promise<{ readonly queries: JudgedQuery[]; readonly textless: string[]; readonly unjudged: number }> {
  const lines = new Map<string, number>();
  const queries: JudgedQuery[] = [];
  const textless: string[] = [];
  for await (const line of readLines(file, { signal })) {
    const { id, text } = parseRecord(file, line);
    const known = lines.get(id);
    if (known !== undefined) {
      throw lineError(file, line.number, `the query "${id}" stands on line ${known} already`, "give each query an id of its own");
    }
    lines.set(id, line.number);
    const grades = qrels.get(id);
    if (grades === undefined) continue;
    if (/\S/.test(text)) queries.push({ id, text, grades });
    else textless.push(id);
  }
  if (lines.size === 0) throw new UserError(`${file} holds no queries`, { hint: 'write one a line: {"_id": "q1", "text": "..."}' });
  return { queries, textless, unjudged: lines.size - queries.length - textless.length };
}

async function throwUnknownQuery({ qrels, queries }: BeirParts, known: ReadonlySet<string>): Promise<never> {
  const judgment = await firstJudgment(qrels, ({ queryId }) => !known.has(queryId));
  if (judgment === undefined) throw new UserError(`${qrels} judges queries that ${queries} does not have`, { hint: "use files of the same set" });
  throw lineError(
    qrels,
    judgment.line,
    `the query "${judgment.queryId}" is not in ${queries}`,
    "add the query there, or take its judgments out of the qrels file",
  );
}

function countUnknown(qrels: ReadonlyMap<string, Grades>, has: (documentId: string) => boolean): number {
  let count = 0;
  for (const grades of qrels.values()) {
    for (const documentId of grades.keys()) if (!has(documentId)) count++;
  }
  return count;
}

async function throwUnknownDocument({ qrels, corpus }: BeirParts, has: (documentId: string) => boolean, count: number): Promise<never> {
  const judgment = await firstJudgment(qrels, ({ documentId }) => !has(documentId));
  if (judgment === undefined) throw new UserError(`${qrels} judges documents that ${corpus.path} does not have`, { hint: "use files of the same set" });
  const more = count === 1 ? "" : ` (nor are those of ${count - 1} more ${count === 2 ? "judgment" : "judgments"})`;
  throw lineError(
    qrels,
    judgment.line,
    `the document "${judgment.documentId}" is not in ${corpus.path}${more}`,
    "add the document there, or take its judgments out of the qrels file: measures change without them",
  );
}
