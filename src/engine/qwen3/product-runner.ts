import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Tensor } from "onnxruntime-node";
import { createOnnxSession, type OnnxSession } from "../onnx-session.ts";
import type { Qwen3Shape } from "./checkpoint.ts";
import { groupMatrices, type MatrixGroup } from "./decoder-graph.ts";
import { GraphBuilder } from "./graph-builder.ts";
import { type Int8Storage, type LinearKind, linearNodes } from "./linear-nodes.ts";
import { storedTensors } from "./stored-matrix.ts";

/** The products of one group of matrices by themselves, with the weights as inputs: how rounding is tried out. */
export interface ProductRunner {
  /**
   * @param x [tokens, inputs].
   * @param matrices the group's weights in its order, each [outputs, inputs].
   * @returns for each matrix [tokens, outputs].
   */
  run(group: MatrixGroup, kind: LinearKind, x: Float32Array, matrices: readonly Float32Array[]): Promise<Float32Array[]>;
}

interface ProductGraph extends OnnxSession {
  readonly outputs: readonly string[];
}

/** Every layer's products are run as this one's: names differ, numbers do not. */
const LAYER = 0;

export function createProductRunner({ shape, storage, folder, threads }: { readonly shape: Qwen3Shape; readonly storage: Int8Storage; readonly folder: string; readonly threads?: number | undefined }): ProductRunner {
  const graphs = new Map<string, Promise<ProductGraph>>();

  async function openGraph(group: MatrixGroup, kind: LinearKind): Promise<ProductGraph> {
    const graph = new GraphBuilder("");
    const matrices = groupMatrices(shape, LAYER, group, kind);
    const x = graph.input("x", "float32", ["tokens", matrices[0]?.inputs ?? 0]);
    const outputs = linearNodes(graph, x, matrices, storage, (name, type, weightShape) => graph.input(name, type, weightShape));
    for (const [place, output] of outputs.entries()) graph.output(output, "float32", ["tokens", matrices[place]?.outputs ?? 0]);
    const graphPath = join(folder, `products-${group}-${kind}.onnx`);
    writeFileSync(graphPath, graph.toBytes());
    return { ...(await createOnnxSession({ graphPath, threads })), outputs };
  }

  return {
    async run(group, kind, x, matrices) {
      const name = `${group} ${kind}`;
      const opening = graphs.get(name) ?? openGraph(group, kind);
      graphs.set(name, opening);
      const { ort, session, outputs } = await opening;
      const sizes = groupMatrices(shape, LAYER, group, kind);
      const width = sizes[0]?.inputs ?? 1;
      const feeds: Record<string, Tensor> = { x: new ort.Tensor("float32", x, [x.length / width, width]) };
      for (const [place, matrix] of sizes.entries()) Object.assign(feeds, storedTensors(ort, matrix, matrices[place] ?? new Float32Array(), storage));
      const results = await session.run(feeds, outputs);
      return outputs.map((output) => results[output]?.data as Float32Array);
    },
  };
}
