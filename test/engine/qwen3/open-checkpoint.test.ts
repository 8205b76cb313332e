import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkpointBytes, openCheckpoint } from "../../../src/engine/qwen3/open-checkpoint.ts";
import { readParityFixture } from "../../support/parity-fixture.ts";
import { replaceSmallTensor, rewriteSmall, SMALL, smallCheckpoint } from "../../support/small-checkpoint.ts";
import { syntheticTensors, variantCheckpoint } from "../../support/synthetic-checkpoint.ts";
import { encodeWeights, formulaWeights } from "../../support/synthetic-weights.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { userErrorOf } from "../../support/user-error-of.ts";

function bf16Values(name: string, shape: readonly number[]): Float32Array {
  return new Float32Array(encodeWeights(formulaWeights(name, shape, false), "F32").buffer);
}

describe("the formula of the synthetic weights", () => {
  test.each(["tied", "untied", "outliers"] as const)("gives the samples and the shapes of the reference (%s)", (variant) => {
    const { config, parameters, samples } = readParityFixture().variants[variant];
    for (const [name, expected] of Object.entries(samples)) {
      const values = formulaWeights(name, parameters[name] ?? [], variant === "outliers");
      expect([...values.subarray(0, 4)], name).toEqual(expected.map(Math.fround));
    }
    expect(Object.fromEntries(syntheticTensors(config))).toEqual(parameters);
  });
});

