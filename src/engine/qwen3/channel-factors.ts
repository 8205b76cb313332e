import type { Checkpoint } from "./checkpoint.ts";
import { GROUP_MATRICES, MATRIX_GROUPS, type LayerKinds, type MatrixGroup } from "./decoder-graph.ts";
import type { LayerOutput, LayerRunner, TextStream } from "./layer-runner.ts";
import { readLayerWeight } from "./layer-weights.ts";

/** The factors that a group is best divided by, and what rounding costs with them. */
export interface FactorChoice {
  /** `undefined`: none, which is a choice too. */
  readonly factors: Float32Array | undefined;
  /** How much of the difference goes from the activations to the weights; 0 is none of it. */
  readonly alpha: number;
  /** See `relativeError`. */
  readonly error: number;
}

/** A text before a layer, and after it in fp32. */
export interface TextInLayer {
  readonly before: TextStream;
  readonly after: LayerOutput;
}

/** The candidates; SmoothQuant takes 0.5 for most models, and more where activations have large outliers. */
const ALPHAS = [0.5, 0.8];
const MAX_EXPONENT = 14;
const EXACT: LayerKinds = { "attention-in": "fp32", "attention-out": "fp32", "mlp-in": "fp32", "mlp-out": "fp32" };

/**
 * For each group of one layer, the factors with the least error when this group alone is rounded. For 4-bit weights they do what AWQ
 * (Lin et al. 2023) does: the columns that large channels read are rounded on a finer grid.
 */
export async function chooseFactors(checkpoint: Checkpoint, layer: number, runner: LayerRunner, kind: "int8" | "int4", texts: readonly TextInLayer[]): Promise<ReadonlyMap<MatrixGroup, FactorChoice>> {
  const choices = new Map<MatrixGroup, FactorChoice>();
  for (const group of MATRIX_GROUPS) {
    const reach = channelReach(checkpoint, group, texts);
    const weights = columnMagnitudes(checkpoint, layer, group, reach.length);
    let best: FactorChoice | undefined;
    for (const alpha of [0, ...ALPHAS]) {
      const factors = alpha === 0 ? undefined : factorsOf(reach, weights, alpha);
      const loaded = await runner.load(layer, { kinds: { ...EXACT, [group]: kind }, factors: factors === undefined ? {} : { [group]: factors } });
      const errors: number[] = [];
      for (const { before, after } of texts) errors.push(relativeError(before, after, await loaded.run(before)));
      const error = Math.hypot(...errors) / Math.sqrt(errors.length);
      if (best === undefined || error < best.error) best = { factors, alpha, error };
    }
    if (best !== undefined) choices.set(group, best);
  }
  return choices;
}

/**
 * How far a layer's output is off, as a share of what the layer adds to the stream: root mean square over the tokens, each with its
 * own share, for the first token of a trained model is a thousand times as large as the others.
 */
export function relativeError(before: TextStream, exact: TextStream, rounded: TextStream): number {
  const width = exact.values.length / exact.tokens;
  let sum = 0;
  for (let token = 0; token < exact.tokens; token++) {
    let error = 0;
    let added = 0;
    for (let place = token * width; place < (token + 1) * width; place++) {
      const value = exact.values[place] ?? 0;
      error += (value - (rounded.values[place] ?? 0)) ** 2;
      added += (value - (before.values[place] ?? 0)) ** 2;
    }
    sum += added === 0 ? 0 : error / added;
  }
  return Math.sqrt(sum / exact.tokens);
}

/** For each channel, the root mean square of its share in its row's largest magnitude: rows have scales of their own. */
function channelReach({ shape }: Checkpoint, group: MatrixGroup, texts: readonly TextInLayer[]): Float64Array {
  let squares = new Float64Array();
  let rows = 0;
  for (const { after } of texts) {
    const values = after.activations.get(group) ?? new Float32Array();
    const width = values.length / after.tokens;
    if (squares.length === 0) squares = new Float64Array(width);
    for (let start = 0; start < values.length; start += width) {
      let largest = 0;
      for (let place = start; place < start + width; place++) largest = Math.max(largest, Math.abs(values[place] ?? 0));
      if (largest === 0) continue;
      rows += 1;
      for (let channel = 0; channel < width; channel++) squares[channel] = (squares[channel] ?? 0) + ((values[start + channel] ?? 0) / largest) ** 2;
    }
  }
  const reach = squares.map((square) => Math.sqrt(square / Math.max(rows, 1)));
  return group === "attention-out" ? sharedHeads(reach, shape, (left, right) => Math.hypot(left, right)) : reach;
}

/** For each channel, the largest magnitude that it is multiplied by. */
function columnMagnitudes(checkpoint: Checkpoint, layer: number, group: MatrixGroup, channels: number): Float64Array {
  let magnitudes = new Float64Array();
  for (const name of GROUP_MATRICES[group]) {
    const values = readLayerWeight(checkpoint, layer, name, {});
    const width = checkpoint.tensor(`layers.${layer}.${name}.weight`).shape[1] ?? 0;
    if (magnitudes.length === 0) magnitudes = new Float64Array(width);
    for (let start = 0; start < values.length; start += width) {
      for (let channel = 0; channel < width; channel++) {
        const magnitude = Math.abs(values[start + channel] ?? 0);
        if (magnitude > (magnitudes[channel] ?? 0)) magnitudes[channel] = magnitude;
      }
    }
  }
  return magnitudes.length === channels ? magnitudes : sharedHeads(magnitudes, checkpoint.shape, Math.max);
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

/**
 * reach^alpha / weight^(1 - alpha), scaled to a geometric mean of 1, as the nearest power of two: folding it in is exact, and machines
 * whose measurements differ in the last bit agree. Channels that are silent stay as they are.
 */
function factorsOf(reach: Float64Array, weights: Float64Array, alpha: number): Float32Array {
  const logs = reach.map((value, channel) => {
    const weight = weights[channel] ?? 0;
    return value > 0 && weight > 0 ? alpha * Math.log2(value) - (1 - alpha) * Math.log2(weight) : Number.NaN;
  });
  const known = logs.filter((log) => !Number.isNaN(log));
  const mean = known.reduce((sum, log) => sum + log, 0) / Math.max(known.length, 1);
  return Float32Array.from(logs, (log) => (Number.isNaN(log) ? 1 : 2 ** Math.min(MAX_EXPONENT, Math.max(-MAX_EXPONENT, Math.round(log - mean)))));
}
