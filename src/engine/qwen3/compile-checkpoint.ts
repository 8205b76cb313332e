import { createHash } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFailure } from "../../domain/disk-failure.ts";
import type { ModelRole, Qwen3Precision } from "../../domain/model-spec.ts";
import { type CompileOptions, type CompileReport, type CompileRequest, ENGINE_VERSION, type MatrixChoice } from "../../ports/model-compiler.ts";
import { calibrationPrompts } from "./calibration-prompts.ts";
import { checkTokens } from "./check-tokens.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { settleInt4, settleInt8, type SettledPlans, uniformPlans } from "./choose-plans.ts";
import { GROUP_MATRICES, MATRIX_GROUPS } from "./decoder-graph.ts";
import { writeCompileReport } from "./compile-report.ts";
import { findNonFinite } from "./float-formats.ts";
import { GOLDEN_COUNT, writeGolden } from "./golden.ts";
import { chooseInt8Storage } from "./int8-storage.ts";
import { createLayerRunner } from "./layer-runner.ts";
import { type LayerPlan, nonFinite } from "./layer-weights.ts";
import { type LayerChoices, type MeasureOptions, measurePlans, measureReference } from "./measure-layers.ts";
import { openCheckpoint } from "./open-checkpoint.ts";
import { answerIds } from "./prompt.ts";
import { openQwen3Tokenizer } from "./qwen3-tokenizer.ts";
import { createProductRunner } from "./product-runner.ts";
import { keepsBound, roundingQuality, type RoundingQuality } from "./rounding-quality.ts";
import { headDifference, positionsOf, writeModel } from "./write-model.ts";

/** Shares of the whole work, for the progress: measured on the 0.6B shape. */
const REFERENCE_SHARE = 0.6;
const MEASURED_SHARE = 0.8;

/**
 * Compiles into `folder`, which exists and is empty: graph, weights, golden outputs and, last, the report. One matrix or one layer is in
 * memory at a time. Rejects with `signal.reason` when aborted, with UserError for what is wrong with the checkpoint or the disk.
 */
