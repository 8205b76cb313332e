import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readQwen3Shape } from "../../../src/engine/qwen3/qwen3-config.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { userErrorOf } from "../../support/user-error-of.ts";

/** config.json of Qwen3-Embedding-0.6B, as published. */
const OFFICIAL = {
  architectures: ["Qwen3ForCausalLM"],
  attention_bias: false,
  attention_dropout: 0.0,
  bos_token_id: 151643,
  eos_token_id: 151643,
  head_dim: 128,
  hidden_act: "silu",
  hidden_size: 1024,
  initializer_range: 0.02,
  intermediate_size: 3072,
  max_position_embeddings: 32768,
  max_window_layers: 28,
  model_type: "qwen3",
  num_attention_heads: 16,
  num_hidden_layers: 28,
  num_key_value_heads: 8,
  rms_norm_eps: 1e-6,
  rope_scaling: null,
  rope_theta: 1000000,
  sliding_window: null,
  tie_word_embeddings: true,
  torch_dtype: "bfloat16",
  use_cache: true,
  use_sliding_window: false,
  vocab_size: 151669,
};

function folderWith(config: unknown): string {
  const folder = tempFolder();
  writeFileSync(join(folder, "config.json"), typeof config === "string" ? config : JSON.stringify(config));
  return folder;
}

function shapeOf(changes: Record<string, unknown>): ReturnType<typeof readQwen3Shape> {
  return readQwen3Shape(folderWith({ ...OFFICIAL, ...changes }));
}

describe("readQwen3Shape", () => {
  test("reads the official layout", () => {
    expect(shapeOf({})).toEqual({
      layers: 28,
      hidden: 1024,
      intermediate: 3072,
      heads: 16,
      keyValueHeads: 8,
      headSize: 128,
      vocabulary: 151_669,
      ropeTheta: 1e6,
      normEpsilon: 1e-6,
      tiedHead: true,
      contextTokens: 32_768,
    });
  });

  test("reads the newer layout, with rope_parameters and layer_types", () => {
    const changes = {
      rope_theta: undefined,
      rope_scaling: undefined,
      rope_parameters: { rope_theta: 5e5, rope_type: "default" },
      layer_types: Array.from({ length: 28 }, () => "full_attention"),
    };
    expect(shapeOf(changes).ropeTheta).toBe(5e5);
    expect(shapeOf({ rope_scaling: { type: "default" } }).ropeTheta).toBe(1e6);
  });

  test("fills in what Transformers fills in", () => {
    expect(shapeOf({ head_dim: undefined }).headSize).toBe(128);
    expect(shapeOf({ head_dim: null }).headSize).toBe(64);
    expect(shapeOf({ tie_word_embeddings: undefined }).tiedHead).toBe(false);
    expect(shapeOf({ architectures: undefined, hidden_act: undefined, attention_bias: null, rms_norm_eps: undefined }).normEpsilon).toBe(1e-6);
    expect(shapeOf({ architectures: ["Qwen3Model"] }).layers).toBe(28);
  });

  test("takes a sliding window that no layer uses", () => {
    expect(shapeOf({ use_sliding_window: true, sliding_window: 4096 }).layers).toBe(28);
    expect(shapeOf({ use_sliding_window: true, sliding_window: null, max_window_layers: 0 }).layers).toBe(28);
  });

  test.each<[Record<string, unknown>, string]>([
    [{ model_type: "qwen2" }, 'model_type must be "qwen3", but is "qwen2"'],
    [{ architectures: ["Qwen3ForSequenceClassification"] }, "architectures must be Qwen3ForCausalLM or Qwen3Model"],
    [{ quantization_config: { quant_method: "gptq" } }, "quantization_config must be none"],
    [{ hidden_act: "gelu" }, 'hidden_act must be "silu", but is "gelu"'],
    [{ attention_bias: true }, "attention_bias must be false"],
    [{ attention_bias: "no" }, "attention_bias must be true or false"],
    [{ use_sliding_window: true, sliding_window: 4096, max_window_layers: 20 }, "use_sliding_window must be false"],
    [{ layer_types: ["full_attention", "sliding_attention"] }, "layer_types must be"],
    [{ rope_scaling: { rope_type: "yarn", factor: 4 } }, 'rope_scaling.rope_type must be "default", but is "yarn"'],
    [{ rope_parameters: { rope_theta: 1e6, rope_type: "dynamic" } }, 'rope_parameters.rope_type must be "default", but is "dynamic"'],
    [{ rope_parameters: { rope_theta: 1e6, partial_rotary_factor: 0.5 } }, "partial_rotary_factor must be 1"],
    [{ rope_theta: undefined }, "rope_theta must be a positive number, but is nothing"],
    [{ hidden_size: 1024.5 }, "hidden_size must be a positive integer"],
    [{ num_hidden_layers: 1e9 }, "num_hidden_layers must be at most 1000"],
    [{ num_hidden_layers: 0 }, "num_hidden_layers must be a positive integer, but is 0"],
    [{ num_key_value_heads: 3 }, "num_key_value_heads must be a divisor of num_attention_heads (16), but is 3"],
    [{ head_dim: 63 }, "head_dim must be an even number"],
    [{ rms_norm_eps: "1e-6" }, "rms_norm_eps must be a positive number"],
    [{ vocab_size: null }, "vocab_size must be a positive integer"],
  ])("refuses %j", (changes, message) => {
    const error = userErrorOf(() => shapeOf(changes));
    expect(error.message).toContain(message);
    expect(error.message).toContain("config.json");
    expect(error.hint).toContain("Qwen3-Embedding");
  });

  test("refuses what is not an object, or not JSON", () => {
    expect(userErrorOf(() => readQwen3Shape(folderWith("[]"))).message).toContain("must be an object");
    expect(userErrorOf(() => readQwen3Shape(folderWith("<html>"))).message).toContain("is not JSON");
    expect(userErrorOf(() => readQwen3Shape(tempFolder())).message).toContain("no config.json");
  });
});
