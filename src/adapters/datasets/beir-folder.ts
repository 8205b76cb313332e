import { readdir, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { UserError } from "../../domain/errors.ts";
import type { JudgedQuery } from "../../domain/evaluation.ts";
import type { Grades } from "../../domain/metrics.ts";
import type { Dataset } from "../../ports/dataset.ts";
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

const LAYOUT = "a BEIR folder holds corpus.jsonl (or docs/ with files), queries.jsonl and qrels/test.tsv";
const QRELS_EXTENSION = /\.(?:tsv|txt|qrels?)$/i;

/**
 * A folder as the BEIR benchmark lays it out. Queries that nobody judged are left out, with a notice.
 *
 * Throws UserError: for a missing part; with file and line for a malformed line, an id that stands twice, and a judgment of a query
 * or document that is not there.
 */
export async function openBeirFolder(folder: string, { qrelsFile, signal }: BeirFolderOptions): Promise<Dataset> {
  const parts = await findParts(folder, qrelsFile);
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

interface Parts {
  readonly corpus: { readonly path: string; readonly isFolder: boolean };
  readonly queries: string;
  readonly qrels: string;
}

async function findParts(folder: string, qrelsFile: string | undefined): Promise<Parts> {
  const kind = await kindOf(folder);
  if (kind !== "folder") throw new UserError(kind === undefined ? `there is no folder ${folder}` : `${folder} is not a folder`, { hint: LAYOUT });
  const corpus = join(folder, "corpus.jsonl");
  const docs = join(folder, "docs");
  const queries = join(folder, "queries.jsonl");
  const hasCorpus = (await kindOf(corpus)) === "file";
  const missing: string[] = [];
  if (!hasCorpus && (await kindOf(docs)) !== "folder") missing.push("corpus.jsonl");
  if ((await kindOf(queries)) !== "file") missing.push("queries.jsonl");
  const qrelsFiles = qrelsFile === undefined ? await filesIn(join(folder, "qrels")) : [];
  if (qrelsFile === undefined && qrelsFiles.length === 0) missing.push("qrels/*.tsv");
  if (missing.length > 0) await throwMissing(folder, missing);
  return {
    corpus: hasCorpus ? { path: corpus, isFolder: false } : { path: docs, isFolder: true },
    queries,
    qrels: qrelsFile === undefined ? join(folder, "qrels", chooseQrels(folder, qrelsFiles)) : await findQrels(folder, qrelsFile),
  };
}

async function throwMissing(folder: string, missing: readonly string[]): Promise<never> {
  const packed = (await filesIn(folder, /\.gz$/i)).find((name) => missing.some((part) => `${part}.gz` === name));
  const hint = packed === undefined ? LAYOUT : `unpack it first: gunzip -k ${join(folder, packed)}`;
  throw new UserError(`${folder} has no ${missing.join(", no ")}`, { hint });
}

function chooseQrels(folder: string, names: readonly string[]): string {
  if (names.includes("test.tsv")) return "test.tsv";
  if (names.length === 1) return names[0]!;
  throw new UserError(`${join(folder, "qrels")} holds ${names.join(", ")}, and no test.tsv`, { hint: `say which one counts: --qrels ${join(folder, "qrels", names[0]!)}` });
}

async function findQrels(folder: string, written: string): Promise<string> {
  for (const place of [written, join(folder, "qrels", written), join(folder, written)]) {
    if ((await kindOf(place)) === "file") return place;
  }
  const names = await filesIn(join(folder, "qrels"));
  throw new UserError(`there is no ${written}`, { hint: names.length === 0 ? LAYOUT : `${join(folder, "qrels")} holds ${names.join(", ")}` });
}

async function filesIn(folder: string, pattern = QRELS_EXTENSION): Promise<string[]> {
  // Missing or no folder: what is missing is named where all parts are looked at.
  const names = await readdir(folder).catch((): string[] => []);
  return names.filter((name) => pattern.test(name) && !name.startsWith(".")).sort();
}

/** Pipes count as files; `undefined` for what is not there. */
async function kindOf(path: string): Promise<"file" | "folder" | undefined> {
  const found = await stat(path).catch(() => undefined); // Unreadable is as good as missing.
  return found === undefined ? undefined : found.isDirectory() ? "folder" : "file";
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

async function throwUnknownQuery({ qrels, queries }: Parts, known: ReadonlySet<string>): Promise<never> {
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

async function throwUnknownDocument({ qrels, corpus }: Parts, has: (documentId: string) => boolean, count: number): Promise<never> {
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
