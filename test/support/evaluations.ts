import { compareAnswers } from "../../src/domain/compare-answers.ts";
import type { JudgedQuery, QueryAnswer, ScoredDocument, StageAnswer } from "../../src/domain/evaluation.ts";
import { measureQuery, pairStages, summarizeStages } from "../../src/domain/measure-answers.ts";
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

/** Of the intervals and tests. */
const SEED = 7;

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
  const key = JSON.stringify(options);
  const made = madeEvaluations.get(key) ?? makeEvaluation(options);
  madeEvaluations.set(key, made);
  return { ...made, ...overrides };
}

/** By their options: intervals and tests take some hundred ms. */
const madeEvaluations = new Map<string, Evaluation>();

function makeEvaluation(options: SampleOptions): Evaluation {
  const { queryCount = 30, documentCount = 100, candidateCount = 50, rerankNoise = 2.6, stages = ["recall", "hybrid", "rerank"] } = options;
  const queries = Array.from({ length: queryCount }, (_, position) => {
    const query = judgedQuery(position, documentCount);
    return measureQuery(query, sampleAnswer(query, position, { documentCount, candidateCount, rerankNoise, stages }));
  });
  return {
    label: "mini",
    dataset: "medline",
    corpus: { documents: 1033, passages: 1264 },
    queries,
    stages: summarizeStages(queries, SEED),
    paired: pairStages(queries, SEED),
    models: {
      embedder: { id: "mini", revision: "2c1f0e9a8b7d6c5e4f3a", precision: "int8", fingerprint: "a1b2c3d4e5f607182930" },
      reranker: stages.includes("rerank") ? { id: "mini", revision: "2c1f0e9a8b7d6c5e4f3a", precision: "int8", fingerprint: "99aabbccddeeff001122" } : null,
    },
    settings: {
      depth: documentCount, candidateCount: stages.includes("rerank") ? candidateCount : 0, hybrid: stages.includes("hybrid"), recallMethod: "exact",
      instruction: null, dimensions: 384, passageTokens: 256, overlapTokens: 32, seed: null,
    },
    notices: [],
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
  return { dataset: "medline", variants, differences: variants.slice(1).map((variant) => compareAnswers(first!, variant, SEED)), ...overrides };
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
