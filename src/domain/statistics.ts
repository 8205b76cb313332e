import type { Interval } from "./evaluation.ts";
import { createRandom } from "./seeded-random.ts";

// Odd, so that as many samples lie below the low end as above the high one.
const BOOTSTRAP_SAMPLES = 4_999;

// As many as Smucker et al. drew: the standard error of a p-value of 0.05 is then 0.0007.
const RANDOMIZATION_SAMPLES = 99_999;

// Up to here all choices of signs, 65,536, are fewer than the samples would be: counting them gives the p-value itself.
const MOST_ENUMERATED = 16;

/** 0 for no values, as trec_eval prints for no queries. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let position = 0; position < values.length; position++) sum += values[position]!;
  return values.length === 0 ? 0 : sum / values.length;
}

/**
 * The smallest value that at least `share` of the values do not exceed (nearest rank).
 *
 * @param share 0 to 1; 0 is the smallest value, 1 the largest.
 * @throws RangeError for no values: nothing would be true of them.
 */
export function percentile(values: ArrayLike<number>, share: number): number {
  if (values.length === 0) throw new RangeError("no values have no percentile");
  // 0.55 * 100 is a little more than 55, and would else be the 56th.
  const rank = Math.ceil(share * values.length - 1e-9);
  return Float64Array.from(values).sort()[Math.max(0, rank - 1)]!;
}

/**
 * Between which means 95 % of the samples lie that are drawn from the values with replacement, each as many as there are
 * (percentile bootstrap: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13; over queries: Sakai, SIGIR 2006).
 * The values are those of a query each, the mean over queries is what the interval is for. [0, 0] for no values.
 */
export function bootstrapInterval(values: readonly number[], seed: number): Interval {
  const random = createRandom(seed);
  const means = Float64Array.from({ length: BOOTSTRAP_SAMPLES }, () => {
    let sum = 0;
    for (let drawn = 0; drawn < values.length; drawn++) sum += values[Math.floor(random() * values.length)]!;
    return values.length === 0 ? 0 : sum / values.length;
  });
  return [percentile(means, 0.025), percentile(means, 0.975)];
}

/**
 * Two-sided p-value of the mean of paired differences, above 0 and up to 1 (randomization test: Fisher 1935; for rankings Smucker, Allan
 * and Carterette, "A Comparison of Statistical Significance Tests for Information Retrieval Evaluation", CIKM 2007). If neither order were
 * better, each difference could as well have had the other sign: how often is a mean with random signs as far from 0 as the one observed?
 * All choices of signs are counted where at most 16 differences are not 0. Otherwise samples are drawn, and the observed
 * signs count as one more of them: a p-value of 0 would say what no sample can show (Phipson and Smyth 2010).
 */
export function randomizationTest(differences: readonly number[], seed: number): number {
  // A difference of 0 is the same with either sign.
  const moved = differences.filter((difference) => difference !== 0);
  const blocks = signedSums(moved);
  const observed = blocks.reduce((sum, block) => sum + block[0]!, 0);
  // The same terms summed in another order differ by rounding, and are as far from 0 all the same.
  const bound = Math.abs(observed) - 1e-12 * moved.reduce((sum, difference) => sum + Math.abs(difference), 0);
  const enumerates = moved.length <= MOST_ENUMERATED;
  const samples = enumerates ? 2 ** moved.length : RANDOMIZATION_SAMPLES;
  const random = createRandom(seed);
  let choice = 0;
  const nextSigns = enumerates ? () => choice++ : () => random() * 4_294_967_296;
  let asFar = 0;
  for (let drawn = 0; drawn < samples; drawn++) asFar += Math.abs(sumUnder(nextSigns, blocks)) >= bound ? 1 : 0;
  return enumerates ? asFar / samples : (asFar + 1) / (samples + 1);
}

/**
 * The sums of each eight differences under all 256 choices of their signs, so that a sample of 1,000 differences costs 125 look-ups.
 * Bit `n` of a choice turns the sign of the block's difference `n`.
 */
function signedSums(differences: readonly number[]): Float64Array[] {
  return Array.from({ length: Math.ceil(differences.length / 8) }, (_, block) => {
    const eight = differences.slice(block * 8, block * 8 + 8);
    return Float64Array.from({ length: 256 }, (_, choice) =>
      eight.reduce((sum, difference, bit) => sum + ((choice >> bit) & 1 ? -difference : difference), 0));
  });
}

/** The sum of all differences under one choice of signs. Each call of `nextSigns` gives 32 of them, as bits. */
function sumUnder(nextSigns: () => number, blocks: readonly Float64Array[]): number {
  let sum = 0;
  let signs = 0;
  for (let block = 0; block < blocks.length; block++) {
    signs = block % 4 === 0 ? nextSigns() : signs >>> 8;
    sum += blocks[block]![signs & 255]!;
  }
  return sum;
}
