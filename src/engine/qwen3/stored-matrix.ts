import type { Tensor } from "onnxruntime-node";
import type { OnnxSession } from "../onnx-session.ts";
import { INT4_BLOCK, type Int8Storage, type LinearKind, type Matrix } from "./linear-nodes.ts";
import { quantizeInt4, quantizeInt8 } from "./quantize.ts";

/** A matrix in the form that its product reads. */
export interface StoredMatrix {
  readonly type: "float32" | "int8" | "uint8";
  readonly shape: readonly number[];
  readonly values: Float32Array | Int8Array | Uint8Array;
  readonly scales?: Float32Array;
}

/** @param values [outputs, inputs], row-major. */
export function storedMatrix(values: Float32Array, outputs: number, inputs: number, kind: LinearKind, storage: Int8Storage): StoredMatrix {
  if (kind === "fp32") return { type: "float32", shape: [outputs, inputs], values };
  if (kind === "int4") return { type: "uint8", shape: [outputs, Math.ceil(inputs / INT4_BLOCK), INT4_BLOCK / 2], ...quantizeInt4(values, outputs, inputs) };
  return { type: storage, shape: [inputs, outputs], ...quantizeInt8(values, outputs, inputs, storage) };
}

/** The same as the inputs of a graph that takes its weights as inputs, by their names there. */
export function storedTensors(ort: OnnxSession["ort"], { name, outputs, inputs, kind }: Matrix, weights: Float32Array, storage: Int8Storage): Record<string, Tensor> {
  const { type, shape, values, scales } = storedMatrix(weights, outputs, inputs, kind, storage);
  return {
    [`${name}.weight`]: new ort.Tensor(type, values as never, shape),
    ...(scales !== undefined && { [`${name}.scales`]: new ort.Tensor("float32", scales, [scales.length]) }),
  };
}
