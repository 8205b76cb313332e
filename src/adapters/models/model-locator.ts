import { readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../domain/errors.ts";
import type { ModelRole, ModelSpec } from "../../domain/model-spec.ts";
import { listModels, type ModelListing } from "./list-models.ts";
import { locateModel } from "./locate-model.ts";
import type { ModelPair, ModelRegistry } from "./model-card.ts";
import { parseModelRegistry } from "./parse-model-card.ts";
import { planPull, type PullItem } from "./pull-plan.ts";
import { resolvePair } from "./resolve-pair.ts";

export interface ModelLocatorOptions {
  /** The folder of package.json: `models/` lies in it. */
  readonly packageRoot: string;
  /** The folder that holds `models--owner--name`. */
  readonly hubCacheFolder: string;
  /** Relative folders are named from here. */
  readonly cwd: string;
}

/** Finds models on this machine by what users call them: presets, known names, hub ids, folders. Never uses the network. */
export interface ModelLocator {
  /**
   * The names of the two models behind what the user wrote, the bundled pair by default; `locate` takes them from any
   * working directory. Throws UserError for a name that stands for nothing, and for a model that leaves the other half open.
   */
  resolvePair(name: string | undefined, overrides?: Partial<ModelPair>): ModelPair;

  /** The model on this machine. Throws UserError that says what was looked for, where, and how to get it. */
  locate(name: string, role: ModelRole): Promise<ModelSpec>;

  /**
   * What a download of this name (a preset, a model, "a+b", a hub id) has to bring: one item for each repository, none for
   * the bundled pair. Throws UserError for folders and unknown names.
   */
  pullPlan(name: string): readonly PullItem[];

  /** Every known model in every role, in the registry's order. */
  list(): Promise<ModelListing[]>;
}

/** What every look-up needs. */
export interface LocatorContext {
  readonly registry: ModelRegistry;
  readonly modelsFolder: string;
  readonly hubCacheFolder: string;
  readonly cwd: string;
}

export function createModelLocator({ packageRoot, hubCacheFolder, cwd }: ModelLocatorOptions): ModelLocator {
  const modelsFolder = join(packageRoot, "models");
  let known: LocatorContext | undefined;
  const context = (): LocatorContext => (known ??= { registry: readRegistry(join(modelsFolder, "registry.json")), modelsFolder, hubCacheFolder, cwd });
  return {
    resolvePair: (name, overrides = {}) => resolvePair(name, overrides, context()),
    // Reading is synchronous, for it takes a few milliseconds; errors reject all the same.
    locate: async (name, role) => locateModel(name, role, context()),
    pullPlan: (name) => planPull(name, context()),
    list: async () => listModels(context()),
  };
}

function readRegistry(path: string): ModelRegistry {
  let json: string;
  try {
    json = readFileSync(path, "utf8");
  } catch (cause) {
    throw new UserError(`the package is incomplete: ${path} is missing`, { hint: "install it again: npm install -g rerank-cli", cause });
  }
  return parseModelRegistry(json, path);
}
