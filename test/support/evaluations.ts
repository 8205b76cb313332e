import { MEASURE_NAMES } from "../../src/domain/evaluation.ts";
import type {
  Interval, JudgedQuery, MeasureName, MeasuredQuery, Measures, MovedDocument, MovedQuery, PairedDifference, QueryAnswer, ScoredDocument, StageAnswer, StageSummary,
  VariantDifference,
} from "../../src/domain/evaluation.ts";
import { kendallTau, ndcgAt, precisionAt, recallAt, reciprocalRankAt } from "../../src/domain/metrics.ts";
import { relevanceOf } from "../../src/domain/ranking.ts";
import { createRandom } from "../../src/domain/seeded-random.ts";
import type { Comparison, Evaluation } from "../../src/pipeline/evaluation.ts";

/** What a made-up evaluation is like. The same options give the same evaluation. */
export interface SampleOptions {
  readonly queryCount?: number;
  readonly documentCount?: number;
  /** How far the second stage's logits are from the truth: 1 is good, 4 is hardly better than chance. */
  readonly rerankNoise?: number;
  readonly candidateCount?: number;
  /** In their order; some of "recall", "hybrid" and "rerank". */
  readonly stages?: readonly string[];
}

const TOPICS = [
  ["how is limescale removed from a kettle", "Fill the kettle with equal parts of white vinegar and water, let it stand for an hour and boil it once; rinse twice."],
  ["为什么海水是咸的", "河流把岩石中溶解的盐分带入海洋，水分蒸发之后盐分留了下来，于是海水在漫长的地质年代里越来越咸。"],
  ["does low-dose aspirin lower the risk of colorectal cancer?", "In a pooled analysis of four trials, daily aspirin at 75 mg or more reduced the 20-year incidence of colon cancer by about a quarter."],
  ["中国的首都在哪里", "中华人民共和国的首都是北京，位于华北平原北部，是全国的政治、文化、国际交往和科技创新中心。"],
  ["undo the last commit but keep the changes", "`git reset --soft HEAD~1` moves the branch back by one commit; the index and the working tree stay as they are."],
  ["tyre pressure for a loaded estate car", "With four passengers and luggage raise the rear tyres to 2.9 bar; the plate in the driver's door frame has the exact figures."],
] as const;

/** 30 queries in two languages, 100 documents each, ranked by cosine, fused with BM25, then reranked: numbers as a run could have given them. */
export function sampleEvaluation(overrides: Partial<Evaluation> = {}, options: SampleOptions = {}): Evaluation {
  const { queryCount = 30, documentCount = 100, candidateCount = 50, rerankNoise = 2.6, stages = ["recall", "hybrid", "rerank"] } = options;
  const queries = Array.from({ length: queryCount }, (_, position) => {
    const query = judgedQuery(position, documentCount);
    const answer = sampleAnswer(query, position, { documentCount, candidateCount, rerankNoise, stages });
    const measures = new Map(answer.stages.map(({ stage, documents }) => [stage, measuresOf(documents, query)]));
    return { query, answer, measures };
  });
  const pairs = stages.slice(1).map((to, position) => [stages[position]!, to] as const);
  if (stages.length === 3) pairs.push([stages[0]!, stages[2]!]);
  return {
    label: "mini",
    dataset: "medline",
    corpus: { documents: 1033, passages: 1264 },
    queries,
    stages: stages.map((name) => summaryOf(name, queries)),
    paired: pairs.map(([from, to]) => pairedDifference(from, to, ndcgsOf(queries, from), ndcgsOf(queries, to))),
    models: {
      embedder: { id: "mini", revision: "2c1f0e9a8b7d6c5e4f3a", precision: "int8", fingerprint: "a1b2c3d4e5f607182930" },
      reranker: stages.includes("rerank") ? { id: "mini", revision: "2c1f0e9a8b7d6c5e4f3a", precision: "int8", fingerprint: "99aabbccddeeff001122" } : null,
    },
    settings: {
      depth: documentCount, candidateCount: stages.includes("rerank") ? candidateCount : 0, hybrid: stages.includes("hybrid"), recallMethod: "exact",
      instruction: null, dimensions: 384, passageTokens: 256, overlapTokens: 32, seed: null,
    },
    notices: [],
    ...overrides,
  };
}

