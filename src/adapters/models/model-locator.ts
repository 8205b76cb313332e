import { readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../domain/errors.ts";
import type { ModelRole, LocalSpec, Qwen3Precision, Qwen3Spec } from "../../domain/model-spec.ts";
import type { CompileRequest } from "../../ports/model-compiler.ts";
import { findCheckpoints, usualPair, type NamedCheckpoint } from "./find-checkpoints.ts";
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
  /** Compiled Qwen3 models lie below it. */
  readonly compiledFolder: string;
  /** In which precision Qwen3 models run whose name says nothing; asked only when there is one. Default "int8". */
  readonly usualPrecision?: (() => Promise<Qwen3Precision>) | undefined;
  /**
   * Compiles a checkpoint into the folder that the request names; resolves when it is complete. Without it, `locate` throws
   * UserError for a checkpoint that is not compiled yet.
   */
  readonly compile?: CompileOnce | undefined;
  /** One line each about what may go wrong with a compilation. */
  readonly onNotice?: ((line: string) => void) | undefined;
}

/**
 * @param id what the model is called in messages.
 * @param checkNeeds is called right before the work begins, and not where another process has done it: rejects with UserError where
 *   disk or memory are certain not to suffice.
 */
export type CompileOnce = (request: CompileRequest, checkNeeds: () => Promise<void>, id: string) => Promise<void>;

/** How a model is to be run. Encoders have no separator, and vectors of one length. */
export interface LocateOptions {
  /** Length of the vectors: Qwen3's embedders can be cut, from 32 numbers up. Throws UserError for what a model cannot give. */
  readonly dimensions?: number | undefined;
  /** At most; models that can read less keep their own limit. Qwen3's default: 8192 for embedders, 2048 for rerankers. */
  readonly maxTokens?: number | undefined;
  /** Default "\n", as on Qwen3's model card. */
  readonly promptSeparator?: Qwen3Spec["promptSeparator"] | undefined;
}

/** Finds models on this machine by what users call them: presets, known names, hub ids, folders. Never uses the network. */
export interface ModelLocator {
  /**
   * The names of the two models behind what the user wrote; `locate` takes them from any working directory. Throws UserError
   * for a name that stands for nothing, and for a model that leaves the other half open.
   */
  resolvePair(name: string, overrides?: Partial<ModelPair>): ModelPair;

  /** The pair for those who have not chosen: Qwen3-0.6B where both of its models are compiled already, else the bundled one. */
  usualPair(): Promise<string>;

  /**
   * The model on this machine; a Qwen3 checkpoint is compiled first where it has to be. Throws UserError that says what was
   * looked for, where, and how to get it.
   */
  locate(name: string, role: ModelRole, options?: LocateOptions): Promise<LocalSpec>;

  /**
   * What a download of this name (a preset, a model, "a+b", a hub id) has to bring: one item for each repository, none for
   * the bundled pair and for folders of Qwen3 checkpoints. Throws UserError for other folders, for unknown names, and for a model
   * that does not play the role that is asked for.
   */
  pullPlan(name: string, role?: ModelRole): readonly PullItem[];

  /**
   * The Qwen3 checkpoints on this machine behind a name, by the roles that they can play, or in one of them: what can be compiled.
   * Throws UserError for a model that is not on this machine.
   */
  checkpoints(name: string, role?: ModelRole): readonly NamedCheckpoint[];

  /** Every known model in every role, in the registry's order. */
  list(): Promise<ModelListing[]>;
}

/** What every look-up needs. */
export interface LocatorContext {
  readonly registry: ModelRegistry;
  readonly modelsFolder: string;
  readonly hubCacheFolder: string;
  readonly cwd: string;
  readonly compiledFolder: string;
  readonly usualPrecision: () => Promise<Qwen3Precision>;
  readonly compile: CompileOnce | undefined;
  readonly onNotice: (line: string) => void;
}

export function createModelLocator({ packageRoot, usualPrecision = async () => "int8", compile, onNotice = () => {}, ...folders }: ModelLocatorOptions): ModelLocator {
  const modelsFolder = join(packageRoot, "models");
  let known: LocatorContext | undefined;
  const context = (): LocatorContext => (known ??= { registry: readRegistry(join(modelsFolder, "registry.json")), modelsFolder, usualPrecision, compile, onNotice, ...folders });
  return {
    resolvePair: (name, overrides = {}) => resolvePair(name, overrides, context()),
    usualPair: async () => usualPair(context()),
    locate: async (name, role, options = {}) => locateModel(name, role, options, context()),
    pullPlan: (name, role) => planPull(name, role, context()),
    checkpoints: (name, role) => findCheckpoints(name, role, context()),
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
