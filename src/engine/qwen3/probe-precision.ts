import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Qwen3Precision } from "../../domain/model-spec.ts";
import { createRandom } from "../../domain/seeded-random.ts";
import type { EngineOptions } from "../loaded-models.ts";
import type { Qwen3Shape } from "./checkpoint.ts";
import { attentionInputs, decoderLayer, groupMatrices, INPUT_IDS, layerKinds, MATRIX_GROUPS, normalized, OUTPUT_NAMES, type Stream } from "./decoder-graph.ts";
import { openDecoderSession } from "./decoder-session.ts";
import { type ExternalBytes, GraphBuilder } from "./graph-builder.ts";
import { chooseInt8Storage } from "./int8-storage.ts";
import { INT4_BLOCK, type Int8Storage, type WeightSource } from "./linear-nodes.ts";
import type { ElementType } from "./onnx-proto.ts";
import { rotaryTables } from "./rotary-tables.ts";
import { createWeightFile } from "./weight-file.ts";

export interface ProbeRequest extends Pick<EngineOptions, "threads"> {
  readonly shape: Qwen3Shape;
  readonly precision: Qwen3Precision;
  readonly device: NonNullable<EngineOptions["device"]>;
  readonly tokens: number;
  readonly timeBoxMs: number;
}

/** The shape of Qwen3-Embedding-0.6B and Qwen3-Reranker-0.6B, from their config.json. */
export const SMALLEST_SHAPE: Qwen3Shape = {
  layers: 28,
  hidden: 1024,
  intermediate: 3072,
  heads: 16,
  keyValueHeads: 8,
  headSize: 128,
  vocabulary: 151_669,
  ropeTheta: 1_000_000,
  normEpsilon: 1e-6,
  tiedHead: true,
  contextTokens: 32_768,
};

/**
 * Layers that are run for all of the model's. On the CPU a layer takes tens of milliseconds, and what a run costs beside it does not
 * show; a graphics processor may take less for a layer than for starting one.
 */
const CPU_LAYERS = 2;
const GRAPHICS_LAYERS = 8;
/** Rows of the table that token ids are looked up in: how many there are costs nothing. */
const VOCABULARY = 256;
const SEED = 7;
const DATA_FILE = "probe.bin";
const INT8_LEVELS = 127;
/** Of the largest weight. */
const REACH = 0.05;
const BYTES_OF_WEIGHT: Record<Qwen3Precision, number> = { fp32: 4, int8: 1, int4: 0.5 + Float32Array.BYTES_PER_ELEMENT / INT4_BLOCK };
/** Beside the weights. With these numbers both 0.6B models come to 1.62 GB in int8 and 4.26 GB in fp32; 1.62 and 4.08 were measured (docs/performance.md). */
const PROCESS_BYTES = 120_000_000;

/**
 * Milliseconds that the whole model takes for one text: a few of its layers with random weights are run as the compiled model would
 * run, and their time is scaled up to all layers. The first run, which sets up memory, is not among them.
 * @param folder for the small graph; a layer's weights lie in it, 63 MB for the 0.6B in fp32.
 */
export async function probePrecision({ shape, precision, device, tokens, timeBoxMs, threads }: ProbeRequest, folder: string): Promise<number[]> {
  const layers = Math.min(shape.layers, device === "cpu" ? CPU_LAYERS : GRAPHICS_LAYERS);
  const graphPath = join(folder, "probe.onnx");
  const storage = precision === "int8" ? await chooseInt8Storage(folder) : "int8";
  writeFileSync(graphPath, probeGraph({ ...shape, layers, vocabulary: VOCABULARY }, precision, storage, tokens, folder));
  const session = await openDecoderSession({ graphPath, role: "embedder", device, ...(threads !== undefined && { threads }) });
  const ids = Int32Array.from({ length: tokens }, (_, position) => position % VOCABULARY);
  const run = async (): Promise<number> => {
    const startedAt = performance.now();
    const output = await session.run(ids, session.empty);
    const elapsedMs = performance.now() - startedAt;
    if (!output.every(Number.isFinite)) throw new Error(`${precision} on ${device} answers NaN or infinity`);
    return (elapsedMs / layers) * shape.layers;
  };
  await run();
  const times: number[] = [];
  const deadline = performance.now() + timeBoxMs;
  do times.push(await run());
  while (performance.now() < deadline);
  return times;
}

