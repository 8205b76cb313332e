import { UserError } from "../../domain/errors.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { findNonFinite } from "./float-formats.ts";
import type { LayerKinds, MatrixGroup } from "./decoder-graph.ts";

/**
 * By group, one factor for each channel of the activation that its matrices read: the activation comes divided by it and the
 * matrices' columns multiplied, which changes nothing in exact arithmetic and takes large channels out of the way of 8-bit rounding
 * (SmoothQuant, Xiao et al. 2022). For "attention-out" the channels are those of the values: the heads that share one share its factors.
 */
export type ChannelFactors = Readonly<Partial<Record<MatrixGroup, Float32Array>>>;

/** What is done with one layer's weights. */
export interface LayerPlan {
  readonly kinds: LayerKinds;
  readonly factors: ChannelFactors;
}

/** Where a weight's factors are: `columns` multiply, `rows` (or the vector's elements) divide. */
const FOLDS: Readonly<Record<string, { readonly columns?: MatrixGroup; readonly rows?: MatrixGroup }>> = {
  "input_layernorm": { rows: "attention-in" },
  "self_attn.q_proj": { columns: "attention-in" },
  "self_attn.k_proj": { columns: "attention-in" },
  "self_attn.v_proj": { columns: "attention-in", rows: "attention-out" },
  "self_attn.o_proj": { columns: "attention-out" },
  "post_attention_layernorm": { rows: "mlp-in" },
  "mlp.gate_proj": { columns: "mlp-in" },
  "mlp.up_proj": { columns: "mlp-in", rows: "mlp-out" },
  "mlp.down_proj": { columns: "mlp-out" },
};

/**
 * A weight of a layer with the factors folded in, row-major as in the checkpoint. `name` is without layer and ".weight":
 * "self_attn.q_proj". Throws UserError where the checkpoint holds NaN or infinity.
 */
export function readLayerWeight(checkpoint: Checkpoint, layer: number, name: string, factors: ChannelFactors): Float32Array {
  const fullName = `layers.${layer}.${name}.weight`;
  const tensor = checkpoint.tensor(fullName);
  const values = readFinite(checkpoint, fullName);
  const { columns, rows } = FOLDS[name] ?? {};
  const rowCount = tensor.shape[0] ?? 0;
  const columnCount = tensor.shape[1] ?? 1;
  const columnFactors = columns && expandHeads(factors[columns], columnCount, checkpoint);
  const rowFactors = rows && factors[rows];
  for (let row = 0; row < rowCount; row++) {
    const start = row * columnCount;
    const divisor = rowFactors?.[row] ?? 1;
    if (divisor !== 1) for (let place = start; place < start + columnCount; place++) values[place] = (values[place] ?? 0) / divisor;
    if (columnFactors === undefined) continue;
    for (let column = 0; column < columnCount; column++) values[start + column] = (values[start + column] ?? 0) * (columnFactors[column] ?? 1);
  }
  return values;
}

/** A tensor by its full name, as it is in the checkpoint. Throws UserError where it holds NaN or infinity. */
export function readFinite(checkpoint: Checkpoint, name: string): Float32Array {
  const values = checkpoint.tensor(name).readFloat32();
  refuseNonFinite(values, name);
  return values;
}

/** Throws UserError where a tensor's values, which begin at its `start`th, hold NaN or infinity. */
export function refuseNonFinite(values: Float32Array, name: string, start = 0): void {
  const place = findNonFinite(values);
  if (place >= 0) throw nonFinite(`holds ${values[place]} in ${name} (value ${start + place})`);
}

/** @param finding what the checkpoint does. */
export function nonFinite(finding: string): UserError {
  return new UserError(`the checkpoint ${finding}`, { hint: "its training or its conversion has failed: take another checkpoint, or bring its files again" });
}

/** Factors for `columnCount` columns: query heads read the values of the key-value head that they share. */
export function expandHeads(factors: Float32Array | undefined, columnCount: number, { shape }: Checkpoint): Float32Array | undefined {
  if (factors === undefined || factors.length === columnCount) return factors;
  const { headSize, heads, keyValueHeads } = shape;
  const expanded = new Float32Array(columnCount);
  for (let column = 0; column < columnCount; column++) {
    const head = Math.floor(column / headSize / (heads / keyValueHeads));
    expanded[column] = factors[head * headSize + (column % headSize)] ?? 1;
  }
  return expanded;
}
