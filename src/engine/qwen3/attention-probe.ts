import type { Tensor } from "onnxruntime-node";
import type { EngineOptions } from "../loaded-models.ts";
import { loadOnnxRuntime, sessionOptions } from "../onnx-session.ts";
import { GraphBuilder } from "./graph-builder.ts";

/** More than a workgroup of the kernels for many tokens takes (64), and no multiple of it. */
const TOKENS = 96;
const HEADS = 2;
/** Rounding leaves 1e-6. What is wrong is wrong by 0.01 and more. */
const TOLERANCE = 1e-3;

/**
 * Whether attention over many tokens at once gives on a device what it gives on the CPU.
 *
 * Dawn, which ONNX Runtime 1.30 brings along, writes SPIR-V that clears the variables of a loop on entering the function alone, not
 * at every turn. WebGPU's GroupQueryAttention counts on cleared ones for 32 new tokens and more wherever it uses subgroups (by its
 * source not on NVIDIA's and Apple's processors). Its weights drift from one block of keys to the next: vectors of the test
 * checkpoints lost up to 0.0025 of cosine.
 */
export async function attendsToManyTokens(device: NonNullable<EngineOptions["device"]>, headSize: number): Promise<boolean> {
  const graph = attentionGraph(headSize);
  const expected = await attend(graph, "cpu", headSize);
  const found = await attend(graph, device, headSize);
  return expected.every((value, place) => Math.abs(value - (found[place] ?? Number.NaN)) <= TOLERANCE);
}

function attentionGraph(headSize: number): Uint8Array {
  const graph = new GraphBuilder("");
  const query = graph.input("query", "float32", [1, "tokens", HEADS * headSize]);
  const [key = "", value = ""] = ["key", "value"].map((name) => graph.input(name, "float32", [1, "tokens", headSize]));
  const past = ["past.key", "past.value"].map((name) => graph.input(name, "float32", [1, 1, "past", headSize]));
  const lengths = [graph.input("last_position", "int32", [1]), graph.input("total_length", "int32", [])];
  graph.contrib("GroupQueryAttention", [query, key, value, ...past, ...lengths], { num_heads: HEADS, kv_num_heads: 1 }, ["context", "present.key", "present.value"]);
  graph.output("context", "float32", [1, "tokens", HEADS * headSize]);
  for (const name of ["present.key", "present.value"]) graph.output(name, "float32", [1, 1, "total", headSize]);
  return graph.toBytes();
}

async function attend(graph: Uint8Array, device: NonNullable<EngineOptions["device"]>, headSize: number): Promise<Float32Array> {
  const ort = await loadOnnxRuntime();
  const session = await ort.InferenceSession.create(graph, sessionOptions({ device, threads: 1 }));
  const tensor = (width: number, seed: number): Tensor => {
    const values = Float32Array.from({ length: TOKENS * width }, (_, place) => Math.sin(seed * (place + 1)));
    return new ort.Tensor("float32", values, [1, TOKENS, width]);
  };
  const empty = new ort.Tensor("float32", new Float32Array(0), [1, 1, 0, headSize]);
  const feeds = {
    query: tensor(HEADS * headSize, 1.1),
    key: tensor(headSize, 1.3),
    value: tensor(headSize, 1.7),
    "past.key": empty,
    "past.value": empty,
    last_position: new ort.Tensor("int32", Int32Array.of(TOKENS - 1), [1]),
    total_length: new ort.Tensor("int32", Int32Array.of(TOKENS), []),
  };
  try {
    const { context } = await session.run(feeds, ["context"]);
    return context?.data as Float32Array;
  } finally {
    await session.release();
  }
}
