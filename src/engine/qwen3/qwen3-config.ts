import { join } from "node:path";
import { UserError } from "../../domain/errors.ts";
import { readJsonFile } from "../json-file.ts";
import type { Qwen3Shape } from "./checkpoint.ts";

type Config = Readonly<Record<string, unknown>>;

const ARCHITECTURES = ["Qwen3ForCausalLM", "Qwen3Model"];
/** What Transformers takes where config.json does not say. */
const DEFAULT_HEAD_SIZE = 128;
const DEFAULT_NORM_EPSILON = 1e-6;
/** Far beyond any real model; a damaged figure must not make the reader list millions of tensors. */
const MAX_LAYERS = 1000;

/** Reads a folder's config.json. Throws UserError for any model that the engine would compute otherwise than Transformers does. */
export function readQwen3Shape(folder: string): Qwen3Shape {
  const path = join(folder, "config.json");
  const config = readJsonFile<Config>(path);
  if (config === undefined) {
    throw new UserError(`the model folder ${folder} has no config.json`, {
      hint: "name a folder with config.json, tokenizer.json and model.safetensors, as Hugging Face repositories have them",
    });
  }
  if (!isObject(config)) throw unsupported(path, "the file", "an object", config);
  checkKind(path, config);

  const hidden = positiveInteger(path, config, "hidden_size");
  const layers = positiveInteger(path, config, "num_hidden_layers");
  if (layers > MAX_LAYERS) throw unsupported(path, "num_hidden_layers", `at most ${MAX_LAYERS}`, layers);
  checkAttention(path, config, layers);
  const heads = positiveInteger(path, config, "num_attention_heads");
  const keyValueHeads = positiveInteger(path, config, "num_key_value_heads");
  if (heads % keyValueHeads !== 0) {
    throw unsupported(path, "num_key_value_heads", `a divisor of num_attention_heads (${heads})`, keyValueHeads);
  }
  return {
    layers,
    hidden,
    intermediate: positiveInteger(path, config, "intermediate_size"),
    heads,
    keyValueHeads,
    headSize: headSizeOf(path, config, hidden / heads),
    vocabulary: positiveInteger(path, config, "vocab_size"),
    ropeTheta: ropeThetaOf(path, config),
    normEpsilon: config["rms_norm_eps"] === undefined ? DEFAULT_NORM_EPSILON : positive(path, config, "rms_norm_eps"),
    tiedHead: flag(path, config, "tie_word_embeddings"),
    contextTokens: positiveInteger(path, config, "max_position_embeddings"),
  };
}

function checkKind(path: string, config: Config): void {
  if (config["model_type"] !== "qwen3") throw unsupported(path, "model_type", '"qwen3"', config["model_type"]);
  const architectures = config["architectures"] ?? ARCHITECTURES;
  if (!Array.isArray(architectures) || !architectures.some((name) => ARCHITECTURES.includes(name as string))) {
    throw unsupported(path, "architectures", ARCHITECTURES.join(" or "), architectures);
  }
  const quantization = config["quantization_config"] ?? undefined;
  if (quantization !== undefined) {
    throw unsupported(path, "quantization_config", "none: the engine quantizes by itself", quantization);
  }
  const activation = config["hidden_act"] ?? "silu";
  if (activation !== "silu") throw unsupported(path, "hidden_act", '"silu"', activation);
}

function checkAttention(path: string, config: Config, layers: number): void {
  if (flag(path, config, "attention_bias")) throw unsupported(path, "attention_bias", "false", true);
  const layerTypes = config["layer_types"] ?? [];
  if (!Array.isArray(layerTypes) || layerTypes.some((type) => type !== "full_attention")) {
    throw unsupported(path, "layer_types", '"full_attention" everywhere', layerTypes);
  }
  // Without layer_types, the layers from max_window_layers on slide, where a window is given at all.
  const window = config["sliding_window"] ?? undefined;
  const firstSliding = config["max_window_layers"] ?? 0;
  if (flag(path, config, "use_sliding_window") && window !== undefined && layerTypes.length === 0) {
    if (typeof firstSliding !== "number" || firstSliding < layers) {
      throw unsupported(path, "use_sliding_window", "false", true);
    }
  }
}

function headSizeOf(path: string, config: Config, hiddenPerHead: number): number {
  let headSize: number;
  if (config["head_dim"] === undefined) headSize = DEFAULT_HEAD_SIZE;
  else if (config["head_dim"] === null) headSize = hiddenPerHead;
  else headSize = positiveInteger(path, config, "head_dim");
  if (!Number.isInteger(headSize / 2)) throw unsupported(path, "head_dim", "an even number", headSize);
  return headSize;
}

/** Older files have `rope_theta` and `rope_scaling` side by side, newer ones both in `rope_parameters`. */
function ropeThetaOf(path: string, config: Config): number {
  for (const key of ["rope_scaling", "rope_parameters"]) {
    const rope = config[key] ?? {};
    if (!isObject(rope)) throw unsupported(path, key, "an object or null", rope);
    const type = rope["rope_type"] ?? rope["type"] ?? "default";
    if (type !== "default" && type !== "none") throw unsupported(path, `${key}.rope_type`, '"default"', type);
    const rotated = rope["partial_rotary_factor"] ?? 1;
    if (rotated !== 1) throw unsupported(path, `${key}.partial_rotary_factor`, "1", rotated);
  }
  const parameters = config["rope_parameters"];
  const holder = isObject(parameters) && parameters["rope_theta"] !== undefined ? parameters : config;
  return positive(path, holder, "rope_theta");
}

function positiveInteger(path: string, config: Config, key: string): number {
  const value = config[key];
  if (!Number.isSafeInteger(value) || (value as number) <= 0) throw unsupported(path, key, "a positive integer", value);
  return value as number;
}

function positive(path: string, config: Config, key: string): number {
  const value = config[key];
  if (typeof value !== "number" || !(value > 0)) throw unsupported(path, key, "a positive number", value);
  return value;
}

/** Absent and null count as false, as in Transformers' Qwen3 configuration. */
function flag(path: string, config: Config, key: string): boolean {
  const value = config[key] ?? false;
  if (typeof value !== "boolean") throw unsupported(path, key, "true or false", value);
  return value;
}

function isObject(value: unknown): value is Config {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unsupported(path: string, key: string, expected: string, found: unknown): UserError {
  const shown = found === undefined ? "nothing" : shorten(JSON.stringify(found));
  return new UserError(`${path}: ${key} must be ${expected}, but is ${shown}`, {
    hint: "use an unquantized Qwen3-Embedding or Qwen3-Reranker checkpoint (or a fine-tuned one), or another model with --models",
  });
}

function shorten(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}
