import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { UserError } from "../../domain/errors.ts";
import type { ModelRole } from "../../domain/model-spec.ts";
import { readFolderFacts } from "./infer-role-card.ts";
import { ROLES } from "./model-card.ts";
import { readCard } from "./open-model-folder.ts";
import { asObject, asText, readJsonFile, readJsonList } from "./read-json-file.ts";

export const WEIGHTS_FILE = "model.safetensors";
export const WEIGHTS_INDEX = "model.safetensors.index.json";
/** "model-00001-of-00004.safetensors" */
export const SHARD = /^model-(\d{5})-of-(\d{5})\.safetensors$/;
const LFS_MARK = "version https://git-lfs.github.com/spec/";

/** Whether a folder's config.json says that the own engine runs its model. */
export function isQwen3(folder: string): boolean {
  return readFolderFacts(folder).modelType === "qwen3";
}

/** Whether any of the weights are there. An interrupted download has left none, or some. */
export function holdsSafetensors(folder: string): boolean {
  // A link whose target is gone is listed, and does not exist.
  return readdirSync(folder).some((name) => (name === WEIGHTS_FILE || name === WEIGHTS_INDEX || SHARD.test(name)) && existsSync(join(folder, name)));
}

/**
 * What a Qwen3 checkpoint is good for: its card says so, or the files of sentence-transformers, or its name; both where none
 * of them does, for the same architecture serves both.
 * @param name the repository, where the folder's own name is a commit.
 */
export function qwen3Roles(folder: string, name = basename(folder)): readonly ModelRole[] {
  const card = readCard(folder);
  const carded = ROLES.filter((role) => card?.[role] !== undefined);
  if (carded.length > 0) return carded;
  const modules = readJsonList(join(folder, "modules.json")).map(({ type }) => asText(type) ?? "");
  if (modules.some((type) => type.endsWith("LogitScore"))) return ["reranker"];
  if (modules.some((type) => type.endsWith("Pooling")) || existsSync(join(folder, "1_Pooling", "config.json"))) return ["embedder"];
  for (const text of [name, readFolderFacts(folder).madeFrom ?? ""]) {
    if (/rerank/i.test(text)) return ["reranker"];
    if (/embed/i.test(text)) return ["embedder"];
  }
  return ROLES;
}

/** The files of a checkpoint that scores depend on. */
export interface CheckpointFiles {
  /** Absolute, sorted. */
  readonly weightPaths: readonly string[];
  readonly weightsBytes: number;
  /** tokenizer.json, and tokenizer_config.json where there is one. */
  readonly tokenizerPaths: readonly string[];
}

/** Throws UserError for a checkpoint that lacks a file, naming it. @param remedy how to get the file. */
export function requireCheckpointFiles(folder: string, remedy: string): CheckpointFiles {
  const tokenizerPath = join(folder, "tokenizer.json");
  if (!existsSync(tokenizerPath)) throw new UserError(`${folder} has no tokenizer.json`, { hint: remedy });
  const weightPaths = weightNames(folder, remedy).map((name) => join(folder, name));
  for (const path of [tokenizerPath, ...weightPaths]) refuseLfsPointer(path);
  return {
    weightPaths,
    weightsBytes: weightPaths.reduce((sum, path) => sum + statSync(path).size, 0),
    tokenizerPaths: [tokenizerPath, join(folder, "tokenizer_config.json")].filter((path) => existsSync(path)),
  };
}

function weightNames(folder: string, remedy: string): string[] {
  if (existsSync(join(folder, WEIGHTS_FILE))) return [WEIGHTS_FILE];
  const indexPath = join(folder, WEIGHTS_INDEX);
  if (!existsSync(indexPath)) {
    const shards = readdirSync(folder).filter((name) => SHARD.test(name));
    const missing = shards.length > 0 ? WEIGHTS_INDEX : WEIGHTS_FILE;
    throw new UserError(`${folder} has no ${missing}: a Qwen3 model runs from its safetensors, and an ONNX export is of no use`, { hint: remedy });
  }
  const map = asObject(readJsonFile(indexPath)["weight_map"]);
  const names = [...new Set(Object.values(map).map(String))].sort();
  if (names.length === 0) throw new UserError(`${indexPath} names no weights`, { hint: remedy });
  const odd = names.find((name) => basename(name) !== name);
  if (odd !== undefined) throw new UserError(`${indexPath} names weights outside of its folder (${odd})`, { hint: remedy });
  const missing = names.filter((name) => !existsSync(join(folder, name)));
  if (missing.length > 0) {
    throw new UserError(`${folder} lacks ${missing.slice(0, 3).join(", ")}${missing.length > 3 ? ", ..." : ""}: ${missing.length} of its ${names.length} shards`, { hint: remedy });
  }
  return names;
}

/** `git clone` without git-lfs leaves a few lines of text in a large file's place. */
function refuseLfsPointer(path: string): void {
  const start = Buffer.alloc(LFS_MARK.length);
  const descriptor = openSync(path, "r");
  try {
    readSync(descriptor, start, 0, start.length, 0);
  } finally {
    closeSync(descriptor);
  }
  if (start.toString("latin1") !== LFS_MARK) return;
  throw new UserError(`${path} is a pointer of Git LFS, not the file itself`, { hint: "fetch the files: git lfs install && git lfs pull" });
}
