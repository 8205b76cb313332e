import type { Candidate, RankedPassage } from "../domain/candidate.ts";
import type { JudgedQuery, QueryAnswer, ScoredDocument, StageAnswer } from "../domain/evaluation.ts";
import { graphemeFloor } from "../domain/graphemes.ts";
import { queryTerms } from "../domain/lexical-terms.ts";
import type { Grades } from "../domain/metrics.ts";
import { passageInput } from "../domain/passage.ts";
import { recall } from "../stages/recall.ts";
import type { EvaluationEvent } from "./evaluation.ts";
import { orderCandidates, type SearchDependencies } from "./search.ts";

export interface AnswerOptions {
  /** Names these answers in events. */
  readonly label: string;
  /** Documents ranked for a query: the judged candidates, then the rest of the recall. */
  readonly depth: number;
  /** Passages that the second stage judges. */
  readonly candidateCount: number;
  /** Fuses BM25 into the recall: a stage of its own, from which the second stage then takes its candidates. */
  readonly hybrid: boolean;
  readonly instruction?: string;
  /** Answers of an earlier run, by query id: these queries are not asked again. */
  readonly known?: ReadonlyMap<string, QueryAnswer>;
  /** Called with each new answer before the next query is asked. */
  readonly onAnswer?: (answer: QueryAnswer) => void;
  readonly onEvent?: (event: EvaluationEvent) => void;
  readonly signal?: AbortSignal;
}

/** Excerpts are kept of the first documents of each stage, and of so many relevant ones. */
const SHOWN_DOCUMENTS = 3;
const SHOWN_RELEVANT = 10;
const EXCERPT_LENGTH = 280;

/**
 * Asks every query of both stages, one after the other, and keeps each stage's order of documents. A passage's path is its
 * document's id. Rejects with UserError for models that answer NaN, and with `signal.reason` when aborted: what `onAnswer` was
 * called with by then is complete.
 */
export async function answerQueries(queries: readonly JudgedQuery[], deps: SearchDependencies, options: AnswerOptions): Promise<QueryAnswer[]> {
  const { label, known = new Map<string, QueryAnswer>(), onAnswer, onEvent, signal } = options;
  const answers: QueryAnswer[] = [];
  const unanswered = queries.filter(({ id }) => !known.has(id));
  onEvent?.({ type: "started", label, total: queries.length, known: queries.length - unanswered.length });
  if (unanswered.length > 0) await warmUp(deps, signal);
  for (const query of queries) {
    signal?.throwIfAborted();
    const before = known.get(query.id);
    if (before !== undefined) {
      answers.push(before);
      continue;
    }
    const startedAt = performance.now();
    const answer = await answerQuery(query, deps, options);
    onAnswer?.(answer);
    answers.push(answer);
    onEvent?.({ type: "answered", done: answers.length, total: queries.length, elapsedMs: performance.now() - startedAt });
  }
  onEvent?.({ type: "ended", label });
  return answers;
}

/** Loading models and the first run of a graph are no part of any query's time. */
async function warmUp({ embedder, reranker, vectorIndex }: SearchDependencies, signal: AbortSignal | undefined): Promise<void> {
  const options = signal ? { signal } : {};
  await vectorIndex;
  await embedder.embedQuery("warm-up", options);
  await reranker?.score("warm-up", ["The first answer of a model takes longer than the others."], options);
}

