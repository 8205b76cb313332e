import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../domain/errors.ts";
import { readJsonFile } from "../json-file.ts";
import type { Checkpoint, CheckpointTensor, Qwen3Shape } from "./checkpoint.ts";
import { FLOAT_SIZES, type FloatFormat, readAsFloat32 } from "./float-formats.ts";
import { readQwen3Shape } from "./qwen3-config.ts";
import { openSafetensorsFile, type SafetensorsFile, type StoredTensor } from "./safetensors-file.ts";

const SINGLE_FILE = "model.safetensors";
const SHARD_INDEX = "model.safetensors.index.json";

interface TensorFiles {
  /** Base names. */
  readonly files: readonly string[];
  /** Which file holds which tensor, as a sharded checkpoint's index says it. */
  readonly weightMap?: Readonly<Record<string, string>>;
}

interface Located {
  readonly file: SafetensorsFile;
  readonly tensor: StoredTensor;
}

/**
 * Opens a folder of config.json and safetensors and checks that it holds the decoder that its configuration describes. Files
 * stay open until `close`. Throws UserError, naming file and tensor, for everything that is missing, damaged or another model.
 */
export function openCheckpoint(folder: string): Checkpoint {
  const shape = readQwen3Shape(folder);
  const { files, weightMap } = tensorFiles(folder);
  const opened: SafetensorsFile[] = [];
  const close = (): void => {
    for (const file of opened.splice(0)) file.close();
  };
  try {
    const located = new Map<string, Located>();
    for (const name of files) {
      const file = openSafetensorsFile(join(folder, name));
      opened.push(file);
      for (const tensor of file.tensors.values()) {
        if (weightMap !== undefined && weightMap[tensor.name] !== name) continue;
        add(located, { file, tensor });
      }
    }
    if (weightMap !== undefined) checkWeightMap(folder, weightMap, located);
    const tensors = new Map<string, CheckpointTensor>();
    for (const [name, expected] of decoderTensors(shape)) {
      tensors.set(name, openTensor(folder, name, expected, located.get(name)));
    }
    const head = located.get("lm_head.weight");
    if (shape.tiedHead) tensors.set("lm_head.weight", openTensor(folder, "embed_tokens.weight", rows(shape), located.get("embed_tokens.weight")));
    else if (head !== undefined) tensors.set("lm_head.weight", openTensor(folder, "lm_head.weight", rows(shape), head));
    return {
      shape,
      close,
      tensor(name) {
        const tensor = tensors.get(name);
        if (tensor === undefined) throw missingTensor(folder, name);
        return tensor;
      },
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** Bytes of a folder's safetensors files, without opening them. Throws UserError when one is missing. */
export function checkpointBytes(folder: string): number {
  let sum = 0;
  for (const name of tensorFiles(folder).files) {
    const stat = statSync(join(folder, name), { throwIfNoEntry: false });
    if (stat === undefined) throw missingFile(folder, name);
    sum += stat.size;
  }
  return sum;
}

/** As Transformers has it, a single file goes before an index. */
function tensorFiles(folder: string): TensorFiles {
  const names = readFolder(folder);
  if (names.includes(SINGLE_FILE)) return { files: [SINGLE_FILE] };
  const indexPath = join(folder, SHARD_INDEX);
  const index = readJsonFile<{ weight_map?: unknown } | null>(indexPath);
  if (index === undefined) throw missingFile(folder, SINGLE_FILE);
  const weightMap = index?.weight_map;
  if (typeof weightMap !== "object" || weightMap === null || !Object.values(weightMap).every(isBaseName)) {
    throw new UserError(`${indexPath} has no weight_map from tensors to files of the same folder`, {
      hint: "delete the file and download the model again",
    });
  }
  const files = [...new Set(Object.values(weightMap as Record<string, string>))].sort();
  const missing = files.find((name) => !names.includes(name));
  if (missing !== undefined) throw missingFile(folder, missing);
  return { files, weightMap: weightMap as Record<string, string> };
}

function readFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    throw new UserError(`the model folder ${folder} cannot be read: ${(cause as Error).message}`, {
      hint: "name a folder with config.json, tokenizer.json and model.safetensors",
      cause,
    });
  }
}

function isBaseName(name: unknown): boolean {
  return typeof name === "string" && /^[^/\\]+\.safetensors$/.test(name);
}

/** Some revisions write names with a leading "model.", some without; lm_head.weight never has one. */
function add(located: Map<string, Located>, found: Located): void {
  const name = found.tensor.name.replace(/^model\./, "");
  const twin = located.get(name);
  if (twin !== undefined) {
    throw new UserError(`${found.file.path}: tensor ${found.tensor.name} is there twice, also as ${twin.tensor.name} in ${twin.file.path}`, {
      hint: "delete the files and download the model again",
    });
  }
  located.set(name, found);
}

function checkWeightMap(folder: string, weightMap: Readonly<Record<string, string>>, located: ReadonlyMap<string, Located>): void {
  for (const [name, file] of Object.entries(weightMap)) {
    if (located.has(name.replace(/^model\./, ""))) continue;
    throw new UserError(`${join(folder, file)} does not hold tensor ${name}, but ${SHARD_INDEX} says so`, {
      hint: "delete the files and download the model again: they are of different revisions",
    });
  }
}

function rows({ vocabulary, hidden }: Qwen3Shape): number[] {
  return [vocabulary, hidden];
}

/** Names and shapes of all tensors between token ids and the last layer's output. */
function* decoderTensors(shape: Qwen3Shape): Generator<[name: string, shape: number[]]> {
  const { hidden, intermediate, headSize } = shape;
  const queries = shape.heads * headSize;
  const keys = shape.keyValueHeads * headSize;
  yield ["embed_tokens.weight", rows(shape)];
  for (let layer = 0; layer < shape.layers; layer++) {
    const prefix = `layers.${layer}`;
    yield [`${prefix}.input_layernorm.weight`, [hidden]];
    yield [`${prefix}.self_attn.q_proj.weight`, [queries, hidden]];
    yield [`${prefix}.self_attn.k_proj.weight`, [keys, hidden]];
    yield [`${prefix}.self_attn.v_proj.weight`, [keys, hidden]];
    yield [`${prefix}.self_attn.o_proj.weight`, [hidden, queries]];
    yield [`${prefix}.self_attn.q_norm.weight`, [headSize]];
    yield [`${prefix}.self_attn.k_norm.weight`, [headSize]];
    yield [`${prefix}.post_attention_layernorm.weight`, [hidden]];
    yield [`${prefix}.mlp.gate_proj.weight`, [intermediate, hidden]];
    yield [`${prefix}.mlp.up_proj.weight`, [intermediate, hidden]];
    yield [`${prefix}.mlp.down_proj.weight`, [hidden, intermediate]];
  }
  yield ["norm.weight", [hidden]];
}

function openTensor(folder: string, name: string, expected: readonly number[], found: Located | undefined): CheckpointTensor {
  if (found === undefined) throw missingTensor(folder, name);
  const { file, tensor } = found;
  const { dtype, shape, sizeBytes } = tensor;
  if (!isFloatFormat(dtype)) {
    throw new UserError(`${file.path}: tensor ${tensor.name} must be BF16, F16 or F32, but is ${dtype}`, {
      hint: "use the model's unquantized checkpoint",
    });
  }
  if (shape.length !== expected.length || shape.some((length, axis) => length !== expected[axis])) {
    const texts = [expected, shape].map((lengths) => `[${lengths.join(", ")}]`);
    throw new UserError(`${file.path}: tensor ${tensor.name} must be ${texts[0]} by config.json, but is ${texts[1]}`, {
      hint: "download config.json and the safetensors again, both of the same revision",
    });
  }
  const rowCount = shape[0] ?? 1;
  const rowBytes = sizeBytes / rowCount;
  const rowValues = rowBytes / FLOAT_SIZES[dtype];
  const offsetOf = (start: number, count: number): number => {
    if (start < 0 || count < 0 || start + count > rowCount) {
      throw new RangeError(`rows ${start} to ${start + count} of ${tensor.name}, which has ${rowCount}`);
    }
    return tensor.offset + start * rowBytes;
  };
  return {
    dtype,
    shape,
    sizeBytes,
    readFloat32(start = 0, count = rowCount - start) {
      const offset = offsetOf(start, count);
      return readAsFloat32(dtype, count * rowValues, (into) => file.read(offset, into));
    },
    readBytes(start = 0, count = rowCount - start) {
      const bytes = new Uint8Array(count * rowBytes);
      file.read(offsetOf(start, count), bytes);
      return bytes;
    },
  };
}

function isFloatFormat(dtype: string): dtype is FloatFormat {
  return Object.hasOwn(FLOAT_SIZES, dtype);
}

function missingTensor(folder: string, name: string): UserError {
  if (name === "lm_head.weight") {
    return new UserError(`${folder} has no tensor lm_head.weight, and config.json says that the head is not the embedding's (tie_word_embeddings)`, {
      hint: "use a reranker's checkpoint: an embedding model has no head",
    });
  }
  return new UserError(`${folder} has no tensor ${name}, which a model of the shape in config.json has`, {
    hint: "download config.json and the safetensors again, both of the same revision",
  });
}

function missingFile(folder: string, name: string): UserError {
  return new UserError(`the model folder ${folder} has no ${name}`, {
    hint: "download the model again; the engine reads safetensors (one file, or shards with their index), not .bin or .gguf files",
  });
}
