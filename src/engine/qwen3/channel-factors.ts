import type { Checkpoint } from "./checkpoint.ts";
import { GROUP_MATRICES, MATRIX_GROUPS, type MatrixGroup } from "./decoder-graph.ts";
import { expandHeads, readLayerWeight } from "./layer-weights.ts";
import type { ProductRunner } from "./product-runner.ts";

/** The factors that a group is best divided by, and what rounding costs with them. */
export interface FactorChoice {
  /** `undefined`: none, which is a choice too. */
  readonly factors: Float32Array | undefined;
  /** How much of the difference goes from the activations to the weights; 0 is none of it. */
  readonly alpha: number;
  /** See `relativeError`. */
  readonly error: number;
}

/** What a group of matrices reads: [tokens, width], the rows of several texts one after another. */
export type Activations = ReadonlyMap<MatrixGroup, Float32Array>;

/** The candidates; SmoothQuant takes 0.5 for most models, and more where activations have large outliers. */
const ALPHAS = [0.5, 0.75];
const MAX_EXPONENT = 14;

/**
 * For each group of one layer, the factors with the least error of its products. For 4-bit weights they do what AWQ (Lin et al. 2023)
 * does: the columns that large channels read are rounded on a finer grid.
 */
export async function chooseFactors(checkpoint: Checkpoint, layer: number, runner: ProductRunner, kind: "int8" | "int4", activations: Activations): Promise<ReadonlyMap<MatrixGroup, FactorChoice>> {
  const choices = new Map<MatrixGroup, FactorChoice>();
  for (const group of MATRIX_GROUPS) {
    const x = activations.get(group) ?? new Float32Array();
    const matrices = GROUP_MATRICES[group].map((name) => readLayerWeight(checkpoint, layer, name, {}));
    const width = (matrices[0]?.length ?? 0) / (checkpoint.tensor(`layers.${layer}.${GROUP_MATRICES[group][0]}.weight`).shape[0] ?? 1);
    const exact = await runner.run(group, "fp32", x, matrices);
    const reach = channelReach(x, width);
    const magnitudes = columnMagnitudes(matrices, width);
    let best: FactorChoice | undefined;
    for (const alpha of [0, ...ALPHAS]) {
      const factors = alpha === 0 ? undefined : groupFactors(checkpoint, group, { reach, magnitudes, alpha });
      const expanded = expandHeads(factors, width, checkpoint);
      const rounded = await runner.run(group, kind, scaledColumns(x, expanded, -1), expanded === undefined ? matrices : matrices.map((matrix) => scaledColumns(matrix, expanded, 1)));
      const error = relativeError(exact, rounded, x.length / width);
      if (best === undefined || error < best.error) best = { factors, alpha, error };
    }
    if (best !== undefined) choices.set(group, best);
  }
  return choices;
}

/**
 * How far the products are off, as a share of the exact ones: root mean square over the tokens, each with its own share, for the first
 * token of a trained model is a thousand times as large as the others.
 */
export function relativeError(exact: readonly Float32Array[], rounded: readonly Float32Array[], tokens: number): number {
  let sum = 0;
  for (let token = 0; token < tokens; token++) {
    let error = 0;
    let whole = 0;
    for (const [matrix, products] of exact.entries()) {
      const width = products.length / tokens;
      const others = rounded[matrix];
      for (let place = token * width; place < (token + 1) * width; place++) {
        const value = products[place] ?? 0;
        error += (value - (others?.[place] ?? 0)) ** 2;
        whole += value ** 2;
      }
    }
    sum += whole === 0 ? 0 : error / whole;
  }
  return Math.sqrt(sum / tokens);
}

/** For each channel, the root mean square of its share in its row's largest magnitude: rows have scales of their own. */
function channelReach(x: Float32Array, width: number): Float64Array {
  const squares = new Float64Array(width);
  for (let start = 0; start < x.length; start += width) {
    let largest = 0;
    for (let place = start; place < start + width; place++) largest = Math.max(largest, Math.abs(x[place] ?? 0));
    if (largest === 0) continue;
    for (let channel = 0; channel < width; channel++) squares[channel] = (squares[channel] ?? 0) + ((x[start + channel] ?? 0) / largest) ** 2;
  }
  return squares.map((square) => Math.sqrt((square * width) / Math.max(x.length, 1)));
}

/** For each channel, the largest magnitude that it is multiplied by. */
function columnMagnitudes(matrices: readonly Float32Array[], width: number): Float64Array {
  const magnitudes = new Float64Array(width);
  for (const values of matrices) {
    for (let start = 0; start < values.length; start += width) {
      for (let channel = 0; channel < width; channel++) {
        const magnitude = Math.abs(values[start + channel] ?? 0);
        if (magnitude > (magnitudes[channel] ?? 0)) magnitudes[channel] = magnitude;
      }
    }
  }
  return magnitudes;
}

interface ChannelFacts {
  readonly reach: Float64Array;
  readonly magnitudes: Float64Array;
  readonly alpha: number;
}

/**
 * reach^alpha / magnitude^(1 - alpha), scaled to a geometric mean of 1, as the nearest power of two: folding it in is exact, and machines
 * whose measurements differ in the last bit agree. Channels that are silent stay as they are.
 */
function groupFactors({ shape }: Checkpoint, group: MatrixGroup, { reach, magnitudes, alpha }: ChannelFacts): Float32Array {
  const shared = group === "attention-out";
  const reaches = shared ? sharedHeads(reach, shape, Math.hypot) : reach;
  const weights = shared ? sharedHeads(magnitudes, shape, Math.max) : magnitudes;
  const logs = reaches.map((value, channel) => {
    const weight = weights[channel] ?? 0;
    return value > 0 && weight > 0 ? alpha * Math.log2(value) - (1 - alpha) * Math.log2(weight) : Number.NaN;
  });
  const known = logs.filter((log) => !Number.isNaN(log));
  const mean = known.reduce((sum, log) => sum + log, 0) / Math.max(known.length, 1);
  return Float32Array.from(logs, (log) => (Number.isNaN(log) ? 1 : 2 ** Math.min(MAX_EXPONENT, Math.max(-MAX_EXPONENT, Math.round(log - mean)))));
}

/** From the channels of all heads to those of the key-value heads, which several share. */
function sharedHeads(channels: Float64Array, { heads, keyValueHeads, headSize }: Checkpoint["shape"], merge: (left: number, right: number) => number): Float64Array {
  const merged = new Float64Array(keyValueHeads * headSize);
  for (const [channel, value] of channels.entries()) {
    const head = Math.floor(channel / headSize / (heads / keyValueHeads));
    const place = head * headSize + (channel % headSize);
    merged[place] = merge(merged[place] ?? 0, value);
  }
  return merged;
}

/** A copy of `values` [rows, factors.length], each column times the factor to this power. */
function scaledColumns(values: Float32Array, factors: Float32Array | undefined, power: 1 | -1): Float32Array {
  if (factors === undefined) return values;
  const scales = factors.map((factor) => factor ** power);
  const scaled = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += scales.length) {
    for (let column = 0; column < scales.length; column++) scaled[start + column] = (values[start + column] ?? 0) * (scales[column] ?? 1);
  }
  return scaled;
}