async function answerQuery(query: JudgedQuery, deps: SearchDependencies, options: AnswerOptions): Promise<QueryAnswer> {
  const { depth, hybrid, instruction, signal } = options;
  const asked = { ...(instruction !== undefined && { instruction }), ...(signal && { signal }) };
  const startedAt = performance.now();
  const { vector } = await deps.embedder.embedQuery(query.text, asked);
  const embedMs = performance.now() - startedAt;

  const recalled = await recallPassages(vector, deps, options);
  const fused = hybrid ? await recallPassages(vector, deps, options, queryTerms(query.text)) : undefined;
  const first = fused ?? recalled;
  const stages = [
    { stage: "recall", passages: passagesOf(recalled), elapsedMs: embedMs + recalled.elapsedMs },
    ...(fused ? [{ stage: "hybrid", passages: passagesOf(fused), elapsedMs: embedMs + fused.elapsedMs }] : []),
  ];

  const { candidates, others } = first;
  let judgingMs: number | null = null;
  if (deps.reranker !== undefined) {
    const judgingStartedAt = performance.now();
    const { ranked } = await orderCandidates(query.text, candidates, deps.reranker, undefined, asked);
    judgingMs = performance.now() - judgingStartedAt;
    stages.push({ stage: "rerank", passages: [...ranked, ...others], elapsedMs: embedMs + first.elapsedMs + judgingMs });
  }
  const best = stages.map(({ passages }) => bestPassages(passages, depth));
  return {
    queryId: query.id,
    stages: stages.map(({ stage, elapsedMs }, place): StageAnswer => ({ stage, elapsedMs, documents: (best[place] ?? []).map(scoredDocument) })),
    judgedPairs: judgingMs === null ? 0 : candidates.length,
    judgingMs,
    excerpts: excerptsOf(best, query.grades),
  };
}

interface Recalled {
  /** What a search would hand to the second stage, and the time that it would take. */
  readonly candidates: readonly Candidate[];
  readonly elapsedMs: number;
  /** What follows them, until there are enough documents. */
  readonly others: readonly Candidate[];
}

async function recallPassages(
  vector: Float32Array,
  { store, vectorIndex }: SearchDependencies,
  { depth, candidateCount }: AnswerOptions,
  lexicalTerms?: readonly string[],
): Promise<Recalled> {
  const index = await vectorIndex;
  const nearest = (count: number) => recall(vector, store, index, { candidateCount: count, ...(lexicalTerms && { lexicalTerms }) });
  const startedAt = performance.now();
  const candidates = await nearest(candidateCount);
  const elapsedMs = performance.now() - startedAt;
  let found = candidates;
  let wanted = candidateCount;
  // How many passages make `depth` documents is not known before; fewer than wanted are all that there are.
  while (documentCount(found) < depth && found.length >= wanted) {
    wanted = 2 * Math.max(wanted, depth);
    found = await nearest(wanted);
  }
  const ids = new Set(candidates.map(({ passage }) => passage.id));
  return { candidates, elapsedMs, others: found.filter(({ passage }) => !ids.has(passage.id)) };
}

function documentCount(candidates: readonly Candidate[]): number {
  return new Set(candidates.map(({ passage }) => passage.path)).size;
}

function passagesOf({ candidates, others }: Recalled): readonly Candidate[] {
  return [...candidates, ...others];
}

type Found = Candidate & Partial<Pick<RankedPassage, "judgment">>;

/** The first passage of each document, best first. */
function bestPassages(passages: readonly Found[], depth: number): Found[] {
  const best = new Map<string, Found>();
  for (const found of passages) {
    if (best.size >= depth) break;
    if (!best.has(found.passage.path)) best.set(found.passage.path, found);
  }
  return [...best.values()];
}

function scoredDocument({ passage, similarity, judgment }: Found): ScoredDocument {
  return { documentId: passage.path, similarity, relevance: judgment?.relevance ?? null };
}

/** The last stage's passage stands for a document that several stages show. */
function excerptsOf(stages: readonly (readonly Found[])[], grades: Grades): Record<string, string> {
  const shown = new Map<string, string>();
  for (const documents of stages.toReversed()) {
    const relevant = documents.filter(({ passage }) => (grades.get(passage.path) ?? 0) > 0).slice(0, SHOWN_RELEVANT);
    for (const { passage } of [...documents.slice(0, SHOWN_DOCUMENTS), ...relevant]) {
      if (!shown.has(passage.path)) shown.set(passage.path, excerptOf(passageInput(passage)));
    }
  }
  return Object.fromEntries(shown);
}

function excerptOf(text: string): string {
  const line = text.replace(/\s+/gu, " ").trim();
  return line.length <= EXCERPT_LENGTH ? line : `${line.slice(0, graphemeFloor(line, EXCERPT_LENGTH)).trimEnd()}…`;
}