/** Three variants of the sample: 50 candidates, 20 candidates, and a better second stage. */
export function sampleComparison(overrides: Partial<Comparison> = {}): Comparison {
  const variants = [
    sampleEvaluation({ label: "mini" }),
    sampleEvaluation({ label: "mini, candidates=20" }, { candidateCount: 20 }),
    sampleEvaluation({ label: "qwen3-0.6b" }, { rerankNoise: 1.9 }),
  ];
  const [first] = variants;
  return { dataset: "medline", variants, differences: variants.slice(1).map((variant) => variantDifference(first!, variant)), ...overrides };
}

function judgedQuery(position: number, documentCount: number): JudgedQuery {
  const random = createRandom(1000 + position);
  const grades = new Map<string, number>();
  const judgedCount = 4 + Math.floor(random() * 8);
  for (let count = 0; count < judgedCount; count++) {
    // A few relevant documents are among none of the ranked ones.
    const document = Math.floor(random() * documentCount * 1.1);
    grades.set(documentId(document), count === 0 ? 2 : Math.floor(random() * 3));
  }
  const [text] = TOPICS[position % TOPICS.length]!;
  return { id: `MED-${position + 1}`, text: position < TOPICS.length ? text : `${text} (${position + 1})`, grades };
}

function sampleAnswer(query: JudgedQuery, position: number, options: Required<Omit<SampleOptions, "queryCount">>): QueryAnswer {
  const { documentCount, candidateCount, rerankNoise } = options;
  const random = createRandom(position);
  const judging = createRandom(position + Math.round(1000 * rerankNoise));
  const documents = Array.from({ length: documentCount }, (_, number) => {
    const id = documentId(number);
    const truth = query.grades.get(id) ?? 0;
    const similarity = 0.35 + 0.09 * truth + 0.1 * normal(random);
    const fused = similarity + 0.02 * truth + 0.05 * normal(random);
    return { id, similarity, fused, relevance: relevanceOf(-4 + 2.2 * truth + rerankNoise * normal(judging)) };
  });
  const recalled = documents.toSorted((a, b) => b.similarity - a.similarity);
  const fused = documents.toSorted((a, b) => b.fused - a.fused);
  const first = options.stages.includes("hybrid") ? fused : recalled;
  const judged = first.slice(0, candidateCount).sort((a, b) => b.relevance - a.relevance);
  const scored = (document: (typeof documents)[number], relevance: number | null): ScoredDocument => ({ documentId: document.id, similarity: document.similarity, relevance });
  const recallMs = 9 + 4 * random();
  const judgingMs = candidateCount * (24 + 8 * random());
  const answers: Record<string, StageAnswer> = {
    recall: { stage: "recall", documents: recalled.map((document) => scored(document, null)), elapsedMs: recallMs },
    hybrid: { stage: "hybrid", documents: fused.map((document) => scored(document, null)), elapsedMs: recallMs + 2 + random() },
    rerank: {
      stage: "rerank",
      documents: [...judged.map((document) => scored(document, document.relevance)), ...first.slice(candidateCount).map((document) => scored(document, null))],
      elapsedMs: recallMs + 3 + judgingMs,
    },
  };
  const hasRerank = options.stages.includes("rerank");
  const stages = options.stages.map((stage) => answers[stage]!);
  const excerpts: Record<string, string> = {};
  for (const id of [...stages.flatMap((stage) => stage.documents.slice(0, 10).map(({ documentId: id }) => id)), ...query.grades.keys()]) {
    const number = Number(id.slice(1));
    const [, text] = TOPICS[query.grades.get(id) === undefined ? number % TOPICS.length : position % TOPICS.length]!;
    excerpts[id] = text;
  }
  return { queryId: query.id, stages, judgedPairs: hasRerank ? candidateCount : 0, judgingMs: hasRerank ? judgingMs : null, excerpts };
}

