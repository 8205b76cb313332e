import { join } from "node:path";
import { UserError } from "../../domain/errors.ts";
import type { ModelRole, ModelSpec } from "../../domain/model-spec.ts";
import { findGraph, graphPathsIn } from "./choose-graph.ts";
import { snapshotsOf, type Snapshot } from "./hub-snapshots.ts";
import { readFolderFacts } from "./infer-role-card.ts";
import type { KnownModel, ModelCard, ModelRegistry } from "./model-card.ts";
import type { LocatorContext } from "./model-locator.ts";
import { parseHalf } from "./model-name.ts";
import { openModelFolder, readCard } from "./open-model-folder.ts";
import { modelId } from "./resolve-pair.ts";

/** See `ModelLocator.locate`. */
export function locateModel(name: string, role: ModelRole, context: LocatorContext): ModelSpec {
  const named = parseHalf(name, role, context);
  const { registry, modelsFolder } = context;
  const shared = { id: modelId(named), graphFiles: registry.graphFiles, precision: named.precision };
  if (named.kind === "folder") {
    return openModelFolder({ ...shared, folder: named.folder, source: "folder", ...ancestorOf(named.folder, registry) }, role);
  }
  if (named.kind === "hub") {
    const { folder, commit } = requireSnapshot([named.repo], "main", { ...shared, role, card: undefined }, context);
    return openModelFolder({ ...shared, folder, source: "hub-cache", ...(commit !== undefined && { commit }), ...ancestorOf(folder, registry) }, role);
  }
  const { model, repo } = named;
  if (model.bundled !== undefined) {
    return openModelFolder({ ...shared, folder: join(modelsFolder, model.bundled), source: "bundled", card: model }, role);
  }
  if (model[role] === undefined) {
    throw new UserError(`${shared.id} is no ${role}`, {
      hint: `it is used with --${role === "embedder" ? "reranker" : "embedder"}; \`rerank models list\` shows the ${role}s`,
    });
  }
  const repos = repo === undefined ? reposOf(model) : [repo];
  const { folder, commit } = requireSnapshot(repos, model.revision, { ...shared, role, card: model }, context);
  return openModelFolder({ ...shared, folder, source: "hub-cache", ...(commit !== undefined && { commit }), card: model }, role);
}

export function reposOf({ repo, alsoAs }: KnownModel): string[] {
  return repo === undefined ? [...alsoAs] : [repo, ...alsoAs];
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
  readonly card: ModelCard | undefined;
}

/** The first snapshot with a graph that fits: one without belongs to another program, which needs other files of the model. */
function requireSnapshot(repos: readonly string[], revision: string, { id, role, precision, card }: SnapshotWish, { registry, hubCacheFolder }: LocatorContext): Snapshot {
  const snapshots = repos.flatMap((repo) => snapshotsOf(hubCacheFolder, repo, revision));
  const fits = ({ folder }: Snapshot): boolean => {
    const named = readCard(folder)?.[role]?.graphs ?? card?.[role]?.graphs;
    return findGraph(graphPathsIn(folder, named), { role, named, usual: registry.graphFiles, precision }) !== undefined;
  };
  const found = snapshots.find(fits);
  if (found !== undefined) return found;
  const [first] = snapshots;
  const graph = precision === undefined ? "an ONNX graph" : `an ONNX graph in ${precision}`;
  const what = first === undefined ? `not on this machine: ${repos.join(" and ")} looked for in ${hubCacheFolder}` : `in the cache without ${graph}: ${first.folder}`;
  throw new UserError(`${id} is ${what}`, { hint: `bring it: rerank models pull ${id}` });
}
