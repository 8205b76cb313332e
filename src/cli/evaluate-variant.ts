import { createHash } from "node:crypto";
import { join } from "node:path";
import { openAnswerJournal } from "../adapters/answer-journal.ts";
import type { HubSettings, Settings } from "../config/settings-table.ts";
import type { JudgedQuery } from "../domain/evaluation.ts";
import { measureQuery, pairStages, summarizeStages } from "../domain/measure-answers.ts";
import { answerQueries } from "../pipeline/answer-queries.ts";
import type { Evaluation, EvaluationEvent } from "../pipeline/evaluation.ts";
import { deafModels, heardInstruction, stampOf } from "../pipeline/search.ts";
import type { Dataset } from "../ports/dataset.ts";
import { datasetFileName, evalCacheFolder } from "./eval-cache.ts";
import { contentDigest, prepareEvalIndex, type EvalIndexOptions } from "./eval-index.ts";
import type { EvalOptions } from "./eval-options.ts";
import { openIndexAt, type OpenedIndex } from "./compose.ts";

export interface EvaluateVariantOptions extends Omit<EvalIndexOptions, "name" | "corpus" | "settings"> {
  /** `undefined`: the models' name. */
  readonly label: string | undefined;
  readonly settings: Settings;
  readonly hub: HubSettings;
  readonly dataset: Dataset;
  /** Those of the dataset that are asked. */
  readonly queries: readonly JudgedQuery[];
  readonly asked: Pick<EvalOptions, "depth" | "seed" | "queryCount" | "fresh">;
  readonly onEvent: (event: EvaluationEvent) => void;
}

/** Raised whenever the same models and settings may give other answers: journals of other versions are not gone on with. */
const ANSWERS_VERSION = 2;

export interface EvaluatedVariant {
  readonly evaluation: Evaluation;
  /** The journal that its answers are kept in: the same one for variants that are the same. */
  readonly answersFile: string;
}

/** Asks the queries with one choice of models and settings, and measures the answers. What an earlier run has answered is not asked again. */
export async function evaluateVariant(options: EvaluateVariantOptions): Promise<EvaluatedVariant> {
  const { dataset, queries, asked, context, hub, onNotice, openProgress } = options;
  const { home, settings } = await prepareEvalIndex({ ...options, name: dataset.name, corpus: dataset.corpus });
  const index = await openIndexAt(home, { settings, hub, cwd: context.cwd, rerank: settings.rerank, onNotice, signal: context.signal, openProgress });
  try {
    const label = options.label ?? pairName(index);
    const specs = [index.embedder.spec, ...(index.reranker ? [index.reranker.spec] : [])];
    // Said before hours are spent on what cannot make a difference.
    const deaf = deafModels(settings.instruct, specs);
    for (const line of deaf) onNotice(line);
    const instruction = heardInstruction(settings.instruct, specs);
    const recallMethod = (await index.vectorIndex).method;
    const answersFile = journalFile(dataset, index, { ...settings, depth: asked.depth, instruction, recallMethod }, context);
    const journal = await openAnswerJournal(answersFile, queries, { fresh: asked.fresh });
    try {
      const { known } = journal;
      const queryById = new Map(queries.map((query) => [query.id, query]));
      const answers = await answerQueries(queries, index, {
        label,
        depth: asked.depth,
        candidateCount: settings.candidates,
        hybrid: settings.hybrid,
        ...(instruction !== null && { instruction }),
        known,
        onAnswer: (answer) => journal.append(queryById.get(answer.queryId)!, answer),
        onEvent: options.onEvent,
        signal: context.signal,
      });
      const measured = queries.map((query, place) => measureQuery(query, answers[place]!));
      const { documents, passages } = index.store.counts();
      const evaluation = {
        label,
        dataset: dataset.name,
        corpus: { documents, passages },
        queries: measured,
        stages: summarizeStages(measured, asked.seed),
        paired: pairStages(measured, asked.seed),
        models: { embedder: stampOf(index.embedder.spec), reranker: index.reranker ? stampOf(index.reranker.spec) : null },
        settings: {
          depth: asked.depth,
          candidateCount: index.reranker ? settings.candidates : 0,
          hybrid: settings.hybrid,
          recallMethod,
          instruction,
          dimensions: index.manifest.dimensions,
          passageTokens: index.manifest.chunking.maxTokens,
          overlapTokens: index.manifest.chunking.overlapTokens,
          seed: asked.queryCount === undefined ? null : asked.seed,
        },
        notices: [...dataset.notices, ...deaf, ...knownNotice(known.size, queries.length)],
      };
      return { evaluation, answersFile };
    } finally {
      journal.close();
    }
  } finally {
    await index.close();
  }
}

function knownNotice(known: number, total: number): string[] {
  if (known === 0) return [];
  const which = known === total ? "all answers are" : `${known} of ${total} answers are`;
  return [`${which} of an earlier run, with its times; --fresh asks again`];
}

function pairName({ embedder, reranker }: OpenedIndex): string {
  const name = embedder.spec.id;
  return reranker === undefined || reranker.spec.id === name ? name : `${name}+${reranker.spec.id}`;
}

type Decisive = Pick<Settings, "candidates" | "hybrid" | "longDocuments" | "device"> & {
  readonly depth: number;
  readonly instruction: string | null;
  readonly recallMethod: string;
};

/** One journal for each set of documents, models and settings: whatever decides an answer is part of its name. */
function journalFile(
  dataset: Dataset,
  index: OpenedIndex,
  { candidates, hybrid, longDocuments, device, depth, instruction, recallMethod }: Decisive,
  { environment }: EvalIndexOptions["context"],
): string {
  const decisive = {
    version: ANSWERS_VERSION,
    documents: contentDigest(index.store, index.manifest),
    embedder: index.embedder.spec.fingerprint,
    reranker: index.reranker?.spec.fingerprint ?? null,
    candidates: index.reranker ? candidates : null,
    hybrid,
    instruction,
    longDocuments,
    device,
    recallMethod,
    depth,
  };
  const digest = createHash("sha256").update(JSON.stringify(decisive)).digest("hex").slice(0, 16);
  return join(evalCacheFolder(environment), "answers", `${datasetFileName(dataset.name, digest)}.jsonl`);
}
