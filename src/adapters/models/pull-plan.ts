import { readdirSync } from "node:fs";
import { UserError } from "../../domain/errors.ts";
import type { ModelRole } from "../../domain/model-spec.ts";
import { findGraph, graphPathsIn, precisionOfName, type GraphWish } from "./choose-graph.ts";
import { modelsOf } from "./find-checkpoints.ts";
import { readFolderFacts } from "./infer-role-card.ts";
import { ROLES, type KnownModel } from "./model-card.ts";
import type { LocatorContext } from "./model-locator.ts";
import type { NamedModel } from "./model-name.ts";
import { readCard } from "./open-model-folder.ts";
import { precisionOf } from "./open-qwen3.ts";
import { isQwen3, SHARD, WEIGHTS_FILE, WEIGHTS_INDEX } from "./qwen3-checkpoint.ts";
import { modelId, rolesOf } from "./resolve-pair.ts";

/** One repository to bring, as `downloadModelFiles` takes it. */
export interface PullItem {
  /** What the model is called. */
  readonly name: string;
  readonly roles: readonly ModelRole[];
  readonly repo: string;
  readonly revision: string;
  readonly licence: string | undefined;
  /** Picks the files that are needed. Throws UserError when there is nothing among them that runs. */
  readonly wanted: (paths: readonly string[]) => readonly string[];
  /** For repositories that nobody knows: what to bring and look at before gigabytes come that could not be run. */
  readonly preview?: {
    readonly wanted: (paths: readonly string[]) => readonly string[];
    /** Throws UserError for a family that is not ours. */
    readonly check: (folder: string) => void;
  };
}

/** What the tokenizer and the role, pooling and limits of a model are read from. */
const SMALL_FILES = [
  "rerank.json",
  "config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "generation_config.json",
  "special_tokens_map.json",
  "modules.json",
  "sentence_bert_config.json",
  "config_sentence_transformers.json",
  "1_Pooling/config.json",
  "README.md",
];

/** See `ModelLocator.pullPlan`. */
export function planPull(name: string, wanted: ModelRole | undefined, context: LocatorContext): PullItem[] {
  // Of a pair, each half has its role; a model that is named alone may not have the wanted one.
  const models = modelsOf(name, context).filter(({ roles }) => wanted === undefined || roles.includes(wanted));
  const items = models.flatMap(({ named }) => {
    if (wanted !== undefined) requireRole(named, wanted);
    return itemOf(named, context);
  });
  return items.filter((item, position) => items.findIndex(({ repo }) => repo === item.repo) === position);
}

function requireRole(named: NamedModel, wanted: ModelRole): void {
  const roles = rolesOf(named);
  if (roles.includes(wanted)) return;
  throw new UserError(`${modelId(named)} is ${roles[0] === "embedder" ? "an embedder" : "a reranker"} alone`, { hint: "leave --role out" });
}

function itemOf(named: NamedModel, context: LocatorContext): PullItem[] {
  if (named.kind === "folder") {
    if (isQwen3(named.folder)) return [];
    throw folderRefusal(named.folder);
  }
  if (named.kind === "hub") return [pullItem(named, named.repo, undefined, context)];
  const repo = named.repo ?? named.model.repo;
  return repo === undefined ? [] : [pullItem(named, repo, named.model, context)];
}

function folderRefusal(folder: string): UserError {
  const card = readCard(folder);
  const hasGraph = ROLES.some((role) => graphPathsIn(folder, card?.[role]?.graphs).size > 0);
  if (hasGraph) return new UserError(`${folder} is a folder on this machine: there is nothing to bring`, { hint: "use it as it is: --models <folder>" });
  const { modelType } = readFolderFacts(folder);
  const isGguf = readdirSync(folder).some((name) => /\.gguf$/i.test(name));
  const parts = [modelType === undefined ? undefined : `its model is of ${modelType}`, isGguf ? "GGUF is not read" : undefined].filter((part) => part !== undefined);
  const why = parts.length > 0 ? parts.join(", and ") : "it has no config.json and no ONNX graph";
  return new UserError(`${folder} holds no model that runs here: ${why}`, {
    hint: "name a folder with Qwen3's safetensors, or with tokenizer.json and an ONNX graph; `rerank models list` shows models by name",
  });
}

function pullItem(named: NamedModel, repo: string, model: KnownModel | undefined, { registry }: LocatorContext): PullItem {
  const known = ROLES.filter((role) => model?.[role] !== undefined);
  const { precision } = named;
  const item = { name: modelId(named), roles: known.length > 0 ? known : ROLES, repo, revision: model?.revision ?? "main", licence: model?.licence };
  if (model?.family === "qwen3") {
    precisionOf({ id: item.name, precision });
    return { ...item, wanted: (paths) => checkpointFiles(paths, repo) };
  }
  return {
    ...item,
    ...(model === undefined && { preview: { wanted: previewFiles, check: (folder: string) => requireQwen3(folder, repo) } }),
    wanted: (paths) => {
      if (model === undefined && isCheckpoint(paths)) return checkpointFiles(paths, repo);
      const wishes = (known.length > 0 ? known : ROLES).map((role) => ({ role, named: model?.[role]?.graphs, usual: registry.graphFiles, precision }));
      return wantedFiles(paths, repo, wishes, model?.name);
    },
  };
}

