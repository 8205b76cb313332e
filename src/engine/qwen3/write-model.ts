import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFailure } from "../../domain/disk-failure.ts";
import type { ModelRole } from "../../domain/model-spec.ts";
import { COMPILED_GRAPH_FILE, COMPILED_WEIGHTS_FILE } from "../../ports/model-compiler.ts";
import type { Checkpoint, CheckpointTensor } from "./checkpoint.ts";
import { decoderGraph, groupOf } from "./decoder-graph.ts";
import { GraphBuilder, type Value } from "./graph-builder.ts";
import { findNonFiniteStored } from "./float-formats.ts";
import { type LayerPlan, nonFinite, readFinite, readLayerWeight, refuseNonFinite } from "./layer-weights.ts";
import type { Int8Storage, WeightSource } from "./linear-nodes.ts";
import type { ElementType } from "./onnx-proto.ts";
import type { AnswerIds } from "./prompt.ts";
import { rotaryTables } from "./rotary-tables.ts";
import { storedMatrix } from "./stored-matrix.ts";
import { createWeightFile } from "./weight-file.ts";

/** What Qwen3 was trained on; the tables of rotations take 16 MB of it. */
const MAX_POSITIONS = 32_768;

export interface ModelPlan {
  readonly role: ModelRole;
  /** One for each layer. */
  readonly layers: readonly LayerPlan[];
  readonly storage: Int8Storage;
  /** Rerankers: see `headDifference`. */
  readonly head?: Float32Array;
}

const ELEMENT_TYPES: Record<CheckpointTensor["dtype"], ElementType> = { BF16: "bfloat16", F16: "float16", F32: "float32" };
/** Norms and scales lie in the graph itself: each would take a page of its own in the file. */
const SMALL_BYTES = 65_536;
/** Rows of the embedding that are copied at a time. */
const COPIED_ROWS = 4096;

export function positionsOf({ shape }: Pick<Checkpoint, "shape">): number {
  return Math.min(shape.contextTokens, MAX_POSITIONS);
}

/**
 * Writes graph and weights into `folder`, one matrix in memory at a time.
 * @param onLayer called with the number of layers that are written.
 * @returns the bytes of both files.
 */
export function writeModel(checkpoint: Checkpoint, plan: ModelPlan, folder: string, onLayer: (done: number) => void): number {
  const { shape } = checkpoint;
  const graph = new GraphBuilder(COMPILED_WEIGHTS_FILE);
  const file = createWeightFile(join(folder, COMPILED_WEIGHTS_FILE));
  try {
    const put: PutTensor = (name, type, tensorShape, bytes) =>
      bytes.byteLength < SMALL_BYTES ? graph.constant(type, tensorShape, bytes) : graph.external(name, type, tensorShape, file.append(bytes));
    const source = weightSource(checkpoint, plan, put, onLayer);
    const embedding = checkpoint.tensor("embed_tokens.weight");
    const weight: WeightSource = (name, type, tensorShape) => {
      if (name !== "embed_tokens.weight") return source(name, type, tensorShape);
      return graph.external(name, type, tensorShape, appendRows(file, embedding));
    };
    const layers = plan.layers.map(({ kinds }) => kinds);
    const embeddingType = ELEMENT_TYPES[embedding.dtype];
    decoderGraph(graph, { role: plan.role, shape, layers, storage: plan.storage, positions: positionsOf(checkpoint), embeddingType }, weight);
  } finally {
    file.close();
  }
  const bytes = graph.toBytes();
  const graphPath = join(folder, COMPILED_GRAPH_FILE);
  try {
    writeFileSync(graphPath, bytes);
  } catch (cause) {
    throw cacheFailure(`${graphPath} cannot be written`, cause);
  }
  return file.sizeBytes + bytes.length;
}

type PutTensor = (name: string, type: ElementType, shape: readonly number[], bytes: ArrayBufferView) => Value;

/** Gives every weight but the embedding, each once and in the order in which the graph asks for them. */
function weightSource(checkpoint: Checkpoint, { layers, storage, head }: ModelPlan, put: PutTensor, onLayer: (done: number) => void): WeightSource {
  const tables = rotaryTables(checkpoint.shape, positionsOf(checkpoint));
  /** Scales are asked for right after their values. */
  let scales: Float32Array | undefined;
  return (name, type, tensorShape) => {
    const tensor = (): ArrayBufferView => {
      if (name === "rotary.cosines") return tables.cosines;
      if (name === "rotary.sines") return tables.sines;
      if (name === "head.weight" && head !== undefined) return head;
      if (name === "norm.weight") return readFinite(checkpoint, name);
      const { layer, matrix, part } = parseLayerName(name);
      const plan = layers[layer];
      if (plan === undefined) throw new Error(`there is no plan for ${name}`);
      if (part === "scales") return scales ?? new Float32Array();
      if (matrix === "input_layernorm") onLayer(layer);
      const values = readLayerWeight(checkpoint, layer, matrix, plan.factors);
      const [outputs = 0, inputs = 0] = checkpoint.tensor(`layers.${layer}.${matrix}.weight`).shape;
      const group = groupOf(matrix);
      if (group === undefined) return values;
      const stored = storedMatrix(values, outputs, inputs, plan.kinds[group], storage);
      scales = stored.scales;
      return stored.values;
    };
    return put(name, type, tensorShape, tensor());
  };
}

/** The row that gives the yes-minus-no logit: nothing else of the head is ever computed. [hidden]. Throws UserError where it is not finite. */
export function headDifference({ shape, tensor }: Pick<Checkpoint, "shape" | "tensor">, { yes, no }: AnswerIds): Float32Array {
  const name = shape.tiedHead ? "embed_tokens.weight" : "lm_head.weight";
  const rowOf = (token: number): Float32Array => {
    const row = tensor(name).readFloat32(token, 1);
    refuseNonFinite(row, name, token * shape.hidden);
    return row;
  };
  const noRow = rowOf(no);
  return rowOf(yes).map((value, channel) => value - (noRow[channel] ?? 0));
}

function appendRows(file: ReturnType<typeof createWeightFile>, embedding: CheckpointTensor): { offset: number; length: number } {
  const rows = embedding.shape[0] ?? 0;
  return file.appendParts(
    (function* parts() {
      for (let row = 0; row < rows; row += COPIED_ROWS) {
        const bytes = embedding.readBytes(row, Math.min(COPIED_ROWS, rows - row));
        const place = findNonFiniteStored(embedding.dtype, bytes);
        if (place >= 0) {
          const width = embedding.shape[1] ?? 1;
          const value = embedding.readFloat32(row + Math.floor(place / width), 1)[place % width];
          throw nonFinite(`holds ${value} in embed_tokens.weight (value ${row * width + place})`);
        }
        yield bytes;
      }
    })(),
  );
}

function parseLayerName(name: string): { readonly layer: number; readonly matrix: string; readonly part: string } {
  const [, layer, matrix, part] = /^layers\.(\d+)\.(.+)\.(weight|scales)$/.exec(name) ?? [];
  if (layer === undefined || matrix === undefined || part === undefined) throw new Error(`the graph asks for ${name}, which no checkpoint has`);
  return { layer: Number(layer), matrix, part };
}
