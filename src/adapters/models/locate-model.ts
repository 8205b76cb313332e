import { join } from "node:path";
import { UserError } from "../../domain/errors.ts";
import type { ModelRole, LocalSpec } from "../../domain/model-spec.ts";
import { findGraph, graphPathsIn } from "./choose-graph.ts";
import { snapshotsOf, type Snapshot } from "./hub-snapshots.ts";
import { readFolderFacts } from "./infer-role-card.ts";
import type { KnownModel, ModelCard, ModelRegistry } from "./model-card.ts";
import type { LocateOptions, LocatorContext } from "./model-locator.ts";
import { parseHalf, type NamedModel } from "./model-name.ts";
import { openModelFolder, readCard, type ModelFolder } from "./open-model-folder.ts";
import { openQwen3 } from "./open-qwen3.ts";
import { holdsSafetensors, isQwen3 } from "./qwen3-checkpoint.ts";
import { modelId } from "./resolve-pair.ts";

/** See `ModelLocator.locate`. */
export async function locateModel(name: string, role: ModelRole, options: LocateOptions, context: LocatorContext): Promise<LocalSpec> {
  const found = findModel(parseHalf(name, role, context), role, context);
  return isQwen3(found.folder) ? openQwen3(found, role, options, context) : openModelFolder(found, role, options);
}

/** The folder of a model, before anybody has looked whether it is whole. Throws UserError when it is not on this machine, or of another role. */
export function findModel(named: NamedModel, role: ModelRole, context: LocatorContext): ModelFolder {
  const { registry, modelsFolder } = context;
  const shared = { id: modelId(named), graphFiles: registry.graphFiles, precision: named.precision };
  if (named.kind === "folder") return { ...shared, folder: named.folder, source: "folder", ...ancestorOf(named.folder, registry) };
  if (named.kind === "hub") {
    const snapshot = requireSnapshot([named.repo], { ...shared, role, model: undefined }, context);
    return { ...shared, ...fromHub(snapshot), ...ancestorOf(snapshot.folder, registry) };
  }
  const { model, repo } = named;
  if (model.bundled !== undefined) return { ...shared, folder: join(modelsFolder, model.bundled), source: "bundled", card: model };
  if (model[role] === undefined) {
    throw new UserError(`${shared.id} is no ${role}`, {
      hint: `it is used with --${role === "embedder" ? "reranker" : "embedder"}; \`rerank models list\` shows the ${role}s`,
    });
  }
  const repos = repo === undefined ? reposOf(model) : [repo];
  return { ...shared, ...fromHub(requireSnapshot(repos, { ...shared, role, model }, context)), card: model };
}

/** Names the pair where the other half of it is not here either: a search needs both. */
function pullHint(id: string, role: ModelRole, precision: string | undefined, model: KnownModel | undefined, { registry, hubCacheFolder }: Pick<LocatorContext, "registry" | "hubCacheFolder">): string {
  const alone = `bring it: rerank models pull ${id}`;
  if (model?.family !== "qwen3") return alone;
  const otherRole = role === "embedder" ? "reranker" : "embedder";
  const [preset, pair] = [...registry.presets].find(([, each]) => each[role] === model.name) ?? [];
  const other = registry.models.find(({ name }) => name === pair?.[otherRole]);
  const isMissing = other !== undefined && reposOf(other).every((repo) => snapshotsOf(hubCacheFolder, repo, other.revision).length === 0);
  return isMissing ? `${alone}, or the whole pair: rerank models pull ${preset}${precision === undefined ? "" : `:${precision}`}` : alone;
}

export function reposOf({ repo, alsoAs }: KnownModel): string[] {
  return repo === undefined ? [...alsoAs] : [repo, ...alsoAs];
}

function fromHub({ folder, repo, commit }: Snapshot): Pick<ModelFolder, "folder" | "source" | "repo" | "commit"> {
  return { folder, source: "hub-cache", repo, ...(commit !== undefined && { commit }) };
}

/** The known model that a folder's config.json says it was made from. */
function ancestorOf(folder: string, { models }: ModelRegistry): { readonly ancestor?: ModelCard } {
  const madeFrom = readFolderFacts(folder).madeFrom?.toLowerCase();
  const ancestor = models.find((model) => reposOf(model).some((repo) => repo.toLowerCase() === madeFrom));
  return ancestor === undefined ? {} : { ancestor };
}

interface SnapshotWish {
  readonly id: string;
  readonly role: ModelRole;
  readonly precision: string | undefined;
  readonly model: KnownModel | undefined;
}

/**
 * The first snapshot with a graph that fits, or with Qwen3's weights: one without belongs to another program, which needs other
 * files of the model. The commit that published scores stand for goes before all others.
 */
function requireSnapshot(repos: readonly string[], { id, role, precision, model }: SnapshotWish, { registry, hubCacheFolder }: LocatorContext): Snapshot {
  const snapshots = repos.flatMap((repo) => snapshotsOf(hubCacheFolder, repo, model?.revision ?? "main"));
  const { publishedCommit } = model ?? {};
  const isPublished = ({ commit }: Snapshot): boolean => publishedCommit !== undefined && commit?.startsWith(publishedCommit) === true;
  const fits = ({ folder }: Snapshot): boolean => {
    if (isQwen3(folder)) return holdsSafetensors(folder);
    const named = readCard(folder)?.[role]?.graphs ?? model?.[role]?.graphs;
    return findGraph(graphPathsIn(folder, named), { role, named, usual: registry.graphFiles, precision }) !== undefined;
  };
  const fitting = snapshots.filter(fits);
  const found = fitting.find(isPublished) ?? fitting[0];
  if (found !== undefined) return found;
  const [first] = snapshots;
  const graph = precision === undefined ? "an ONNX graph" : `an ONNX graph in ${precision}`;
  const lacking = model?.family === "qwen3" || (first !== undefined && isQwen3(first.folder)) ? "its safetensors" : graph;
  const what = first === undefined ? `not on this machine: ${repos.join(" and ")} looked for in ${hubCacheFolder}` : `in the cache without ${lacking}: ${first.folder}`;
  throw new UserError(`${id} is ${what}`, { hint: pullHint(id, role, precision, model, { registry, hubCacheFolder }) });
}
