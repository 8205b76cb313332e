import { UserError } from "../../domain/errors.ts";
import type { ModelRole } from "../../domain/model-spec.ts";
import { findGraph, precisionOfName, type GraphWish } from "./choose-graph.ts";
import { ROLES, type KnownModel } from "./model-card.ts";
import type { LocatorContext } from "./model-locator.ts";
import { parseHalf, parseModelName, type NamedModel } from "./model-name.ts";
import { modelId, resolvePair } from "./resolve-pair.ts";

/** One repository to bring, as `downloadModelFiles` takes it. */
export interface PullItem {
  /** What the model is called. */
  readonly name: string;
  readonly roles: readonly ModelRole[];
  readonly repo: string;
  readonly revision: string;
  readonly licence: string | undefined;
  /** Picks the files that are needed. Throws UserError when there is no graph among them. */
  readonly wanted: (paths: readonly string[]) => readonly string[];
}

/** What the tokenizer and the role, pooling and limits of a model are read from. */
const SMALL_FILES = [
  "rerank.json",
  "config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "modules.json",
  "sentence_bert_config.json",
  "config_sentence_transformers.json",
  "1_Pooling/config.json",
  "README.md",
];

/** See `ModelLocator.pullPlan`. */
export function planPull(name: string, context: LocatorContext): PullItem[] {
  const items = modelsOf(name, context).flatMap((named) => itemOf(named, context));
  return items.filter((item, position) => items.findIndex(({ repo }) => repo === item.repo) === position);
}

/** One model alone may be pulled; a preset and "a+b" name two. */
function modelsOf(name: string, context: LocatorContext): NamedModel[] {
  if (name.includes("+")) {
    const pair = resolvePair(name, {}, context);
    return ROLES.map((role) => parseHalf(pair[role], role, context));
  }
  const named = parseModelName(name, context);
  return named.kind === "preset" ? [named.pair.embedder, named.pair.reranker] : [named];
}

function itemOf(named: NamedModel, context: LocatorContext): PullItem[] {
  if (named.kind === "folder") {
    throw new UserError(`${named.folder} is a folder on this machine: there is nothing to bring`, { hint: "use it as it is: --models <folder>" });
  }
  if (named.kind === "hub") return [pullItem(named, named.repo, undefined, context)];
  const repo = named.repo ?? named.model.repo;
  return repo === undefined ? [] : [pullItem(named, repo, named.model, context)];
}

function pullItem(named: NamedModel, repo: string, model: KnownModel | undefined, { registry }: LocatorContext): PullItem {
  const known = ROLES.filter((role) => model?.[role] !== undefined);
  const { precision } = named;
  return {
    name: modelId(named),
    roles: known.length > 0 ? known : ROLES,
    repo,
    revision: model?.revision ?? "main",
    licence: model?.licence,
    wanted: (paths) => {
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