function documentId(number: number): string {
  return `d${number}`;
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function measuresOf(documents: readonly ScoredDocument[], { grades }: JudgedQuery): Measures {
  const ranking = documents.map(({ documentId }) => documentId);
  return {
    ndcg10: ndcgAt(ranking, grades, 10),
    mrr10: reciprocalRankAt(ranking, grades, 10),
    recall10: recallAt(ranking, grades, 10),
    recall50: recallAt(ranking, grades, 50),
    recall100: recallAt(ranking, grades, 100),
    p1: precisionAt(ranking, grades, 1),
  };
}

function summaryOf(name: string, queries: readonly MeasuredQuery[]): StageSummary {
  const values = (measure: MeasureName) => queries.map(({ measures }) => measures.get(name)![measure]);
  const answers = queries.map(({ answer }) => answer.stages.find(({ stage }) => stage === name)!);
  const times = answers.map(({ elapsedMs }) => elapsedMs ?? 0).sort((a, b) => a - b);
  const judgingMs = queries.reduce((sum, { answer }) => sum + (answer.judgingMs ?? 0), 0);
  const judgedPairs = queries.reduce((sum, { answer }) => sum + answer.judgedPairs, 0);
  const means = Object.fromEntries(MEASURE_NAMES.map((measure) => [measure, mean(values(measure))])) as Record<MeasureName, number>;
  const ci95 = Object.fromEntries(
    MEASURE_NAMES.map((measure) => {
      const [low, high] = intervalOf(values(measure));
      return [measure, [Math.max(0, low), Math.min(1, high)]];
    }),
  ) as unknown as Record<MeasureName, Interval>;
  return {
    name, ...means, ci95, meanMs: mean(times), p95Ms: times[Math.ceil(0.95 * times.length) - 1] ?? 0,
    pairsPerSecond: name === "rerank" ? judgedPairs / (judgingMs / 1000) : null,
  };
}

function ndcgsOf(queries: readonly MeasuredQuery[], stage: string): number[] {
  return queries.map(({ measures }) => measures.get(stage)!.ndcg10);
}

function pairedDifference(from: string, to: string, before: readonly number[], after: readonly number[]): PairedDifference {
  const differences = after.map((value, position) => value - before[position]!);
  const ci95 = intervalOf(differences);
  const error = (ci95[1] - ci95[0]) / (2 * 1.96);
  const z = error === 0 ? 0 : Math.abs(mean(differences)) / error;
  // The tail of the normal distribution, close enough for a made-up run.
  return { from, to, ndcg10Difference: mean(differences), ci95, pValue: Math.max(0.0001, Math.min(1, Math.exp(-0.717 * z - 0.416 * z * z))) };
}

/** Of the mean, by the normal distribution: the real one resamples. */
function intervalOf(values: readonly number[]): Interval {
  const center = mean(values);
  const variance = mean(values.map((value) => (value - center) ** 2));
  const half = 1.96 * Math.sqrt(variance / Math.max(1, values.length - 1));
  return [center - half, center + half];
}

function variantDifference(first: Evaluation, other: Evaluation): VariantDifference {
  const last = (evaluation: Evaluation) => evaluation.stages.at(-1)!.name;
  const moved = first.queries.map((from, position) => {
    const to = other.queries[position]!;
    const orders = [orderOf(from, last(first)), orderOf(to, last(other))] as const;
    return { query: movedQuery(from, to, orders, [last(first), last(other)]), tau: tauOf(...orders) };
  });
  const difference = ({ fromNdcg10, toNdcg10 }: MovedQuery) => toNdcg10 - fromNdcg10;
  const sorted = moved.map(({ query }) => query).sort((a, b) => difference(b) - difference(a));
  return {
    ...pairedDifference(first.label, other.label, ndcgsOf(first.queries, last(first)), ndcgsOf(other.queries, last(other))),
    kendallTau: mean(moved.map(({ tau }) => tau)),
    gains: sorted.filter((query) => difference(query) > 0).slice(0, 3),
    losses: sorted.filter((query) => difference(query) < 0).slice(-3).reverse(),
  };
}

function movedQuery(from: MeasuredQuery, to: MeasuredQuery, orders: readonly [string[], string[]], stages: readonly [string, string]): MovedQuery {
  const rankIn = (order: readonly string[], id: string) => (order.includes(id) ? order.indexOf(id) + 1 : null);
  const relevant = [...from.query.grades].filter(([, grade]) => grade > 0).map(([id]) => id);
  const documents: MovedDocument[] = [...new Set([...relevant.slice(0, 3), orders[0][0]!, orders[1][0]!])].map((id) => ({
    documentId: id,
    grade: from.query.grades.get(id) ?? 0,
    fromRank: rankIn(orders[0], id),
    toRank: rankIn(orders[1], id),
    excerpt: from.answer.excerpts[id] ?? to.answer.excerpts[id] ?? "",
  }));
  return {
    queryId: from.query.id, text: from.query.text, fromNdcg10: from.measures.get(stages[0])!.ndcg10, toNdcg10: to.measures.get(stages[1])!.ndcg10, documents,
  };
}

function orderOf({ answer }: MeasuredQuery, stage: string): string[] {
  return answer.stages.find((answered) => answered.stage === stage)!.documents.map(({ documentId }) => documentId);
}

function tauOf(first: readonly string[], second: readonly string[]): number {
  const items = [...new Set([...first.slice(0, 10), ...second.slice(0, 10)])];
  return kendallTau(items.map((item) => -first.indexOf(item)), items.map((item) => -second.indexOf(item)));
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
