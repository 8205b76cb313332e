import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createOnnxSession } from "../onnx-session.ts";
import { GraphBuilder } from "./graph-builder.ts";
import type { Int8Storage } from "./linear-nodes.ts";

const TOKENS = 32;
const INPUTS = 64;
const OUTPUTS = 32;
const LARGEST_ACTIVATION = 255;
const LARGEST_WEIGHT = 127;

/**
 * Multiplies the largest 8-bit numbers that there are, as signed weights, and looks whether the sum is right: where the processor adds
 * pairs of products in 16 bits it is not, and weights are stored without a sign there.
 * @param folder for a small graph.
 */
export async function chooseInt8Storage(folder: string): Promise<Int8Storage> {
  const graph = new GraphBuilder("");
  const x = graph.input("x", "uint8", [TOKENS, INPUTS]);
  const weights = graph.constant("int8", [INPUTS, OUTPUTS], new Int8Array(INPUTS * OUTPUTS).fill(LARGEST_WEIGHT));
  const scales = graph.constant("float32", [OUTPUTS], new Float32Array(OUTPUTS).fill(1));
  graph.contrib("MatMulIntegerToFloat", [x, weights, graph.scalar(1), scales], {}, ["y"]);
  graph.output("y", "float32", [TOKENS, OUTPUTS]);
  const graphPath = join(folder, "saturation.onnx");
  writeFileSync(graphPath, graph.toBytes());
  const { ort, session } = await createOnnxSession({ graphPath, threads: 1 });
  const { y } = await session.run({ x: new ort.Tensor("uint8", new Uint8Array(TOKENS * INPUTS).fill(LARGEST_ACTIVATION), [TOKENS, INPUTS]) });
  await session.release();
  const exact = INPUTS * LARGEST_ACTIVATION * LARGEST_WEIGHT;
  const products = y?.data as Float32Array | undefined;
  return products?.every((value) => value === exact) === true ? "int8" : "uint8";
}