/**
 * The smallest set of a repository's files that runs the model: one graph for each wish, its weights, its tokenizer.
 * @param sameModel the known model that the repository is one of.
 */
function wantedFiles(paths: readonly string[], repo: string, wishes: readonly GraphWish[], sameModel: string | undefined): string[] {
  const present = new Set(paths);
  const graphs = new Set(wishes.map((wish) => {
    const chosen = findGraph(present, wish);
    if (chosen === undefined) throw noGraph(repo, paths, wish.precision, sameModel);
    return chosen.path;
  }));
  if (!present.has("tokenizer.json")) {
    throw new UserError(`${repo} has no tokenizer.json`, { hint: "choose a conversion of the model that has one: look for it under onnx-community or Xenova" });
  }
  const weights = paths.filter((path) => [...graphs].some((graph) => holdsWeightsOf(path, graph)));
  return [...SMALL_FILES.filter((path) => present.has(path)), ...graphs, ...weights];
}

/** Without any graph, weights in safetensors may be a fine-tuned Qwen3's. */
function isCheckpoint(paths: readonly string[]): boolean {
  return !paths.some((path) => path.endsWith(".onnx")) && paths.some((path) => path === WEIGHTS_FILE || path === WEIGHTS_INDEX);
}

function previewFiles(paths: readonly string[]): string[] {
  return isCheckpoint(paths) ? paths.filter((path) => path === "config.json") : [];
}

function requireQwen3(folder: string, repo: string): void {
  if (isQwen3(folder)) return;
  const family = readFolderFacts(folder).modelType ?? "an unknown family";
  throw new UserError(`${repo} has no ONNX graph, and is of ${family}: of safetensors, Qwen3's run here`, {
    hint: "choose a conversion of the model: look for it under onnx-community or Xenova",
  });
}

/** A Qwen3 checkpoint: its weights, whole or in shards, its tokenizer and its configuration. */
function checkpointFiles(paths: readonly string[], repo: string): string[] {
  const present = new Set(paths);
  const small = SMALL_FILES.filter((path) => present.has(path));
  const missing = ["config.json", "tokenizer.json"].find((path) => !present.has(path));
  if (missing !== undefined) throw new UserError(`${repo} has no ${missing}`, { hint: "choose another repository of the model" });
  if (present.has(WEIGHTS_FILE)) return [...small, WEIGHTS_FILE];
  const shards = paths.filter((path) => SHARD.test(path)).sort();
  const [, , shardCount] = SHARD.exec(shards[0] ?? "") ?? [];
  if (present.has(WEIGHTS_INDEX) && shards.length > 0 && shards.length === Number(shardCount)) return [...small, WEIGHTS_INDEX, ...shards];
  const what = shards.length > 0 ? `${shards.length} of ${Number(shardCount)} shards of its safetensors` : "no safetensors";
  throw new UserError(`${repo} has ${what}`, { hint: "choose another repository of the model: `rerank models list` shows the official ones" });
}

/** "model.onnx_data", "model.onnx.data", "model.onnx_data_1", and the loose tensors that some exporters leave beside the graph. */
function holdsWeightsOf(path: string, graph: string): boolean {
  const folder = graph.slice(0, graph.lastIndexOf("/") + 1);
  if (!path.startsWith(folder) || path.slice(folder.length).includes("/")) return false;
  const rest = path.startsWith(graph) ? path.slice(graph.length) : undefined;
  return (rest !== undefined && /^[._]data/.test(rest)) || path.endsWith("_attr__value") || path === `${folder}weights.bin`;
}

function noGraph(repo: string, paths: readonly string[], precision: string | undefined, sameModel: string | undefined): UserError {
  const graphs = paths.filter((path) => path.endsWith(".onnx"));
  if (graphs.length === 0) {
    const conversion = sameModel === undefined ? "choose a conversion of the model: look for it under onnx-community or Xenova" : `a conversion of it is known: rerank models pull ${sameModel}`;
    return new UserError(`${repo} has no ONNX graph`, { hint: conversion });
  }
  const listed = graphs.slice(0, 6).join(", ");
  if (precision === undefined) {
    return new UserError(`${repo} has no graph in a place that is known: its graphs are ${listed}`, {
      hint: "download the one that you want into a folder, and name it in a card there: docs/models.md",
    });
  }
  const others = [...new Set(graphs.map(precisionOfName))].join(", ");
  return new UserError(`${repo} has no graph in ${precision}: its graphs are ${listed}`, { hint: `choose among ${others}, or leave the precision out` });
}
