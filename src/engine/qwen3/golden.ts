import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFailure } from "../../domain/disk-failure.ts";
import { UserError } from "../../domain/errors.ts";
import type { ModelRole } from "../../domain/model-spec.ts";
import { dot } from "./rounding-quality.ts";

/** The first texts of the calibration, with what the exact model says of them: what a compiled model has to say, too. */
export const GOLDEN_COUNT = 6;
const GOLDEN_FILE = "golden.json";
/** Significant digits of what is stored: more than single precision can tell apart after a whole model. */
const DIGITS = 7;

interface GoldenFile {
  /** Embedders: [GOLDEN_COUNT][hidden], of any length. */
  readonly vectors?: readonly (readonly number[])[];
  /** Rerankers. */
  readonly logits?: readonly number[];
}

/** @param outputs of the exact model, after the final norm. @param head the yes-minus-no row, for rerankers. */
export function writeGolden(folder: string, role: ModelRole, outputs: readonly Float32Array[], head: Float32Array): void {
  const first = outputs.slice(0, GOLDEN_COUNT);
  const round = (value: number): number => Number(value.toPrecision(DIGITS));
  const golden: GoldenFile = role === "embedder" ? { vectors: first.map((vector) => Array.from(vector, round)) } : { logits: first.map((output) => round(dot(output, head))) };
  const path = join(folder, GOLDEN_FILE);
  try {
    writeFileSync(path, JSON.stringify(golden));
  } catch (cause) {
    throw cacheFailure(`${path} cannot be written`, cause);
  }
}

/** What the exact model says: vectors for an embedder, one number a text for a reranker. Throws UserError when it is missing or damaged. */
export function readGolden(folder: string, role: ModelRole): readonly (readonly number[])[] {
  const path = join(folder, GOLDEN_FILE);
  try {
    const { vectors, logits } = JSON.parse(readFileSync(path, "utf8")) as GoldenFile;
    const golden = role === "embedder" ? vectors : logits?.map((logit) => [logit]);
    if (golden?.length === GOLDEN_COUNT) return golden;
    throw new Error(`it holds ${golden?.length ?? 0} of ${GOLDEN_COUNT} outputs`);
  } catch (cause) {
    throw new UserError(`${path} cannot be used: ${(cause as Error).message}`, { hint: `remove ${folder}: the model is compiled anew when it is used`, cause });
  }
}
