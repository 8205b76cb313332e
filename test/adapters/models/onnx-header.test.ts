import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readOnnxHeader } from "../../../src/adapters/models/onnx-header.ts";
import { UserError } from "../../../src/domain/errors.ts";
import { onnxBytes, type GraphSketch } from "../../support/onnx-bytes.ts";

let path: string;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rerank-onnx-"));
  path = join(folder, "model.onnx");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(sketch: GraphSketch): string {
  writeFileSync(path, onnxBytes(sketch));
  return path;
}

function problem(content: Buffer | string): string {
  writeFileSync(path, content);
  try {
    readOnnxHeader(path);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).message;
  }
  return "none";
}

test("reads the outputs of the bundled graphs and where their weights are", () => {
  const models = resolve(import.meta.dirname, "../../../models/mini/onnx");
  expect(readOnnxHeader(join(models, "embedder.onnx"))).toEqual({
    outputs: [
      { name: "last_hidden_state", shape: [undefined, undefined, 384] },
      { name: "sentence_embedding", shape: [undefined, 384] },
    ],
    weightFiles: ["weights.bin"],
  });
  expect(readOnnxHeader(join(models, "reranker.onnx")).outputs).toEqual([{ name: "logits", shape: [undefined, 1] }]);
});

test("steps over weights inside the file, and over outside ones in large files too", () => {
  const sketch = { outputs: { logits: [null, 1] }, weightFiles: ["b.data", "a.data"], weights: Buffer.alloc(3_000_000, 0x0a) };
  expect(readOnnxHeader(write(sketch))).toEqual({ outputs: [{ name: "logits", shape: [undefined, 1] }], weightFiles: ["a.data", "b.data"] });
});

test("says nothing about shapes that the graph leaves out", () => {
  expect(readOnnxHeader(write({ outputs: { sentence_embedding: [] } })).outputs).toEqual([{ name: "sentence_embedding", shape: undefined }]);
});

test("a graph that is cut off at any place is an error", () => {
  const whole = onnxBytes({ outputs: { logits: [null, 1] }, weightFiles: ["w.data"] });
  for (let length = 1; length < whole.length; length += 1) {
    const message = problem(whole.subarray(0, length));
    // Cut between two fields of the model, only the operator set is missing.
    if (message !== "none") expect(message).toContain("damaged, cut off, or no ONNX graph");
    else expect(length).toBe(whole.length - 4);
  }
});

test.each([
  ["an empty file", "", "is empty"],
  ["a Git LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 1\n", "Git LFS pointer"],
  ["a web page", "<!doctype html><html></html>", "no ONNX graph"],
  ["random bytes", Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]), "no ONNX graph"],
])("%s is an error that says so", (_what, content, expected) => {
  expect(problem(content)).toContain(expected);
});