export async function compileCheckpoint({ role, checkpointFolder, precision }: Omit<CompileRequest, "compiledFolder">, folder: string, options: CompileOptions = {}): Promise<CompileReport> {
  const { signal, threads, onProgress } = options;
  const startedAt = performance.now();
  const checkpoint = openCheckpoint(checkpointFolder);
  // Beside what is compiled: a killed process leaves it where the next compilation clears up.
  const scratch = join(folder, "scratch");
  try {
    mkdirSync(scratch);
    const tokenizer = await openQwen3Tokenizer(checkpointFolder);
    const prompts = calibrationPrompts(tokenizer, role);
    const texts = precision === "fp32" ? prompts.slice(0, GOLDEN_COUNT) : prompts;
    checkTokens(checkpoint, texts);
    const storage = await chooseInt8Storage(scratch);
    const positions = Math.max(...texts.map((ids) => ids.length));
    const runner = createLayerRunner({ checkpoint, storage, positions, folder: scratch, threads });
    const progressOf = (step: string, from: number, to: number) => (layer: number) => {
      signal?.throwIfAborted();
      onProgress?.({ step: `${step}, layer ${layer + 1} of ${checkpoint.shape.layers}`, share: from + ((to - from) * layer) / checkpoint.shape.layers });
    };

    const measured: Omit<MeasureOptions, "onLayer"> = { checkpoint, runner, texts };
    const search = precision === "fp32" ? undefined : { kind: precision, products: createProductRunner({ shape: checkpoint.shape, storage, folder: scratch, threads }) };
    const reference = await measureReference({ ...measured, onLayer: progressOf("measuring", 0, REFERENCE_SHARE) }, search);
    // Weights may be finite, and too large all the same.
    if (reference.outputs.some((output) => findNonFinite(output) >= 0)) throw nonFinite("gives NaN or infinity for plain texts");
    const head = role === "reranker" ? headDifference(checkpoint, answerIds(tokenizer)) : new Float32Array();
    const measure = async (plans: readonly LayerPlan[]): Promise<RoundingQuality> => {
      const outputs = await measurePlans({ ...measured, onLayer: progressOf("checking", REFERENCE_SHARE, MEASURED_SHARE) }, plans);
      return roundingQuality(role, reference.outputs, outputs, head);
    };
    const settled = await settle(precision, reference.choices, checkpoint, measure);
    tellOfBound(precision, settled, options);

    const sizeBytes = writeModel(checkpoint, { role, layers: settled.plans, storage, head }, folder, progressOf("writing", MEASURED_SHARE, 1));
    writeGolden(folder, role, reference.outputs, head);
    const written: CompileReport = {
      engineVersion: ENGINE_VERSION,
      role,
      requestedPrecision: precision,
      precision: settled.precision,
      dimensions: role === "embedder" ? checkpoint.shape.hidden : 0,
      contextTokens: positionsOf(checkpoint),
      choicesDigest: digestOf(role, settled),
      ...(settled.quality ?? { minCosine: null, maxRelevanceDifference: null, kendallTau: null }),
      matrices: settled.plans.flatMap((plan, layer) => matrixChoices(layer, plan, reference.choices[layer])),
      seconds: (performance.now() - startedAt) / 1000,
      sizeBytes,
    };
    writeCompileReport(folder, written);
    return written;
  } catch (error) {
    throw cacheFailure(`${folder} cannot be written`, error);
  } finally {
    checkpoint.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function settle(precision: Qwen3Precision, choices: readonly LayerChoices[], { shape }: Checkpoint, measure: (plans: readonly LayerPlan[]) => Promise<RoundingQuality>): Promise<SettledPlans> {
  if (precision === "fp32") return { precision, plans: uniformPlans(shape.layers, "fp32"), quality: null };
  return precision === "int8" ? settleInt8(choices, measure) : settleInt4(choices, measure);
}

/** A bound that is not kept is said aloud, whatever is done about it. */
function tellOfBound(wanted: Qwen3Precision, { precision, quality }: SettledPlans, { onNotice }: CompileOptions): void {
  if (precision !== wanted) onNotice?.(`${wanted} cannot keep within 0.999 cosine and 0.01 relevance of the exact model: compiled in ${precision} instead`);
  else if (quality !== null && !keepsBound(quality)) onNotice?.(`${wanted} changes this model's answers: ${qualityText(quality)} from the exact ones`);
}

function qualityText({ minCosine, maxRelevanceDifference }: RoundingQuality): string {
  return minCosine === null ? `relevances up to ${(maxRelevanceDifference ?? 0).toFixed(3)}` : `vectors down to a cosine of ${minCosine.toFixed(4)}`;
}

function matrixChoices(layer: number, { kinds, factors }: LayerPlan, choices: LayerChoices | undefined): MatrixChoice[] {
  return MATRIX_GROUPS.flatMap((group) => {
    const { alpha, error } = choices?.get(group) ?? { alpha: 0, error: null };
    const choice = factors[group] === undefined ? kinds[group] : `${kinds[group]}, channels moved by ${alpha}`;
    return GROUP_MATRICES[group].map((name) => ({ name: `layers.${layer}.${name}`, choice, relativeError: kinds[group] === "int8" || kinds[group] === "int4" ? error : null }));
  });
}

/** The storage of the integers is not in it: their values are the same. */
function digestOf(role: ModelRole, { precision, plans }: SettledPlans): string {
  const hash = createHash("sha256").update(JSON.stringify([role, precision]));
  for (const { kinds, factors } of plans) {
    for (const group of MATRIX_GROUPS) {
      const values = factors[group];
      hash.update(`${group} ${kinds[group]} ${values?.length ?? 0}\n`);
      if (values !== undefined) hash.update(values);
    }
  }
  return hash.digest("hex");
}
