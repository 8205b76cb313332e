import { QWEN3_PRECISIONS, type ModelSpec, type Qwen3Precision } from "../domain/model-spec.ts";
import { findDevices, mayHaveGraphics } from "../engine/find-devices.ts";
import { pairMemoryBytes, SMALLEST_SHAPE } from "../engine/qwen3/probe-precision.ts";
import { readQwen3Shape } from "../engine/qwen3/qwen3-config.ts";
import { probeInChild } from "../inference/compile-client.ts";
import { PASSAGE_TOKENS } from "../pipeline/benchmark-rates.ts";
import type { PrecisionProbe, ProbedWay } from "../ports/precision-probe.ts";
import type { ModelSettings } from "./locate-models.ts";

const SMALLEST_PAIR = "qwen3-0.6b";
/** "qwen3-0.6b:int4": the precision is what is recommended. */
const PRECISION_SUFFIX = new RegExp(`:(?:${QWEN3_PRECISIONS.join("|")})(?=\\+|$)`, "g");

/**
 * Tries the chosen embedder's shape where it is one that the own engine compiles, else that of the smallest such pair.
 * @param models the chosen models, as `--models` takes them.
 */
export function createPrecisionProbe({ family, folder }: Pick<ModelSpec, "family" | "folder">, models: string, { threads }: Pick<ModelSettings, "threads">): PrecisionProbe {
  const shape = family === "qwen3" ? readQwen3Shape(folder) : SMALLEST_SHAPE;
  return {
    models: family === "qwen3" ? models.replaceAll(PRECISION_SUFFIX, "") : SMALLEST_PAIR,
    tokens: PASSAGE_TOKENS,
    memoryBytes: (precision: Qwen3Precision) => pairMemoryBytes(shape, precision),
    time: ({ precision, device }, { timeBoxMs, signal }) =>
      probeInChild({ shape, precision, device, tokens: PASSAGE_TOKENS, timeBoxMs, ...(threads > 0 && { threads }) }, { ...(signal && { signal }) }),
  };
}

/** Every precision on every device that is really there, and on the one that the user names. The CPU comes first; int8 runs there alone. */
export async function probedWays({ device: named }: Pick<ModelSettings, "device">): Promise<ProbedWay[]> {
  const found = mayHaveGraphics() ? await findDevices() : [{ device: "cpu", state: "ready" } as const];
  return found
    .filter(({ device, state }) => state === "ready" || (device === named && state === "software"))
    .flatMap(({ device }) => QWEN3_PRECISIONS.filter((precision) => precision !== "int8" || device === "cpu").map((precision) => ({ precision, device })));
}
