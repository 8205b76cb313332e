import { join, resolve } from "node:path";
import type { EncoderSpec } from "../../src/domain/model-spec.ts";

const folder = resolve(import.meta.dirname, "../../models/mini");

const shared = {
  family: "encoder",
  id: "mini",
  revision: "test",
  precision: "int8",
  source: "bundled",
  folder,
  maxTokens: 512,
  pooling: "none",
  readsInstruction: false,
  licence: "MIT",
  sizeBytes: 47_863_000,
} as const satisfies Partial<EncoderSpec>;

/** The bundled embedder, for tests that need real vectors and not the way they are found. */
export const miniEmbedderSpec: EncoderSpec = {
  ...shared,
  role: "embedder",
  graphPath: join(folder, "onnx/embedder.onnx"),
  queryPrefix: "query: ",
  passagePrefix: "passage: ",
  dimensions: 384,
  output: "sentence_embedding",
  fingerprint: "mini-embedder-test",
};

/** The bundled reranker; its tokenizer's pair template writes the prefixes. */
export const miniRerankerSpec: EncoderSpec = {
  ...shared,
  role: "reranker",
  graphPath: join(folder, "onnx/reranker.onnx"),
  queryPrefix: "",
  passagePrefix: "",
  dimensions: 0,
  output: "logits",
  fingerprint: "mini-reranker-test",
};
