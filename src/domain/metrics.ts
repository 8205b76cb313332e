/**
 * Measures of a ranking against judgments, as trec_eval 9.0 (https://github.com/usnistgov/trec_eval) computes them:
 * a document without a judgment is not relevant; a grade of 1 or more is; negative grades gain nothing. All measures of a query
 * that has judgments and no relevant document are 0, and count in the mean. A document that stands twice in a ranking, which
 * trec_eval refuses, earns nothing the second time, and still takes its place.
 */

/** Grade by document, for one query. 0 = judged and not relevant. */
export type Grades = ReadonlyMap<string, number>;

/**
 * Normalized discounted cumulative gain, 0 to 1 (trec_eval's `ndcg_cut`): the grade itself as gain, log2(rank + 1) as
 * discount, divided by the same sum over the best order of all judged documents. 0 when nothing is relevant.
 */
export function ndcgAt(ranking: readonly string[], grades: Grades, cutoff: number): number {
  const ideal = [...grades.values()].sort((a, b) => b - a).slice(0, cutoff);
  const idealGain = discountedGain(ideal);
  return idealGain === 0 ? 0 : discountedGain(gradesOf(ranking, grades, cutoff)) / idealGain;
}

/** 1 / rank of the first relevant document; 0 when the first `cutoff` hold none (trec_eval's `recip_rank`, cut). */
export function reciprocalRankAt(ranking: readonly string[], grades: Grades, cutoff: number): number {
  const position = gradesOf(ranking, grades, cutoff).findIndex(isRelevant);
  return position === -1 ? 0 : 1 / (position + 1);
}

/** The share of all relevant documents that the first `cutoff` hold; 0 when nothing is relevant (`recall`). */
export function recallAt(ranking: readonly string[], grades: Grades, cutoff: number): number {
  return recallsAt(ranking, grades, [cutoff])[0]!;
}

/** The same at each of the cutoffs, in their order. */
export function recallsAt(ranking: readonly string[], grades: Grades, cutoffs: readonly number[]): number[] {
  const relevantCount = [...grades.values()].filter(isRelevant).length;
  const positions = gradesOf(ranking, grades, Math.max(...cutoffs)).flatMap((grade, position) => (isRelevant(grade) ? [position] : []));
  return cutoffs.map((cutoff) => (relevantCount === 0 ? 0 : positions.filter((position) => position < cutoff).length / relevantCount));
}

/** The share of the first `cutoff` places that hold a relevant document; places that stay empty count as not relevant (`P`). */
export function precisionAt(ranking: readonly string[], grades: Grades, cutoff: number): number {
  return gradesOf(ranking, grades, cutoff).filter(isRelevant).length / cutoff;
}

/** The grade at each place, 0 for documents without a judgment and for repeats. */
function gradesOf(ranking: readonly string[], grades: Grades, cutoff: number): number[] {
  const seen = new Set<string>();
  return ranking.slice(0, cutoff).map((document) => {
    if (seen.has(document)) return 0;
    seen.add(document);
    return grades.get(document) ?? 0;
  });
}

function discountedGain(grades: readonly number[]): number {
  return grades.reduce((sum, grade, position) => sum + Math.max(0, grade) / discountAt(position + 1), 0);
}

/** What a gain at this rank is divided by: 1 at the first. */
export function discountAt(rank: number): number {
  return Math.log2(rank + 1);
}

function isRelevant(grade: number): boolean {
  return grade >= 1;
}

/**
 * Documents by score, best first, ties by document id in descending order of bytes: trec_eval pays no heed to the ranks and the order of a
 * run file, and breaks ties so. It keeps scores as 32-bit floats (9.0; doubles only since): what differs less is a tie, here too.
 * For runs that come as scores; our own rankings are ordered already.
 */
export function rankByScore(scores: ReadonlyMap<string, number>): string[] {
  return [...scores]
    .map(([document, score]) => ({ document, score: Math.fround(score) }))
    .sort((a, b) => b.score - a.score || compareBytes(b.document, a.document))
    .map(({ document }) => document);
}

/** As C's strcmp orders the UTF-8 of the two. `<` compares UTF-16, where an emoji stands before U+FFFD. */
function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/**
 * Kendall's tau-b between two lists of scores of the same items, -1 to 1: pairs in the same order minus pairs in opposite order, over the
 * geometric mean of the pairs that the one list does not tie and those that the other does not (Kendall 1945). 1 for fewer than two items,
 * 0 where one list ties everything.
 */
export function kendallTau(left: readonly number[], right: readonly number[]): number {
  if (left.length < 2) return 1;
  let balance = 0;
  let leftPairs = 0;
  let rightPairs = 0;
  for (let first = 0; first < left.length; first++) {
    for (let second = first + 1; second < left.length; second++) {
      const leftSign = Math.sign((left[first] ?? 0) - (left[second] ?? 0));
      const rightSign = Math.sign((right[first] ?? 0) - (right[second] ?? 0));
      balance += leftSign * rightSign;
      leftPairs += Math.abs(leftSign);
      rightPairs += Math.abs(rightSign);
    }
  }
  return leftPairs === 0 || rightPairs === 0 ? 0 : balance / Math.sqrt(leftPairs * rightPairs);
}