/** A decoder whose layers all read the same weights: their number in the file stays that of one layer. */
function probeGraph(shape: Qwen3Shape, precision: Qwen3Precision, storage: Int8Storage, tokens: number, folder: string): Uint8Array {
  const graph = new GraphBuilder(DATA_FILE);
  const file = createWeightFile(join(folder, DATA_FILE));
  try {
    const tables = rotaryTables(shape, tokens);
    const random = createRandom(SEED);
    const stored = new Map<string, ExternalBytes>();
    const weight: WeightSource = (name, type, tensorShape) => {
      if (name === "rotary.cosines") return graph.constant("float32", tensorShape, tables.cosines);
      if (name === "rotary.sines") return graph.constant("float32", tensorShape, tables.sines);
      const key = name.replace(/^layers\.\d+\./, "");
      const bytes = stored.get(key) ?? file.append(randomTensor(name, type, tensorShape, random));
      stored.set(key, bytes);
      return graph.external(name, type, tensorShape, bytes);
    };
    const attention = attentionInputs(graph, shape, tokens, weight);
    const ids = graph.input(INPUT_IDS, "int32", ["tokens"]);
    let stream: Stream = { sum: graph.node("Gather", [weight("embed_tokens.weight", "float32", [shape.vocabulary, shape.hidden]), ids]) };
    const kinds = layerKinds(() => precision);
    for (let layer = 0; layer < shape.layers; layer++) {
      stream = decoderLayer(graph, stream, { shape, layer, kinds, storage, attention, onlyLastToken: false }, weight);
    }
    const { normed } = normalized(graph, stream, weight("norm.weight", "float32", [shape.hidden]), shape);
    graph.node("Gather", [normed, graph.integers(-1)], {}, OUTPUT_NAMES.embedder);
    graph.output(OUTPUT_NAMES.embedder, "float32", [1, shape.hidden]);
    return graph.toBytes();
  } finally {
    file.close();
  }
}

/** Norms are ones; weights are spread evenly, with a magnitude at which the stream neither grows without bound nor fades. */
function randomTensor(name: string, type: ElementType, tensorShape: readonly number[], random: () => number): ArrayBufferView {
  const length = tensorShape.reduce((product, size) => product * size, 1);
  if (type === "uint8") return filled(new Uint8Array(length), () => random() * 256);
  if (type === "int8") return filled(new Int8Array(length), () => (random() * 2 - 1) * INT8_LEVELS);
  if (name.endsWith("norm.weight")) return new Float32Array(length).fill(1);
  if (name.endsWith(".scales")) return new Float32Array(length).fill(REACH / INT8_LEVELS);
  return filled(new Float32Array(length), () => (random() * 2 - 1) * REACH);
}

function filled<Values extends Float32Array | Int8Array | Uint8Array>(values: Values, next: () => number): Values {
  for (let place = 0; place < values.length; place++) values[place] = next();
  return values;
}

/** What both models of a pair take, resident, and the process around them. The tables of rows that ids are looked up in stay in 16 bits. */
export function pairMemoryBytes(shape: Qwen3Shape, precision: Qwen3Precision): number {
  const matrices = MATRIX_GROUPS.flatMap((group) => groupMatrices(shape, 0, group, precision));
  const layerWeights = matrices.reduce((sum, { inputs, outputs }) => sum + inputs * outputs, 0);
  const tableBytes = 2 * shape.vocabulary * shape.hidden;
  return PROCESS_BYTES + 2 * (layerWeights * shape.layers * BYTES_OF_WEIGHT[precision] + tableBytes);
}
