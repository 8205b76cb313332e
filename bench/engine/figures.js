import { median } from "./measure.js";

/**
 * The rounds of one side as one: the median of every number, at any depth; of the rest (answers, names) the first round's.
 *
 * @param {readonly any[]} rounds
 * @returns {any}
 */
export function medianFigures(rounds) {
  const [first] = rounds;
  if (typeof first === "number") return median(rounds);
  if (typeof first !== "object" || first === null || Array.isArray(first)) return first;
  return Object.fromEntries(Object.keys(first).map((key) => [key, medianFigures(rounds.map((round) => round[key]))]));
}

/**
 * How far answers are from the exact ones.
 *
 * @typedef {{ vectors: number[][], relevances: number[] }} Answers
 * @param {Answers} found
 * @param {Answers} exact
 * @returns {{ cosine: number, relevanceDifference: number }} the lowest cosine, the largest difference
 */
export function agreement(found, exact) {
  return {
    cosine: Math.min(...found.vectors.map((vector, position) => cosine(vector, exact.vectors[position] ?? []))),
    relevanceDifference: Math.max(...found.relevances.map((relevance, position) => Math.abs(relevance - (exact.relevances[position] ?? Number.NaN)))),
  };
}

/** @param {ArrayLike<number>} a unit length @param {ArrayLike<number>} b unit length */
export function cosine(a, b) {
  let sum = 0;
  for (let position = 0; position < a.length; position++) sum += (a[position] ?? 0) * (b[position] ?? Number.NaN);
  return sum;
}
