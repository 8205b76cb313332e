import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { openCheckpoint } from "../../../src/engine/qwen3/open-checkpoint.ts";
import { openQwen3Embedder } from "../../../src/engine/qwen3/open-qwen3-embedder.ts";
import { openQwen3Reranker } from "../../../src/engine/qwen3/open-qwen3-reranker.ts";
import { compiledModel } from "../../support/compiled-qwen3.ts";
import { safetensorsBytes, type SyntheticOptions, syntheticTensors } from "../../support/synthetic-checkpoint.ts";
import { TINY, tinyDecoder } from "../../support/tiny-decoder.ts";

const TEXTS = ["The capital of China is Beijing.", "重力是地球对物体的吸引力。", ""];

interface Answers {
  readonly vectors: readonly Float32Array[];
  readonly logits: readonly number[];
}

async function answersOf(checkpoint: string): Promise<Answers> {
  const embedder = await openQwen3Embedder((await compiledModel(checkpoint, "embedder")).spec);
  const reranker = await openQwen3Reranker((await compiledModel(checkpoint, "reranker")).spec);
  const vectors: Float32Array[] = [];
  const logits: number[] = [];
  for (const text of TEXTS) {
    vectors.push((await embedder.embed(text, { use: "passage", textNumber: 1 })).vector);
    logits.push((await reranker.judge({ query: "What is gravity?", text, textNumber: 1 })).logit);
  }
  return { vectors, logits };
}

const narrow = tinyDecoder();
const single = tinyDecoder({ dtype: "F32" });

let plain: Answers;
beforeAll(async () => {
  plain = await answersOf(narrow);
});

test("weights in single precision give the bits that they give in BF16", async () => {
  expect(await answersOf(single)).toEqual(plain);
});

test.each<[string, SyntheticOptions]>([
  ["without a leading model.", { prefixed: false }],
  ["in three shards", { shards: 3 }],
  ["in shards, in single precision, without a leading model.", { shards: 2, dtype: "F32", prefixed: false }],
  ["of an embedding model that has no causal head in its configuration", { config: { architectures: ["Qwen3Model"] } }],
])("the same weights %s give the same bits", async (_, options) => {
  expect(await answersOf(tinyDecoder(options))).toEqual(plain);
});

test("weights in half precision give the bits that their values give in single precision", async () => {
  const half = tinyDecoder({ dtype: "F16" });
  const wide = tinyDecoder();
  const checkpoint = openCheckpoint(half);
  const entries = syntheticTensors(TINY).map(([name, shape]) => {
    const { buffer, byteLength } = checkpoint.tensor(name.replace("model.", "")).readFloat32();
    return { name, shape, dtype: "F32", bytes: () => new Uint8Array(buffer, 0, byteLength) };
  });
  writeFileSync(join(wide, "model.safetensors"), safetensorsBytes(entries));
  checkpoint.close();
  const found = await answersOf(half);
  expect(found).toEqual(await answersOf(wide));
  // Other values than those that are rounded to BF16, and near them.
  expect(found).not.toEqual(plain);
  for (const [place, vector] of found.vectors.entries()) {
    for (const [channel, value] of vector.entries()) expect(Math.abs(value - (plain.vectors[place]?.[channel] ?? Number.NaN))).toBeLessThan(0.1);
  }
});

test("the embedding's rows stay in the checkpoint's own format", async () => {
  for (const [checkpoint, bytes] of [[narrow, 2], [single, 4]] as const) {
    const { report } = await compiledModel(checkpoint, "embedder");
    const rows = TINY.vocab_size * TINY.hidden_size * bytes;
    expect(report.sizeBytes).toBeGreaterThan(rows);
    expect(report.sizeBytes).toBeLessThan(rows + 1_000_000);
  }
});