describe("openCheckpoint", () => {
  test("prefers the single file to an index, as Transformers does", () => {
    const folder = smallCheckpoint();
    writeFileSync(join(folder, "model.safetensors.index.json"), "{}");
    openCheckpoint(folder).close();
  });

  test("gives the shape and the weights of a checkpoint", () => {
    const checkpoint = openCheckpoint(variantCheckpoint("tied"));
    expect(checkpoint.shape).toEqual({
      layers: 3,
      hidden: 64,
      intermediate: 160,
      heads: 4,
      keyValueHeads: 2,
      headSize: 32,
      vocabulary: 151_669,
      ropeTheta: 1e6,
      normEpsilon: 1e-6,
      tiedHead: true,
      contextTokens: 4096,
    });
    const { parameters } = readParityFixture().variants.tied;
    for (const [name, shape] of Object.entries(parameters)) {
      const tensor = checkpoint.tensor(name.replace(/^model\./, ""));
      expect(tensor.shape).toEqual(shape);
      expect(Buffer.from(tensor.readFloat32().buffer).equals(Buffer.from(bf16Values(name, shape).buffer)), name).toBe(true);
    }
    checkpoint.close();
  });

  test("reads rows from the middle, as numbers and as bytes", () => {
    const checkpoint = openCheckpoint(smallCheckpoint());
    const tensor = checkpoint.tensor("layers.1.self_attn.q_proj.weight");
    const all = tensor.readFloat32();
    expect(tensor.readFloat32(5, 3)).toEqual(all.slice(5 * 32, 8 * 32));
    expect(tensor.readFloat32(60)).toEqual(all.slice(60 * 32));
    expect(tensor.readFloat32(64, 0)).toHaveLength(0);
    expect(tensor.readBytes(5, 3)).toEqual(tensor.readBytes().slice(5 * 64, 8 * 64));
    expect(tensor.sizeBytes).toBe(64 * 32 * 2);
    expect(() => tensor.readFloat32(62, 3)).toThrow(RangeError);
    checkpoint.close();
  });

  test("reads names with and without a leading model., and single files and shards, alike", () => {
    const reference = openCheckpoint(smallCheckpoint({}, { tie_word_embeddings: false }));
    for (const options of [{ prefixed: false }, { shards: 3 }, { prefixed: false, shards: 2 }, { dtype: "F32" as const }]) {
      const other = openCheckpoint(smallCheckpoint(options, { tie_word_embeddings: false }));
      for (const [name] of syntheticTensors({ ...SMALL, tie_word_embeddings: false })) {
        const bare = name.replace(/^model\./, "");
        expect(other.tensor(bare).readFloat32(), bare).toEqual(reference.tensor(bare).readFloat32());
      }
      other.close();
    }
    reference.close();
  });

  test("reads F16 exactly: subnormals, zeros of both signs, infinities and NaN, too", () => {
    const halves = [0x0000, 0x8000, 0x0001, 0x83ff, 0x0400, 0x3c00, 0xc000, 0x3555, 0x7bff, 0xfbff, 0x7c00, 0xfc00];
    const expected = [0, -0, 2 ** -24, -1023 * 2 ** -24, 2 ** -14, 1, -2, 1365 / 4096, 65_504, -65_504, Infinity, -Infinity];
    const folder = smallCheckpoint({ dtype: "F16" });
    replaceSmallTensor(folder, "model.norm.weight", (values) => new Uint8Array(Uint16Array.from([...halves, ...values.slice(0, 19), 0x7e01]).buffer));
    const checkpoint = openCheckpoint(folder);
    const values = checkpoint.tensor("norm.weight").readFloat32();
    expect(Array.from(values.subarray(0, 12))).toEqual(expected);
    expect(values[31]).toBeNaN();
    const matrix = checkpoint.tensor("layers.0.mlp.up_proj.weight").readFloat32();
    formulaWeights("model.layers.0.mlp.up_proj.weight", [48, 32], false).forEach((value, at) => {
      expect(Math.abs((matrix[at] ?? 0) - value)).toBeLessThanOrEqual(Math.abs(value) * 2 ** -11);
    });
    checkpoint.close();
  });

  test("takes the embedding for a tied head, even where the file has a head of its own", () => {
    const folder = smallCheckpoint({ config: { tie_word_embeddings: true } }, { tie_word_embeddings: false });
    const checkpoint = openCheckpoint(folder);
    expect(checkpoint.shape.tiedHead).toBe(true);
    expect(checkpoint.tensor("lm_head.weight").readFloat32()).toEqual(checkpoint.tensor("embed_tokens.weight").readFloat32());
    checkpoint.close();
  });

  test("opens an embedding model that has a separate head left out, and says so when the head is asked for", () => {
    const checkpoint = openCheckpoint(smallCheckpoint({ head: false, prefixed: false }, { tie_word_embeddings: false }));
    expect(checkpoint.tensor("norm.weight").shape).toEqual([32]);
    const error = userErrorOf(() => checkpoint.tensor("lm_head.weight"));
    expect(error.message).toContain("tie_word_embeddings");
    expect(error.hint).toContain("reranker");
    checkpoint.close();
  });

  test("throws for a tensor that no Qwen3 model has", () => {
    const checkpoint = openCheckpoint(smallCheckpoint());
    expect(userErrorOf(() => checkpoint.tensor("layers.7.mlp.up_proj.weight")).message).toContain("layers.7.mlp.up_proj.weight");
    checkpoint.close();
  });

  test.skipIf(!existsSync("/proc/self/fd"))("follows the links of the hub's cache, and closes its files", () => {
    const real = smallCheckpoint();
    const folder = tempFolder();
    for (const name of readdirSync(real)) symlinkSync(join(real, name), join(folder, name));
    const before = readdirSync("/proc/self/fd").length;
    const checkpoint = openCheckpoint(folder);
    expect(checkpoint.tensor("norm.weight").readFloat32()).toHaveLength(32);
    checkpoint.close();
    expect(() => openCheckpoint(smallCheckpoint({ config: { vocab_size: 99 } }))).toThrow();
    expect(readdirSync("/proc/self/fd").length).toBe(before);
  });

  test("ignores tensors that the decoder does not use, whatever their format", () => {
    const folder = smallCheckpoint();
    rewriteSmall(folder, (entries) => [...entries, { name: "rotary.inv_freq", dtype: "I64", shape: [2], bytes: () => new Uint8Array(16) }]);
    openCheckpoint(folder).close();
  });
});

test("checkpointBytes adds the shards up", () => {
  const folder = smallCheckpoint({ shards: 3 });
  const sizes = readdirSync(folder).filter((name) => name.endsWith(".safetensors")).map((name) => readFileSync(join(folder, name)).length);
  expect(sizes).toHaveLength(3);
  expect(checkpointBytes(folder)).toBe(sizes.reduce((sum, size) => sum + size, 0));
});
