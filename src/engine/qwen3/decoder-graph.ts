import type { ModelRole } from "../../domain/model-spec.ts";
import type { Qwen3Shape } from "./checkpoint.ts";
import { GraphBuilder, type Value } from "./graph-builder.ts";
import { linearNodes, type Int8Storage, type LinearKind, type Matrix, type WeightSource } from "./linear-nodes.ts";
import type { ElementType } from "./onnx-proto.ts";

/** Matrices that read the same activation, and so share its quantization. */
export type MatrixGroup = "attention-in" | "attention-out" | "mlp-in" | "mlp-out";
export const MATRIX_GROUPS: readonly MatrixGroup[] = ["attention-in", "attention-out", "mlp-in", "mlp-out"];

/** How the matrices of one layer are multiplied. */
export type LayerKinds = Readonly<Record<MatrixGroup, LinearKind>>;

export function layerKinds(kindOf: (group: MatrixGroup) => LinearKind): LayerKinds {
  return { "attention-in": kindOf("attention-in"), "attention-out": kindOf("attention-out"), "mlp-in": kindOf("mlp-in"), "mlp-out": kindOf("mlp-out") };
}

/** The matrices of a group by their names in a checkpoint, below "layers.N.". */
export const GROUP_MATRICES: Readonly<Record<MatrixGroup, readonly string[]>> = {
  "attention-in": ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"],
  "attention-out": ["self_attn.o_proj"],
  "mlp-in": ["mlp.gate_proj", "mlp.up_proj"],
  "mlp-out": ["mlp.down_proj"],
};

/** The group of a matrix, `undefined` for the vectors of norms. */
export function groupOf(matrix: string): MatrixGroup | undefined {
  return MATRIX_GROUPS.find((group) => GROUP_MATRICES[group].includes(matrix));
}

/** The group's matrices with their sizes. */
export function groupMatrices(shape: Qwen3Shape, layer: number, group: MatrixGroup, kind: LinearKind): Matrix[] {
  const { hidden, intermediate, heads, keyValueHeads, headSize } = shape;
  const sizes: Record<string, readonly [outputs: number, inputs: number]> = {
    "self_attn.q_proj": [heads * headSize, hidden],
    "self_attn.k_proj": [keyValueHeads * headSize, hidden],
    "self_attn.v_proj": [keyValueHeads * headSize, hidden],
    "self_attn.o_proj": [hidden, heads * headSize],
    "mlp.gate_proj": [intermediate, hidden],
    "mlp.up_proj": [intermediate, hidden],
    "mlp.down_proj": [hidden, intermediate],
  };
  return GROUP_MATRICES[group].map((name) => {
    const [outputs, inputs] = sizes[name] ?? [0, 0];
    return { name: `layers.${layer}.${name}`, inputs, outputs, kind };
  });
}

/** Names of the graph's inputs and outputs. */
export const INPUT_IDS = "input_ids";
/** Position of the last token, which is where ONNX Runtime's attention reads how many keys there are. */
export const LAST_POSITION = "last_position";
export const TOTAL_LENGTH = "total_length";
export const OUTPUT_NAMES: Readonly<Record<ModelRole, string>> = { embedder: "last_hidden", reranker: "logit" };
export const pastName = (layer: number, part: "key" | "value"): string => `past.${layer}.${part}`;
export const presentName = (layer: number, part: "key" | "value"): string => `present.${layer}.${part}`;

export interface DecoderGraph {
  readonly role: ModelRole;
  readonly shape: Qwen3Shape;
  /** One for each layer. */
  readonly layers: readonly LayerKinds[];
  readonly storage: Int8Storage;
  /** Rows of the tables of rotations: the longest text. */
  readonly positions: number;
  /** The type in which the embedding's rows are stored: the checkpoint's own. */
  readonly embeddingType: ElementType;
}

/**
 * The whole decoder for one text: ids [tokens] and the keys and values of earlier tokens in; out come the last token's output after
 * the final norm [1, hidden] or the yes-minus-no logit [1, 1], and the keys and values of all tokens.
 */
export function decoderGraph(graph: GraphBuilder, { role, shape, layers, storage, positions, embeddingType }: DecoderGraph, weight: WeightSource): void {
  const attention = attentionInputs(graph, shape, positions, weight);
  const ids = graph.input(INPUT_IDS, "int32", ["tokens"]);
  const embedding = weight("embed_tokens.weight", embeddingType, [shape.vocabulary, shape.hidden]);
  const rows = graph.node("Gather", [embedding, ids]);
  let stream: Stream = { sum: embeddingType === "float32" ? rows : graph.node("Cast", [rows], { to: 1 }) };
  for (const [layer, kinds] of layers.entries()) {
    const isLast = layer === layers.length - 1;
    stream = decoderLayer(graph, stream, { shape, layer, kinds, storage, attention, onlyLastToken: isLast }, weight);
  }
  const norm = weight("norm.weight", "float32", [shape.hidden]);
  const hidden = normalized(graph, stream, norm, shape).normed;
  if (role === "embedder") {
    graph.node("Identity", [hidden], {}, OUTPUT_NAMES.embedder);
    graph.output(OUTPUT_NAMES.embedder, "float32", [1, shape.hidden]);
  } else {
    graph.node("MatMul", [hidden, weight("head.weight", "float32", [shape.hidden, 1])], {}, OUTPUT_NAMES.reranker);
    graph.output(OUTPUT_NAMES.reranker, "float32", [1, 1]);
  }
}

