import type { GraphBuilder, Value } from "./graph-builder.ts";
import type { ElementType } from "./onnx-proto.ts";

/**
 * How one matrix is multiplied. "int8": weights in 8 bits with a scale for each output, activations in 8 bits with a scale for
 * each row. "int8-twice": a second product of the same weights with what rounding left of the activations, which then have 16
 * bits. "int4": weights in blocks of 32, activations as they are.
 */
export type LinearKind = "fp32" | "int8" | "int8-twice" | "int4";

/**
 * The type in which 8-bit weights are stored. x86 processors without VNNI add pairs of u8 x s8 products in 16 bits, which
 * overflows; their u8 x u8 kernel does not, and takes 1.15 times as long. The integers are the same but for an offset of 128, and
 * so are the sums: int8 graphs answer alike on every processor.
 */
export type Int8Storage = "int8" | "uint8";

/** Weights per scale in int4. */
export const INT4_BLOCK = 32;

/** Gives a weight by the name of its matrix and what it is there: its values, its scales, its zero points. */
export type WeightSource = (name: string, type: ElementType, shape: readonly number[]) => Value;

export interface Matrix {
  /** "layers.3.mlp.down_proj". */
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly kind: LinearKind;
}

/** The rows of an activation as 8-bit integers: zero is 128. */
interface QuantizedRows {
  readonly values: Value;
  /** What one step of the integers is worth, before the row's own scale. */
  readonly step: number;
}

const ZERO = 128;
const LEVELS = 127;
/** What rounding leaves is at most half a step: twice as many levels as the step has fit in. */
const REST_STEP = 1 / (2 * LEVELS);
/** Keeps a row of zeros from dividing by zero. */
const SMALLEST_MAXIMUM = 1e-30;

/**
 * Nodes for the products of one activation `x` [tokens, inputs] with several matrices; its rows are quantized once for all of
 * them. Returns one value [tokens, outputs] for each matrix.
 */
export function linearNodes(graph: GraphBuilder, x: Value, matrices: readonly Matrix[], storage: Int8Storage, weight: WeightSource): Value[] {
  let quantized: { readonly rows: readonly QuantizedRows[]; readonly scale: Value } | undefined;
  return matrices.map((matrix) => {
    const { name, inputs, outputs, kind } = matrix;
    if (kind === "fp32") return graph.node("Gemm", [x, weight(`${name}.weight`, "float32", [outputs, inputs])], { transB: 1 });
    if (kind === "int4") return int4Product(graph, x, matrix, weight);
    quantized ??= quantizeRows(graph, x, matrices.some((other) => other.kind === "int8-twice"));
    const rows = kind === "int8" ? quantized.rows.slice(0, 1) : quantized.rows;
    const values = weight(`${name}.weight`, storage, [inputs, outputs]);
    const scales = weight(`${name}.scales`, "float32", [outputs]);
    const products = rows.map((part) => int8Product(graph, part, values, scales, storage));
    const sum = products.reduce((left, right) => graph.node("Add", [left, right]));
    return graph.node("Mul", [sum, quantized.scale]);
  });
}

/** Each row divided by its own largest magnitude: what a token's row becomes depends on no other token. */
function quantizeRows(graph: GraphBuilder, x: Value, withRest: boolean): { rows: QuantizedRows[]; scale: Value } {
  const axis = graph.integers(1);
  const highest = graph.node("ReduceMax", [x, axis], { keepdims: 1 });
  const lowest = graph.node("ReduceMin", [x, axis], { keepdims: 1 });
  const magnitude = graph.node("Max", [highest, graph.node("Neg", [lowest]), graph.scalar(SMALLEST_MAXIMUM)]);
  const scale = graph.node("Mul", [magnitude, graph.scalar(1 / LEVELS)]);
  const steps = graph.node("Mul", [x, graph.node("Reciprocal", [scale])]);
  const zero = zeroPoint(graph);
  const one = graph.scalar(1);
  const coarse = graph.node("QuantizeLinear", [steps, one, zero]);
  if (!withRest) return { rows: [{ values: coarse, step: 1 }], scale };
  const rest = graph.node("Sub", [steps, graph.node("DequantizeLinear", [coarse, one, zero])]);
  const fine = graph.node("QuantizeLinear", [rest, graph.scalar(REST_STEP), zero]);
  return { rows: [{ values: coarse, step: 1 }, { values: fine, step: REST_STEP }], scale };
}

function int8Product(graph: GraphBuilder, { values, step }: QuantizedRows, weights: Value, scales: Value, storage: Int8Storage): Value {
  const inputs = [values, weights, graph.scalar(step), scales, zeroPoint(graph)];
  if (storage === "uint8") inputs.push(zeroPoint(graph));
  return graph.contrib("MatMulIntegerToFloat", inputs);
}

function int4Product(graph: GraphBuilder, x: Value, { name, inputs, outputs }: Matrix, weight: WeightSource): Value {
  const blocks = Math.ceil(inputs / INT4_BLOCK);
  const values = weight(`${name}.weight`, "uint8", [outputs, blocks, INT4_BLOCK / 2]);
  const scales = weight(`${name}.scales`, "float32", [outputs * blocks]);
  return graph.contrib("MatMulNBits", [x, values, scales], { K: inputs, N: outputs, bits: 4, block_size: INT4_BLOCK });
}

function zeroPoint(graph: GraphBuilder): Value {
  return graph.constant("uint8", [], Uint8Array.of(ZERO));
}
