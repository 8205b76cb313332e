import { basename, resolve } from "node:path";
import { readQrels, readTrecRun } from "../adapters/datasets/trec-files.ts";
import { UserError } from "../domain/errors.ts";
import { drawQueries, type JudgedQuery, type QueryAnswer } from "../domain/evaluation.ts";
import { measureQuery, pairStages, summarizeStages } from "../domain/measure-answers.ts";
import type { Evaluation } from "../pipeline/evaluation.ts";
import { counted } from "../reporters/format-numbers.ts";
import type { EvalOptions } from "./eval-options.ts";

/**
 * Measures the orders that other tools, or this one with --run-out, have written: each run file is a stage. All judged queries count, as with
 * `trec_eval -c`. Throws UserError for a file that is named twice, and for what is wrong with one.
 *
 * @param runFiles as the user wrote them: stages are called by them where tags do not tell them apart.
 */
export async function evaluateRuns(
  runFiles: readonly string[],
  qrelsFile: string,
  { depth, queryCount, seed }: Pick<EvalOptions, "depth" | "queryCount" | "seed">,
  cwd: string,
): Promise<Evaluation> {
  const paths = runFiles.map((file) => resolve(cwd, file));
  const twice = paths.findIndex((path, place) => paths.indexOf(path) !== place);
  if (twice !== -1) throw new UserError(`${runFiles[twice]} is named twice`, { hint: "name each run file once" });
  const qrels = await readQrels(resolve(cwd, qrelsFile));
  const files = await Promise.all(paths.map((path) => readTrecRun(path)));
  const isOnlyOne = (wanted: string) => files.filter(({ tag }) => tag === wanted).length === 1;
  const runs = files.map(({ tag, answers }, place) => ({ name: isOnlyOne(tag) ? tag : (runFiles[place] ?? tag), answers }));
  requireCommonQuery(qrels, qrelsFile, runs, runFiles);
  const judged = [...qrels].map(([id, grades]): JudgedQuery => ({ id, text: id, grades }));
  const queries = queryCount === undefined ? judged : drawQueries(judged, queryCount, seed);
  let longest = 0;
  const measured = queries.map((query) => {
    const stages = runs.map(({ name, answers }) => {
      const documents = (answers.get(query.id) ?? []).slice(0, depth);
      longest = Math.max(longest, documents.length);
      return { stage: name, documents, elapsedMs: null };
    });
    const answer: QueryAnswer = { queryId: query.id, stages, judgedPairs: 0, judgingMs: null, excerpts: {} };
    return measureQuery(query, answer);
  });
  return {
    label: runs.map(({ name }) => name).join(", "),
    dataset: basename(qrelsFile),
    corpus: null,
    queries: measured,
    stages: summarizeStages(measured, seed),
    paired: pairStages(measured, seed),
    models: { embedder: null, reranker: null },
    settings: {
      depth: longest,
      candidateCount: null,
      hybrid: false,
      recallMethod: null,
      instruction: null,
      dimensions: null,
      passageTokens: null,
      overlapTokens: null,
      seed: queryCount === undefined ? null : seed,
    },
    notices: [...hopelessNotice(queries), ...runs.flatMap((run) => runNotices(run, queries, qrels))],
  };
}

interface Run {
  readonly name: string;
  readonly answers: ReadonlyMap<string, unknown>;
}

/** The wrong file of judgments is a common mistake, and would measure 0 everywhere. */
function requireCommonQuery(qrels: ReadonlyMap<string, unknown>, qrelsFile: string, runs: readonly Run[], runFiles: readonly string[]): void {
  for (const [place, { answers }] of runs.entries()) {
    if ([...answers.keys()].some((id) => qrels.has(id))) continue;
    const [judged, answered] = [[...qrels.keys()][0], [...answers.keys()][0]];
    throw new UserError(`${runFiles[place]} answers none of the queries that ${qrelsFile} judges ("${answered}" against "${judged}", for one)`, { hint: "name the judgments that belong to the run" });
  }
}

function hopelessNotice(queries: readonly JudgedQuery[]): string[] {
  const hopeless = queries.filter(({ grades }) => ![...grades.values()].some((grade) => grade >= 1));
  return hopeless.length === 0 ? [] : [`${counted(hopeless.length, "judged query has", "judged queries have")} no relevant document: all measures are 0 there`];
}

function runNotices({ name, answers }: Run, asked: readonly JudgedQuery[], qrels: ReadonlyMap<string, unknown>): string[] {
  const unjudged = [...answers.keys()].filter((id) => !qrels.has(id)).length;
  const missing = asked.filter(({ id }) => !answers.has(id)).length;
  return [
    ...(missing > 0 ? [`${name} has no answer to ${missing} of ${counted(asked.length, "judged query", "judged queries")}: what is missing counts as 0`] : []),
    ...(unjudged > 0 ? [`${name} answers ${counted(unjudged, "query", "queries")} that nobody judged: no measure counts them`] : []),
  ];
}