/** The residual stream: what the layers before have added up, and what the last of them has yet to add. */
export interface Stream {
  readonly sum: Value;
  readonly delta?: Value;
}

export interface AttentionInputs {
  readonly lastPosition: Value;
  readonly totalLength: Value;
  readonly cosines: Value;
  readonly sines: Value;
}

export function attentionInputs(graph: GraphBuilder, { headSize }: Qwen3Shape, positions: number, weight: WeightSource): AttentionInputs {
  return {
    lastPosition: graph.input(LAST_POSITION, "int32", [1]),
    totalLength: graph.input(TOTAL_LENGTH, "int32", []),
    cosines: weight("rotary.cosines", "float32", [positions, headSize / 2]),
    sines: weight("rotary.sines", "float32", [positions, headSize / 2]),
  };
}

export interface DecoderLayer {
  readonly shape: Qwen3Shape;
  readonly layer: number;
  readonly kinds: LayerKinds;
  readonly storage: Int8Storage;
  readonly attention: AttentionInputs;
  /** After its attention the last layer matters at the last token alone. */
  readonly onlyLastToken: boolean;
  /** Told what each group of matrices reads. */
  readonly onActivation?: (group: MatrixGroup, activation: Value) => void;
}

/** One layer of the decoder; adds the graph's inputs and outputs for its keys and values. */
export function decoderLayer(graph: GraphBuilder, stream: Stream, { shape, layer, kinds, storage, attention, onlyLastToken, onActivation }: DecoderLayer, weight: WeightSource): Stream {
  const prefix = `layers.${layer}`;
  const products = (x: Value, group: MatrixGroup) => {
    onActivation?.(group, x);
    return linearNodes(graph, x, groupMatrices(shape, layer, group, kinds[group]), storage, weight);
  };
  const normWeight = (name: string) => weight(`${prefix}.${name}.weight`, "float32", [shape.hidden]);

  const before = normalized(graph, stream, normWeight("input_layernorm"), shape);
  const [query = "", key = "", value = ""] = products(before.normed, "attention-in");
  const context = attentionNodes(graph, { query, key, value }, { shape, layer, attention }, weight);
  const rows = onlyLastToken ? lastRow(graph, context) : context;
  const residual = onlyLastToken ? lastRow(graph, before.sum) : before.sum;
  const [attended = ""] = products(rows, "attention-out");

  const middle = normalized(graph, { sum: residual, delta: attended }, normWeight("post_attention_layernorm"), shape);
  const [gate = "", up = ""] = products(middle.normed, "mlp-in");
  const active = graph.node("Mul", [graph.contrib("QuickGelu", [gate], { alpha: { float: 1 } }), up]);
  const [delta = ""] = products(active, "mlp-out");
  return { sum: middle.sum, delta };
}

/** RMSNorm of the stream (Zhang and Sennrich 2019), and the sum that the next residual starts from. */
export function normalized(graph: GraphBuilder, { sum, delta }: Stream, weight: Value, { normEpsilon }: Qwen3Shape): { readonly normed: Value; readonly sum: Value } {
  const epsilon = { float: normEpsilon };
  if (delta === undefined) return { normed: graph.node("SimplifiedLayerNormalization", [sum, weight], { axis: -1, epsilon }), sum };
  const total = `${delta}_added`;
  return { normed: graph.contrib("SkipSimplifiedLayerNormalization", [delta, sum, weight], { epsilon }, [undefined, "", "", total]), sum: total };
}

interface Heads {
  readonly query: Value;
  readonly key: Value;
  readonly value: Value;
}

/** Norms per head, rotation, and attention over the earlier keys and values and these. Returns [tokens, heads * headSize]. */
function attentionNodes(graph: GraphBuilder, { query, key, value }: Heads, { shape, layer, attention }: Pick<DecoderLayer, "shape" | "layer" | "attention">, weight: WeightSource): Value {
  const { heads, keyValueHeads, headSize } = shape;
  const past = (["key", "value"] as const).map((part) => graph.input(pastName(layer, part), "float32", [1, keyValueHeads, "past", headSize]));
  const headNorm = (x: Value, count: number, name: string) => {
    const scale = weight(`layers.${layer}.self_attn.${name}.weight`, "float32", [headSize]);
    const split = graph.node("Reshape", [x, graph.integers(-1, headSize)]);
    const normed = graph.node("SimplifiedLayerNormalization", [split, scale], { axis: -1, epsilon: { float: shape.normEpsilon } });
    return graph.node("Reshape", [normed, graph.integers(1, -1, count * headSize)]);
  };
  const present = (["key", "value"] as const).map((part) => presentName(layer, part));
  const context = graph.contrib(
    "GroupQueryAttention",
    [
      headNorm(query, heads, "q_norm"),
      headNorm(key, keyValueHeads, "k_norm"),
      graph.node("Reshape", [value, graph.integers(1, -1, keyValueHeads * headSize)]),
      ...past,
      attention.lastPosition,
      attention.totalLength,
      attention.cosines,
      attention.sines,
    ],
    { num_heads: heads, kv_num_heads: keyValueHeads, do_rotary: 1 },
    [undefined, ...present],
  );
  for (const name of present) graph.output(name, "float32", [1, keyValueHeads, "total", headSize]);
  return graph.node("Reshape", [context, graph.integers(-1, heads * headSize)]);
}

function lastRow(graph: GraphBuilder, x: Value): Value {
  return graph.node("Gather", [x, graph.integers(-1)]);
}
