import { createHash } from "node:crypto";
import { ATTRIBUTE_TYPES, ELEMENT_TYPES, encodeModel, type ElementType } from "./onnx-proto.ts";

/** A value in the graph: the name that nodes refer to. */
export type Value = string;
/** Numbers; names stand for lengths that are known at run time. */
export type GraphShape = readonly (number | string)[];
/** Whole numbers become INT attributes unless they are given as `{ float }`. */
export type Attributes = Readonly<Record<string, number | readonly number[] | { readonly float: number }>>;

/** Where the bytes of a weight lie: `offset` and `length` in the file beside the graph. */
export interface ExternalBytes {
  readonly offset: number;
  readonly length: number;
}

/** ONNX opset 21 and IR 10: the newest that ONNX Runtime 1.20 and later read without a warning. */
const OPSET = 21;
const IR_VERSION = 10;
const EXTERNAL = 1;
const MICROSOFT = "com.microsoft";

/** Collects nodes and weights in order, and writes them as an ONNX model. */
export class GraphBuilder {
  readonly #nodes: object[] = [];
  readonly #initializers: object[] = [];
  readonly #inputs: object[] = [];
  readonly #outputs: object[] = [];
  readonly #constants = new Map<string, Value>();
  readonly #dataFile: string;
  #nodeCount = 0;

  /** @param dataFile name of the file beside the graph that holds the weights. */
  constructor(dataFile: string) {
    this.#dataFile = dataFile;
  }

  input(name: string, type: ElementType, shape: GraphShape): Value {
    this.#inputs.push(valueInfo(name, type, shape));
    return name;
  }

  output(name: string, type: ElementType, shape: GraphShape): void {
    this.#outputs.push(valueInfo(name, type, shape));
  }

  /** A weight whose bytes are in the data file. */
  external(name: string, type: ElementType, shape: readonly number[], { offset, length }: ExternalBytes): Value {
    this.#initializers.push({
      name,
      dims: [...shape],
      dataType: ELEMENT_TYPES[type],
      dataLocation: EXTERNAL,
      externalData: [
        { key: "location", value: this.#dataFile },
        { key: "offset", value: String(offset) },
        { key: "length", value: String(length) },
      ],
    });
    return name;
  }

  /** A small tensor inside the graph; equal ones are stored once. */
  constant(type: ElementType, shape: readonly number[], values: ArrayBufferView): Value {
    const rawData = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    const key = `${type} ${shape.join("x")} ${createHash("sha256").update(rawData).digest("base64")}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const name = `constant_${this.#constants.size}`;
    this.#initializers.push({ name, dims: [...shape], dataType: ELEMENT_TYPES[type], rawData });
    this.#constants.set(key, name);
    return name;
  }

  /** Axes, indices and shapes. */
  integers(...values: readonly number[]): Value {
    return this.constant("int64", [values.length], BigInt64Array.from(values, BigInt));
  }

  scalar(value: number): Value {
    return this.constant("float32", [], Float32Array.of(value));
  }

  /** A node with one output, of ONNX itself. */
  node(opType: string, inputs: readonly Value[], attributes: Attributes = {}, output?: Value): Value {
    return this.#add("", opType, inputs, attributes, [output]);
  }

  /** A node of ONNX Runtime's own operators. */
  contrib(opType: string, inputs: readonly Value[], attributes: Attributes = {}, outputs: readonly (Value | undefined)[] = [undefined]): Value {
    return this.#add(MICROSOFT, opType, inputs, attributes, outputs);
  }

  /** @returns the name of the first output. `undefined` in `outputs` is given a name, "" is an output that is not wanted. */
  #add(domain: string, opType: string, inputs: readonly Value[], attributes: Attributes, outputs: readonly (Value | undefined)[]): Value {
    const name = `${opType}_${this.#nodeCount++}`;
    const names = outputs.map((output, position) => output ?? (position === 0 ? name : `${name}_${position}`));
    this.#nodes.push({
      name,
      opType,
      domain,
      input: [...inputs],
      output: names,
      attribute: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
    });
    return names[0] ?? name;
  }

  toBytes(): Uint8Array {
    return encodeModel({
      irVersion: IR_VERSION,
      producerName: "rerank",
      opsetImport: [
        { domain: "", version: OPSET },
        { domain: MICROSOFT, version: 1 },
      ],
      graph: { name: "qwen3", node: this.#nodes, initializer: this.#initializers, input: this.#inputs, output: this.#outputs },
    });
  }
}

function valueInfo(name: string, type: ElementType, shape: GraphShape): object {
  const dim = shape.map((length) => (typeof length === "number" ? { dimValue: length } : { dimParam: length }));
  return { name, type: { tensorType: { elemType: ELEMENT_TYPES[type], shape: { dim } } } };
}

function attribute(name: string, value: Attributes[string]): object {
  if (typeof value === "number") return { name, i: value, type: ATTRIBUTE_TYPES.int };
  if ("float" in value) return { name, f: value.float, type: ATTRIBUTE_TYPES.float };
  return { name, ints: [...value], type: ATTRIBUTE_TYPES.ints };
}
