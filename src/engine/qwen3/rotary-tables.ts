import type { Qwen3Shape } from "./checkpoint.ts";

export interface RotaryTables {
  /** [positions, headSize / 2]. */
  readonly cosines: Float32Array;
  readonly sines: Float32Array;
}

/**
 * Rotary position embedding (Su et al. 2021), rounded to single precision where Transformers rounds: at thousands of positions the
 * rounding of the angle is larger than everything else.
 */
export function rotaryTables({ headSize, ropeTheta }: Pick<Qwen3Shape, "headSize" | "ropeTheta">, positions: number): RotaryTables {
  const half = headSize / 2;
  const frequencies = Float32Array.from({ length: half }, (_, pair) => 1 / Math.fround(ropeTheta ** Math.fround((2 * pair) / headSize)));
  const cosines = new Float32Array(positions * half);
  const sines = new Float32Array(positions * half);
  for (let position = 0; position < positions; position++) {
    for (let pair = 0; pair < half; pair++) {
      const angle = Math.fround(position * (frequencies[pair] ?? 0));
      cosines[position * half + pair] = Math.cos(angle);
      sines[position * half + pair] = Math.sin(angle);
    }
  }
  return { cosines, sines };
}
