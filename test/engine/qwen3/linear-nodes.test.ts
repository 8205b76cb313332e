import { beforeAll, describe, expect, test } from "vitest";
import { GraphBuilder } from "../../../src/engine/qwen3/graph-builder.ts";
import { chooseInt8Storage } from "../../../src/engine/qwen3/int8-storage.ts";
import { INT4_BLOCK, type Int8Storage, type LinearKind, linearNodes } from "../../../src/engine/qwen3/linear-nodes.ts";
import { storedMatrix } from "../../../src/engine/qwen3/stored-matrix.ts";
import { runGraph } from "../../support/run-graph.ts";
import { formulaWeights } from "../../support/synthetic-weights.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const [OUTPUTS, INPUTS, TOKENS] = [40, 96, 7];
const weights = formulaWeights("model.layers.0.self_attn.q_proj.weight", [OUTPUTS, INPUTS], false);
const activations = formulaWeights("x", [TOKENS, INPUTS], false);

let exactStorage: Int8Storage;
beforeAll(async () => {
  exactStorage = await chooseInt8Storage(tempFolder());
});

/** x [tokens, inputs] times each of the matrices, transposed. */
async function products(kinds: readonly LinearKind[], x: Float32Array, matrix = weights, inputs = INPUTS, storage = exactStorage): Promise<Float32Array[]> {
  const graph = new GraphBuilder("");
  const outputs = matrix.length / inputs;
  const input = graph.input("x", "float32", ["tokens", inputs]);
  const matrices = kinds.map((kind, place) => ({ name: `matrix${place}`, inputs, outputs, kind }));
  const values = linearNodes(graph, input, matrices, storage, (name, type, shape) => {
    const stored = storedMatrix(matrix, outputs, inputs, kinds[Number(/\d+/.exec(name)?.[0])] ?? "fp32", storage);
    const isScale = name.endsWith(".scales");
    if (!isScale) expect([type, shape]).toEqual([stored.type, stored.shape]);
    return graph.constant(type, shape, (isScale ? stored.scales : stored.values) ?? new Float32Array());
  });
  for (const name of values) graph.output(name, "float32", ["tokens", outputs]);
  const results = await runGraph(graph.toBytes(), (ort) => ({ x: new ort.Tensor("float32", x, [x.length / inputs, inputs]) }));
  return values.map((name) => results[name]?.data as Float32Array);
}

function exactProduct(x: Float32Array): Float64Array {
  return Float64Array.from({ length: (x.length / INPUTS) * OUTPUTS }, (_, place) => {
    const [token, output] = [Math.floor(place / OUTPUTS), place % OUTPUTS];
    let sum = 0;
    for (let input = 0; input < INPUTS; input++) sum += (x[token * INPUTS + input] ?? 0) * (weights[output * INPUTS + input] ?? 0);
    return sum;
  });
}

function rootMeanSquare(values: ArrayLike<number>): number {
  return Math.hypot(...Array.from(values)) / Math.sqrt(values.length);
}

/** Root mean square of the error over that of the exact product. */
function relativeError(found: ArrayLike<number>, exact: Float64Array): number {
  return rootMeanSquare(exact.map((value, place) => value - (found[place] ?? Number.NaN))) / rootMeanSquare(exact);
}

