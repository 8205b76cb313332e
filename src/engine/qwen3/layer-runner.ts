import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Tensor } from "onnxruntime-node";
import { createOnnxSession, type OnnxSession } from "../onnx-session.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { attentionInputs, decoderLayer, GROUP_MATRICES, groupMatrices, LAST_POSITION, type LayerKinds, MATRIX_GROUPS, type MatrixGroup, pastName, TOTAL_LENGTH } from "./decoder-graph.ts";
import { GraphBuilder } from "./graph-builder.ts";
import { type LayerPlan, readLayerWeight } from "./layer-weights.ts";
import type { Int8Storage } from "./linear-nodes.ts";
import { rotaryTables } from "./rotary-tables.ts";
import { storedTensors } from "./stored-matrix.ts";

/** The residual stream of one text: [tokens, hidden]. */
export interface TextStream {
  readonly values: Float32Array;
  readonly tokens: number;
}

/** What one text gives in one layer: the stream after it, and the activations that each group of matrices reads. */
export interface LayerOutput extends TextStream {
  readonly activations: ReadonlyMap<MatrixGroup, Float32Array>;
}

/** A layer's weights in the form that one graph of it reads. */
export interface LoadedLayer {
  run(text: TextStream): Promise<LayerOutput>;
}

/**
 * Runs one layer at a time, with the weights as inputs of a small graph: a model that is larger than the memory can be measured, and
 * one layer in several ways.
 */
export interface LayerRunner {
  load(layer: number, plan: LayerPlan): Promise<LoadedLayer>;
}

export interface LayerRunnerOptions {
  readonly checkpoint: Checkpoint;
  readonly storage: Int8Storage;
  /** Tokens of the longest text. */
  readonly positions: number;
  /** A folder for the small graphs. */
  readonly folder: string;
  readonly threads?: number | undefined;
}

interface LayerGraph extends OnnxSession {
  readonly output: string;
  /** By group, the name of the output that is its activation. */
  readonly activations: ReadonlyMap<MatrixGroup, string>;
}

const STREAM = "stream";
/** Every layer is run as this one: names differ, numbers do not. */
const LAYER = 0;
const VECTORS = ["input_layernorm", "post_attention_layernorm", "self_attn.q_norm", "self_attn.k_norm"] as const;

export function createLayerRunner({ checkpoint, storage, positions, folder, threads }: LayerRunnerOptions): LayerRunner {
  const { shape } = checkpoint;
  const tables = rotaryTables(shape, positions);
  const graphs = new Map<string, Promise<LayerGraph>>();

  async function openGraph(kinds: LayerKinds, name: string): Promise<LayerGraph> {
    const graph = new GraphBuilder("");
    const weight = (weightName: string, type: Parameters<GraphBuilder["input"]>[1], weightShape: readonly number[]) => graph.input(weightName, type, weightShape);
    const attention = attentionInputs(graph, shape, positions, weight);
    const sum = graph.input(STREAM, "float32", ["tokens", shape.hidden]);
    const activations = new Map<MatrixGroup, string>();
    const onActivation = (group: MatrixGroup, value: string): void => void activations.set(group, value);
    const stream = decoderLayer(graph, { sum }, { shape, layer: LAYER, kinds, storage, attention, onlyLastToken: false, onActivation }, weight);
    const output = graph.node("Add", [stream.sum, stream.delta ?? ""]);
    for (const value of [output, ...activations.values()]) graph.output(value, "float32", ["tokens", "width"]);
    const graphPath = join(folder, `layer-${name.replaceAll(/\W+/g, "-")}.onnx`);
    writeFileSync(graphPath, graph.toBytes());
    return { ...(await createOnnxSession({ graphPath, threads })), output, activations };
  }

  return {
    async load(layer, { kinds, factors }) {
      const name = MATRIX_GROUPS.map((group) => kinds[group]).join(" ");
      const opening = graphs.get(name) ?? openGraph(kinds, name);
      graphs.set(name, opening);
      const { ort, session, output, activations } = await opening;
      const weights = layerTensors(ort, checkpoint, layer, { kinds, factors }, storage);
      const half = shape.headSize / 2;
      const empty = new ort.Tensor("float32", new Float32Array(0), [1, shape.keyValueHeads, 0, shape.headSize]);
      const fixed: Record<string, Tensor> = {
        ...weights,
        "rotary.cosines": new ort.Tensor("float32", tables.cosines, [positions, half]),
        "rotary.sines": new ort.Tensor("float32", tables.sines, [positions, half]),
        [pastName(LAYER, "key")]: empty,
        [pastName(LAYER, "value")]: empty,
      };
      return {
        async run({ values, tokens }) {
          const feeds = {
            ...fixed,
            [STREAM]: new ort.Tensor("float32", values, [tokens, shape.hidden]),
            [LAST_POSITION]: new ort.Tensor("int32", Int32Array.of(tokens - 1), [1]),
            [TOTAL_LENGTH]: new ort.Tensor("int32", Int32Array.of(tokens), []),
          };
          const outputs = await session.run(feeds, [output, ...activations.values()]);
          const read = (name: string): Float32Array => outputs[name]?.data as Float32Array;
          return { values: read(output), tokens, activations: new Map([...activations].map(([group, value]) => [group, read(value)])) };
        },
      };
    },
  };
}

/** The layer's weights by the names of the graph's inputs. */
function layerTensors(ort: OnnxSession["ort"], checkpoint: Checkpoint, layer: number, { kinds, factors }: LayerPlan, storage: Int8Storage): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {};
  for (const name of VECTORS) {
    const values = readLayerWeight(checkpoint, layer, name, factors);
    tensors[`layers.${LAYER}.${name}.weight`] = new ort.Tensor("float32", values, [values.length]);
  }
  for (const group of MATRIX_GROUPS) {
    const matrices = groupMatrices(checkpoint.shape, LAYER, group, kinds[group]);
    for (const [place, name] of GROUP_MATRICES[group].entries()) {
      const matrix = matrices[place];
      if (matrix !== undefined) Object.assign(tensors, storedTensors(ort, matrix, readLayerWeight(checkpoint, layer, name, factors), storage));
    }
  }
  return tensors;
}
