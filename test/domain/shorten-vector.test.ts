import { expect, test } from "vitest";
import { shortenVector } from "../../src/domain/shorten-vector.ts";

test("keeps the beginning of a vector, at unit length", () => {
  const cut = shortenVector(Float32Array.of(0.6, 0, 0.8, 0), 3);
  expect([...cut]).toEqual([Math.fround(0.6), 0, Math.fround(0.8)]);
  const shorter = shortenVector(Float32Array.of(0.48, 0.64, 0.6), 2);
  expect(shorter[0]).toBeCloseTo(0.6, 6);
  expect(shorter[1]).toBeCloseTo(0.8, 6);
});

test("gives a vector that is not cut back to the bit, whatever its length", () => {
  const vector = Float32Array.of(0.1, 0.2);
  expect(shortenVector(vector, 2)).toBe(vector);
});

test("does not change the vector that it cuts", () => {
  const vector = Float32Array.of(3, 4, 5);
  shortenVector(vector, 2);
  expect([...vector]).toEqual([3, 4, 5]);
});

test("gives NaN, not a made-up direction, where the beginning is all zeros", () => {
  expect([...shortenVector(Float32Array.of(0, 0, 1), 2)]).toEqual([NaN, NaN]);
});