describe("the products of one activation", () => {
  test("are the exact ones in fp32, near in 8 bits, nearer with 16-bit activations, and rough in 4 bits", async () => {
    const exact = exactProduct(activations);
    const found = await products(["fp32", "int8", "int8-twice", "int4"], activations);
    const [fp32 = 1, int8 = 1, twice = 1, int4 = 1] = found.map((values) => relativeError(values, exact));
    expect(fp32).toBeLessThan(1e-6);
    expect(int8).toBeLessThan(0.01);
    // What is left is the rounding of the weights.
    expect(twice).toBeLessThan(int8 * 0.85);
    expect(int4).toBeLessThan(0.15);
    expect(int4).toBeGreaterThan(int8);
  });

  test("are integers where both sides lie on their grids", async () => {
    const matrix = Float32Array.from({ length: 2 * INPUTS }, (_, place) => (place % INPUTS === 0 ? 127 : (place % 255) - 127));
    const x = Float32Array.from({ length: INPUTS }, (_, place) => (place === 0 ? -127 : (place % 251) - 125));
    const expected = [0, 1].map((output) => x.reduce((sum, value, place) => sum + value * (matrix[output * INPUTS + place] ?? 0), 0));
    const [int8, twice] = await products(["int8", "int8-twice"], x, matrix);
    expect(Array.from(int8 ?? [])).toEqual(expected);
    expect(Array.from(twice ?? [])).toEqual(expected);
  });

  test.each(["int8", "int8-twice", "int4"] as const)("of a row do not depend on the rows beside it (%s)", async (kind) => {
    const [together = new Float32Array()] = await products([kind], activations);
    // A neighbour of a thousand times the size.
    const beside = activations.map((value, place) => (place < 2 * INPUTS ? value * 1000 : value));
    const [besideLarge = new Float32Array()] = await products([kind], beside);
    expect(besideLarge.subarray(2 * OUTPUTS)).toEqual(together.subarray(2 * OUTPUTS));
    const [alone] = await products([kind], activations.slice(3 * INPUTS, 4 * INPUTS));
    const rows = together.slice(3 * OUTPUTS, 4 * OUTPUTS);
    if (kind !== "int4") expect(alone).toEqual(rows);
    else expect(relativeError(alone ?? [], Float64Array.from(rows))).toBeLessThan(1e-6);
  });

  test.each(["int8", "int8-twice"] as const)("have the same bits in both storages of the weights (%s)", async (kind) => {
    // The largest weight has neighbours of zero, the others are small: even where products are added in 16 bits, none of these overflows.
    const matrix = weights.map((weight, place) => [1, 0, 0, 0][place % INPUTS] ?? weight * 1.5);
    const [signed] = await products([kind], activations, matrix, INPUTS, "int8");
    const [unsigned] = await products([kind], activations, matrix, INPUTS, "uint8");
    expect(unsigned).toEqual(signed);
  });

  test("are right at the ends of the integers, in the storage that is chosen for this processor", async () => {
    const matrix = Float32Array.from({ length: 2 * INPUTS }, (_, place) => (place < INPUTS ? 127 : -127));
    for (const sign of [1, -1]) {
      const [found] = await products(["int8"], new Float32Array(INPUTS).fill(127 * sign), matrix);
      expect(Array.from(found ?? [])).toEqual([sign * INPUTS * 127 * 127, -sign * INPUTS * 127 * 127]);
    }
  });

  test("of a row of zeros, and of tiny and huge rows, are what they should be", async () => {
    const x = new Float32Array(4 * INPUTS);
    for (const [row, factor] of [0, 1e-25, 1e25, 1].entries()) for (let input = 0; input < INPUTS; input++) x[row * INPUTS + input] = factor * (activations[input] ?? 0);
    const [fp32 = new Float32Array(), ...others] = await products(["fp32", "int8", "int8-twice"], x);
    for (const found of others) {
      expect(Array.from(found.subarray(0, OUTPUTS)).every((value) => value === 0)).toBe(true);
      for (const row of [1, 2, 3]) {
        const [start, end] = [row * OUTPUTS, (row + 1) * OUTPUTS];
        expect(relativeError(found.subarray(start, end), Float64Array.from(fp32.subarray(start, end)))).toBeLessThan(0.02);
      }
    }
  });

  test("take 4-bit weights whose inputs do not fill the last block", async () => {
    const inputs = INT4_BLOCK + 16;
    const matrix = formulaWeights("odd", [OUTPUTS, inputs], false);
    const identity = new Float32Array(inputs * inputs);
    for (let input = 0; input < inputs; input++) identity[input * inputs + input] = 1;
    const [found = new Float32Array()] = await products(["int4"], identity, matrix, inputs);
    const { values, scales = new Float32Array() } = storedMatrix(matrix, OUTPUTS, inputs, "int4", "int8");
    for (let output = 0; output < OUTPUTS; output++) {
      for (let input = 0; input < inputs; input++) {
        const block = output * 2 + Math.floor(input / INT4_BLOCK);
        const byte = values[(block * INT4_BLOCK + (input % INT4_BLOCK)) >> 1] ?? 0;
        const level = (input % 2 === 0 ? byte & 15 : byte >> 4) - 8;
        expect(found[input * OUTPUTS + output]).toBeCloseTo(level * (scales[block] ?? Number.NaN), 6);
      }
    }
  });
});
