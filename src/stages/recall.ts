import type { Candidate } from "../domain/candidate.ts";
import { reciprocalRankFusion } from "../domain/fusion.ts";
import type { Passage } from "../domain/passage.ts";
import { assertFinite, bySimilarity } from "../domain/ranking.ts";
import type { PassageStore } from "../ports/passage-store.ts";
import type { VectorIndex } from "../ports/vector-index.ts";

export interface RecallOptions {
  readonly candidateCount: number;
  /** Lexical terms of the query: given, BM25 joins the cosine by reciprocal rank. */
  readonly lexicalTerms?: readonly string[];
  /** Only passages of these documents. The filter works inside the recall, so it never costs candidates. */
  readonly paths?: ReadonlySet<string>;
}

interface Found {
  readonly passage: Passage;
  readonly similarity: number;
}

/** First stage: the passages nearest to the query, best first, each with its cosine. */
export async function recall(
  queryVector: Float32Array,
  store: PassageStore,
  vectorIndex: VectorIndex,
  { candidateCount, lexicalTerms, paths }: RecallOptions,
): Promise<Candidate[]> {
  const found = await nearestPassages(queryVector, store, vectorIndex, candidateCount, paths);
  const ordered =
    lexicalTerms === undefined ? found : fuseWithBm25(queryVector, found, store, lexicalTerms, candidateCount, paths);
  return ordered
    .slice(0, candidateCount)
    .map(({ passage, similarity }, position) => ({ passage, similarity, recallRank: position + 1 }));
}

async function nearestPassages(
  queryVector: Float32Array,
  store: PassageStore,
  vectorIndex: VectorIndex,
  count: number,
  paths: ReadonlySet<string> | undefined,
): Promise<Found[]> {
  const allow = paths && store.vectorIdsOfDocuments([...paths]);
  // Vectors whose passages have left stay in the index until the next run prunes them: ask for more until there are enough.
  for (let wanted = count; ; wanted *= 2) {
    const matches = await vectorIndex.nearest(queryVector, wanted, allow);
    const similarityOf = new Map(matches.map(({ vectorId, similarity }) => [vectorId, similarity]));
    for (const similarity of similarityOf.values()) assertFinite(similarity, "a similarity");
    const passages = store.passagesOfVectors([...similarityOf.keys()]);
    const found = passages
      .filter(({ path }) => paths?.has(path) ?? true)
      .map((passage) => ({ passage, similarity: similarityOf.get(passage.vectorId) ?? 0 }))
      .toSorted(bySimilarity);
    if (found.length >= count || matches.length < wanted) return found;
  }
}

function fuseWithBm25(
  queryVector: Float32Array,
  nearest: readonly Found[],
  store: PassageStore,
  terms: readonly string[],
  count: number,
  paths: ReadonlySet<string> | undefined,
): Found[] {
  const lexical = store.lexicalSearch(terms, count, paths);
  const byId = new Map(nearest.map((found) => [found.passage.id, found]));
  const unseen = lexical.filter(({ id }) => !byId.has(id));
  const vectors = new Map([...store.vectors(unseen.map(({ vectorId }) => vectorId))].map((v) => [v.vectorId, v.vector]));
  for (const passage of unseen) {
    const vector = vectors.get(passage.vectorId);
    if (vector !== undefined) byId.set(passage.id, { passage, similarity: dotProduct(queryVector, vector) });
  }
  const rankings = [nearest.slice(0, count).map(({ passage }) => passage.id), lexical.map(({ id }) => id)];
  return reciprocalRankFusion(rankings).flatMap(({ key }) => byId.get(key) ?? []);
}

function dotProduct(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
