import type { Pooling } from "../../domain/model-spec.ts";

/**
 * One vector of unit length from a graph's output: token vectors ([tokens, dimensions], row by row) or, for "none", the
 * text's vector itself. Every token counts: texts run alone, so none is padding. A zero or non-finite output gives NaN.
 */
export function poolVector(values: Float32Array, dimensions: number, pooling: Pooling): Float32Array {
  return normalize(pooling === "mean" ? meanOfRows(values, dimensions) : rowOf(values, dimensions, pooling));
}

function rowOf(values: Float32Array, dimensions: number, pooling: Exclude<Pooling, "mean">): Float32Array {
  const start = pooling === "last" ? values.length - dimensions : 0;
  return values.slice(start, start + dimensions);
}

function meanOfRows(values: Float32Array, dimensions: number): Float32Array {
  const sums = new Float64Array(dimensions);
  for (let position = 0; position < values.length; position++) {
    const column = position % dimensions;
    sums[column] = (sums[column] ?? 0) + (values[position] ?? 0);
  }
  // The division by the number of tokens is left to the normalization.
  return Float32Array.from(sums);
}

function normalize(vector: Float32Array): Float32Array {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const length = Math.sqrt(squares);
  return vector.map((value) => value / length);
}
