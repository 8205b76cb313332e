import { basename } from "node:path";
import { readQrels, readTrecRun } from "../adapters/datasets/trec-files.ts";
import type { JudgedQuery, QueryAnswer } from "../domain/evaluation.ts";
import { measureQuery, pairStages, summarizeStages } from "../domain/measure-answers.ts";
import { drawSample } from "../domain/seeded-random.ts";
import type { Evaluation } from "../pipeline/evaluation.ts";
import type { EvalOptions } from "./eval-options.ts";

/** Measures the orders that other tools, or this one with --run-out, have written: each run file is a stage. All judged queries count, as with `trec_eval -c`. */
export async function evaluateRuns(runFiles: readonly string[], qrelsFile: string, { queryCount, seed }: Pick<EvalOptions, "queryCount" | "seed">): Promise<Evaluation> {
  const qrels = await readQrels(qrelsFile);
  const runs = await Promise.all(runFiles.map((file) => readTrecRun(file)));
  const tags = runs.map(({ tag }) => tag);
  const names = runs.map(({ tag }, place) => (tags.indexOf(tag) === tags.lastIndexOf(tag) ? tag : basename(runFiles[place] ?? tag)));
  const judged = [...qrels].map(([id, grades]): JudgedQuery => ({ id, text: id, grades }));
  const queries = queryCount === undefined ? judged : drawSample(judged, queryCount, seed);
  let depth = 0;
  const measured = queries.map((query) => {
    const stages = runs.map(({ answers }, place) => {
      const documents = answers.get(query.id) ?? [];
      depth = Math.max(depth, documents.length);
      return { stage: names[place] ?? "", documents, elapsedMs: null };
    });
    const answer: QueryAnswer = { queryId: query.id, stages, judgedPairs: 0, judgingMs: null, excerpts: {} };
    return measureQuery(query, answer);
  });
  return {
    label: names.join(", "),
    dataset: basename(qrelsFile),
    corpus: null,
    queries: measured,
    stages: summarizeStages(measured, seed),
    paired: pairStages(measured, seed),
    models: { embedder: null, reranker: null },
    settings: {
      depth,
      candidateCount: null,
      hybrid: false,
      recallMethod: null,
      instruction: null,
      dimensions: null,
      passageTokens: null,
      overlapTokens: null,
      seed: queryCount === undefined ? null : seed,
    },
    notices: runs.flatMap(({ answers }, place) => runNotices(names[place] ?? "", answers, qrels)),
  };
}

function runNotices(name: string, answers: ReadonlyMap<string, unknown>, qrels: ReadonlyMap<string, unknown>): string[] {
  const unjudged = [...answers.keys()].filter((id) => !qrels.has(id)).length;
  const missing = [...qrels.keys()].filter((id) => !answers.has(id)).length;
  return [
    ...(missing > 0 ? [`${name} has no answer to ${missing} of ${qrels.size} judged queries: they count as 0`] : []),
    ...(unjudged > 0 ? [`${name} answers ${unjudged} queries that nobody judged: they do not count`] : []),
  ];
}
