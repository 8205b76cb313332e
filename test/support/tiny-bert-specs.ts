import { join, resolve } from "node:path";
import type { EncoderSpec } from "../../src/domain/model-spec.ts";
import { miniEmbedderSpec, miniRerankerSpec } from "./mini-specs.ts";

const folder = resolve(import.meta.dirname, "../fixtures/models/tiny-bert");
const tiny = { id: "tiny-bert", folder, graphPath: join(folder, "model.onnx"), maxTokens: 12, queryPrefix: "", passagePrefix: "" };

/** A graph of one kilobyte whose answers can be worked out by hand: see test/fixtures/models/make-tiny-bert.py. */
export const tinyEmbedderSpec: EncoderSpec = {
  ...miniEmbedderSpec,
  ...tiny,
  pooling: "mean",
  dimensions: 3,
  output: "last_hidden_state",
};
export const tinyRerankerSpec: EncoderSpec = { ...miniRerankerSpec, ...tiny, output: "two_labels" };
