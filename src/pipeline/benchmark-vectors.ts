import { createRandom } from "../domain/seeded-random.ts";

/** Directions that texts differ in, the n-th by 1 / sqrt(n) of the first; beyond them there is noise alone. */
const DIRECTIONS = 64;
const TOPICS = 100;
/** Length of the noise relative to all the rest. */
const NOISE = 0.6;

/**
 * Gives vectors of unit length that lie as those of texts do: around topics, in far fewer directions than they have dimensions. The same
 * seed gives the same vectors.
 */
export function createTextLikeVectors(dimensions: number, seed: number): () => Float32Array {
  const random = createRandom(seed);
  // Box and Muller 1958.
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const directions = Array.from({ length: DIRECTIONS }, () => Float32Array.from({ length: dimensions }, () => normal() / Math.sqrt(dimensions)));
  const weights = directions.map((_, place) => 1 / Math.sqrt(place + 1));
  const draw = (): number[] => weights.map((weight) => weight * normal());
  const topics = Array.from({ length: TOPICS }, draw);
  const noise = (NOISE * Math.hypot(...weights)) / Math.sqrt(dimensions);

  return () => {
    const topic = topics[Math.floor(random() * TOPICS)] ?? [];
    const vector = Float32Array.from({ length: dimensions }, () => noise * normal());
    for (const [place, own] of draw().entries()) addTo(vector, directions[place], own + (topic[place] ?? 0));
    return normalize(vector);
  };
}

function addTo(vector: Float32Array, direction: Float32Array | undefined, weight: number): void {
  if (direction === undefined) return;
  for (let place = 0; place < vector.length; place++) vector[place] = (vector[place] ?? 0) + weight * (direction[place] ?? 0);
}

function normalize(vector: Float32Array): Float32Array {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const scale = 1 / Math.sqrt(squares);
  return vector.map((value) => value * scale);
}
