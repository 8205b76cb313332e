/**
 * The beginning of a vector, brought back to unit length. Only vectors of models that were trained for it (Matryoshka)
 * keep their meaning. NaN where the beginning is all zeros.
 *
 * @param dimensions from 1 to the vector's own; its own gives the vector itself, to the bit.
 */
export function shortenVector(vector: Float32Array, dimensions: number): Float32Array {
  if (dimensions === vector.length) return vector;
  const beginning = vector.subarray(0, dimensions);
  let squares = 0;
  for (const value of beginning) squares += value * value;
  const length = Math.sqrt(squares);
  return beginning.map((value) => value / length);
}
