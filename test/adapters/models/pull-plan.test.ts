import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { downloadModelFiles } from "../../../src/adapters/hub/download-model-files.ts";
import { createModelLocator, type ModelLocator } from "../../../src/adapters/models/model-locator.ts";
import type { PullItem } from "../../../src/adapters/models/pull-plan.ts";
import { UserError } from "../../../src/domain/errors.ts";
import { startHubServer } from "../../support/hub-server.ts";
import { onnxBytes } from "../../support/onnx-bytes.ts";
import { writeFiles } from "../../support/temp-folder.ts";

let base: string;
let locator: ModelLocator;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "rerank-pull-"));
  locator = createModelLocator({ packageRoot: resolve(import.meta.dirname, "../../.."), hubCacheFolder: base, cwd: base, compiledFolder: join(base, "compiled") });
});

afterEach(() => rmSync(base, { recursive: true, force: true }));

function only(name: string): PullItem {
  const [item, ...others] = locator.pullPlan(name);
  expect(others).toEqual([]);
  if (item === undefined) throw new Error("an item was expected");
  return item;
}

const SMALL = ["config.json", "tokenizer.json", "tokenizer_config.json"];

describe("what a download brings", () => {
  test("a preset brings both halves, from the repositories of the registry", () => {
    expect(locator.pullPlan("bge-m3").map(({ name, repo, roles }) => ({ name, repo, roles }))).toEqual([
      { name: "bge-m3", repo: "Xenova/bge-m3", roles: ["embedder"] },
      { name: "bge-reranker-v2-m3", repo: "onnx-community/bge-reranker-v2-m3-ONNX", roles: ["reranker"] },
    ]);
  });

  test("a model alone brings itself, the bundled pair nothing", () => {
    expect(only("bge-reranker-base")).toMatchObject({ repo: "Xenova/bge-reranker-base", revision: "main", licence: "MIT" });
    expect(locator.pullPlan("mini")).toEqual([]);
    expect(locator.pullPlan("mini+bge-reranker-base").map(({ repo }) => repo)).toEqual(["Xenova/bge-reranker-base"]);
  });

  test("a hub id brings exactly that repository", () => {
    expect(only("BAAI/bge-m3")).toMatchObject({ repo: "BAAI/bge-m3", licence: "MIT" });
    expect(only("acme/unheard-of")).toMatchObject({ repo: "acme/unheard-of", licence: undefined, roles: ["embedder", "reranker"] });
  });

  test("one graph in the preferred precision, with its tokenizer, and nothing else", () => {
    const paths = [...SMALL, "model.safetensors", "pytorch_model.bin", "onnx/model.onnx", "onnx/model_fp16.onnx", "onnx/model_quantized.onnx"];
    expect(only("bge-reranker-base").wanted(paths)).toEqual([...SMALL, "onnx/model_quantized.onnx"]);
    expect(only("bge-reranker-base:fp32").wanted(paths)).toEqual([...SMALL, "onnx/model.onnx"]);
  });

  test("the weights that lie beside a graph come along", () => {
    const paths = [...SMALL, "onnx/model.onnx", "onnx/model.onnx_data", "onnx/Constant_7_attr__value", "onnx/other.onnx_data", "onnx/tokenizer.json"];
    expect(only("BAAI/bge-m3").wanted(paths)).toEqual([...SMALL, "onnx/model.onnx", "onnx/model.onnx_data", "onnx/Constant_7_attr__value"]);
    expect(only("acme/x").wanted(["tokenizer.json", "model.onnx", "model.onnx.data"])).toEqual(["tokenizer.json", "model.onnx", "model.onnx.data"]);
  });

  test.each([
    ["BAAI/bge-reranker-v2-m3", ["tokenizer.json", "model.safetensors"], "no ONNX graph", "rerank models pull bge-reranker-v2-m3"],
    ["acme/x", ["tokenizer.json", "pytorch_model.bin"], "no ONNX graph", "onnx-community"],
    ["acme/x", ["tokenizer.json", "model.safetensors"], "no config.json", "another repository"],
    ["acme/x", ["config.json", "tokenizer.json", "model.safetensors.index.json", "model-00001-of-00002.safetensors"], "1 of 2 shards", "models list"],
    ["qwen3-reranker-0.6b", ["config.json", "tokenizer.json", "pytorch_model.bin"], "no safetensors", "models list"],
    ["Qwen/Qwen3-Embedding-0.6B-GGUF", ["Qwen3-Embedding-0.6B-Q8_0.gguf"], "no ONNX graph", "onnx-community"],
    ["acme/x", ["model.onnx"], "no tokenizer.json", "conversion"],
    ["acme/x:fp16", ["tokenizer.json", "onnx/model.onnx"], "no graph in fp16", "fp32"],
    ["acme/x", ["tokenizer.json", "a/one.onnx", "b/two.onnx"], "in a place that is known", "card"],
  ])("%s with %j is an error that helps", (name, paths, message, hint) => {
    try {
      only(name).wanted(paths);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(UserError);
      expect((error as UserError).message).toContain(message);
      expect((error as UserError).hint).toContain(hint);
    }
  });

  test.each<[string, Record<string, string>, RegExp]>([
    ["that is empty", {}, /holds no model that runs here: it has no config\.json and no ONNX graph/],
    ["of GGUF", { "Qwen3-Embedding-0.6B-Q8_0.gguf": "GGUF" }, /holds no model that runs here: GGUF is not read/],
    ["of another family", { "config.json": '{"model_type":"llama"}', "model.safetensors": "x" }, /its model is of llama/],
    ["of another family, and GGUF", { "config.json": '{"model_type":"gemma3_text"}', "a.GGUF": "x" }, /is of gemma3_text, and GGUF is not read/],
  ])("a folder %s holds nothing that runs, and that is said", (_what, files, message) => {
    mkdirSync(join(base, "folder"));
    writeFiles(join(base, "folder"), files);
    expect(() => locator.pullPlan("./folder")).toThrow(message);
  });

  test("a folder cannot be brought", () => {
    writeFiles(join(base, "encoder"), { "config.json": '{"model_type":"bert"}', "onnx/model.onnx": "x" });
    expect(() => locator.pullPlan("./encoder")).toThrow("there is nothing to bring");
  });
});

test("a pulled model is located, and only then", async () => {
  const graph = onnxBytes({ outputs: { logits: [null, 1] }, weightFiles: ["model.onnx_data"] });
  const files = { "config.json": "{}", "tokenizer.json": "{}", "onnx/model.onnx": graph, "onnx/model.onnx_data": Buffer.alloc(70_000, 7), "README.md": "# x" };
  const hub = await startHubServer({ repo: "BAAI/bge-reranker-large", files, largeFiles: ["onnx/model.onnx_data"] });
  try {
    await expect(locator.locate("BAAI/bge-reranker-large", "reranker")).rejects.toThrow("not on this machine");
    const { repo, revision, wanted } = only("BAAI/bge-reranker-large");
    await downloadModelFiles({ endpoint: hub.endpoint, cacheFolder: base, offline: false, repo, revision, wanted });
    const spec = await locator.locate("BAAI/bge-reranker-large", "reranker");
    expect(spec).toMatchObject({ source: "hub-cache", precision: "fp32", maxTokens: 512, licence: "MIT" });
    expect(spec.sizeBytes).toBe(graph.length + 70_000 + 2);
  } finally {
    await hub.close();
  }
});
