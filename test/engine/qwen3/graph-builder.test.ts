import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { GraphBuilder } from "../../../src/engine/qwen3/graph-builder.ts";
import { runGraph } from "../../support/run-graph.ts";
import { tempFolder } from "../../support/temp-folder.ts";

test("a graph of nodes, constants and inputs of unknown length runs", async () => {
  const graph = new GraphBuilder("");
  const x = graph.input("x", "float32", ["rows", 2]);
  const doubled = graph.node("Mul", [x, graph.scalar(2)]);
  graph.node("Gather", [doubled, graph.integers(-1)], { axis: 0 }, "last");
  graph.output("last", "float32", [1, 2]);
  for (const rows of [[1, 2], [1, 2, 3, 4, 5, 6]]) {
    const { last } = await runGraph(graph.toBytes(), (ort) => ({ x: new ort.Tensor("float32", Float32Array.from(rows), [rows.length / 2, 2]) }));
    expect(last?.dims).toEqual([1, 2]);
    expect(Array.from(last?.data as Float32Array)).toEqual(rows.slice(-2).map((value) => value * 2));
  }
});

test("weights are read from the file beside the graph, at their offsets", async () => {
  const folder = tempFolder();
  const bytes = Buffer.alloc(65_536 + 8);
  new Float32Array(bytes.buffer, bytes.byteOffset + 65_536, 2).set([3, -4]);
  writeFileSync(join(folder, "w.bin"), bytes);
  const graph = new GraphBuilder("w.bin");
  const x = graph.input("x", "float32", [2]);
  graph.node("Add", [x, graph.external("w", "float32", [2], { offset: 65_536, length: 8 })], {}, "y");
  graph.output("y", "float32", [2]);
  const { y } = await runGraph(graph.toBytes(), (ort) => ({ x: new ort.Tensor("float32", Float32Array.of(1, 1), [2]) }), folder);
  expect(Array.from(y?.data as Float32Array)).toEqual([4, -3]);
});

test("attributes arrive as whole numbers, as numbers and as lists", async () => {
  const graph = new GraphBuilder("");
  const x = graph.input("x", "float32", [1, 1, 2]);
  const bent = graph.node("LeakyRelu", [x], { alpha: { float: 1 } });
  const turned = graph.node("Transpose", [bent], { perm: [2, 0, 1] });
  graph.node("Cast", [turned], { to: 7 }, "y");
  graph.output("y", "int64", [2, 1, 1]);
  const { y } = await runGraph(graph.toBytes(), (ort) => ({ x: new ort.Tensor("float32", Float32Array.of(-3, 4), [1, 1, 2]) }));
  // A whole number given as `{ float }` is one: a leak of 1 changes nothing.
  expect([y?.type, y?.dims, Array.from(y?.data as BigInt64Array)]).toEqual(["int64", [2, 1, 1], [-3n, 4n]]);
});

test("operators of ONNX Runtime's own may leave outputs out, and give several", async () => {
  const graph = new GraphBuilder("");
  const [x, skip] = [graph.input("x", "float32", [1, 2]), graph.input("skip", "float32", [1, 2])];
  const gamma = graph.constant("float32", [2], Float32Array.of(1, 1));
  const normed = graph.contrib("SkipSimplifiedLayerNormalization", [x, skip, gamma], { epsilon: { float: 1e-6 } }, [undefined, "", "", "sum"]);
  graph.output("sum", "float32", [1, 2]);
  graph.output(normed, "float32", [1, 2]);
  const outputs = await runGraph(graph.toBytes(), (ort) => ({
    x: new ort.Tensor("float32", Float32Array.of(1, 2), [1, 2]),
    skip: new ort.Tensor("float32", Float32Array.of(2, 2), [1, 2]),
  }));
  expect(Array.from(outputs["sum"]?.data as Float32Array)).toEqual([3, 4]);
  const [first = 0, second = 0] = Array.from(outputs[normed]?.data as Float32Array);
  expect(first).toBeCloseTo(3 / Math.sqrt(12.5), 5);
  expect(second).toBeCloseTo(4 / Math.sqrt(12.5), 5);
});

test("constants that are equal in type, shape and value are stored once", () => {
  const graph = new GraphBuilder("");
  const name = graph.constant("float32", [2], Float32Array.of(1, 2));
  expect(graph.constant("float32", [2], Float32Array.of(1, 2))).toBe(name);
  const others = [
    graph.constant("float32", [1, 2], Float32Array.of(1, 2)),
    graph.constant("float32", [2], Float32Array.of(2, 1)),
    graph.constant("int32", [2], new Int32Array(Float32Array.of(1, 2).buffer)),
    graph.scalar(1),
    graph.integers(1),
  ];
  expect(new Set([name, ...others]).size).toBe(6);
  expect(graph.scalar(1)).toBe(others[3]);
  // A view into a larger buffer counts as what it shows.
  expect(graph.constant("float32", [2], Float32Array.of(9, 1, 2, 9).subarray(1, 3))).toBe(name);
  const large = new GraphBuilder("");
  for (let time = 0; time < 100; time++) large.constant("float32", [1000], new Float32Array(1000));
  expect(large.toBytes().length).toBeLessThan(5000);
});

test("nodes of the same kind have names of their own", () => {
  const graph = new GraphBuilder("");
  const x = graph.input("x", "float32", [1]);
  expect(new Set(["Neg", "Neg", "Abs"].map((opType) => graph.node(opType, [x]))).size).toBe(3);
});
