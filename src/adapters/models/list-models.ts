import { join } from "node:path";
import { UserError } from "../../domain/errors.ts";
import type { ModelRole } from "../../domain/model-spec.ts";
import { snapshotsOf } from "./hub-snapshots.ts";
import { findModel, reposOf } from "./locate-model.ts";
import { ROLES, type KnownModel } from "./model-card.ts";
import type { LocatorContext } from "./model-locator.ts";
import { parseHalf } from "./model-name.ts";
import { openModelFolder, readCard, type ModelFolder } from "./open-model-folder.ts";
import { openCheckpoint, readyPrecisions } from "./open-qwen3.ts";
import { isQwen3 } from "./qwen3-checkpoint.ts";

export interface ModelListing {
  readonly name: string;
  readonly role: ModelRole;
  /** Presets that this model is a part of. */
  readonly presets: readonly string[];
  /** "damaged": some of it is here, and it cannot be used; `problem` says why. */
  readonly state: "bundled" | "here" | "damaged" | "absent";
  readonly problem?: string;
  /** Where it was found. */
  readonly folder?: string;
  /** Of the graph; Qwen3 models have `compiled` instead. */
  readonly precision?: string;
  /** The precisions in which a Qwen3 model can run at once. */
  readonly compiled?: readonly string[];
  /** On the disk where it is here, else about what a download brings. Roles that share files count them each. */
  readonly sizeBytes: number;
  /** The repository that it comes from; `undefined` for the bundled pair. */
  readonly repo: string | undefined;
  readonly licence: string;
  readonly languages: string;
}

/** See `ModelLocator.list`. */
export function listModels(context: LocatorContext): ModelListing[] {
  return context.registry.models.flatMap((model) => rolesOf(model, context).map((role) => describe(model, role, context)));
}

function rolesOf(model: KnownModel, { modelsFolder }: LocatorContext): readonly ModelRole[] {
  const card = model.bundled === undefined ? model : readCard(join(modelsFolder, model.bundled));
  return ROLES.filter((role) => card?.[role] !== undefined);
}

function describe(model: KnownModel, role: ModelRole, context: LocatorContext): ModelListing {
  const { name, repo, licence = "unknown", languages = "" } = model;
  const presets = [...context.registry.presets].filter(([, pair]) => pair[role] === name).map(([preset]) => preset);
  const known = { name, role, presets, repo, licence, languages, sizeBytes: model.sizeMb * 1e6 };
  const isHere = model.bundled !== undefined || reposOf(model).some((id) => snapshotsOf(context.hubCacheFolder, id, model.revision).length > 0);
  if (!isHere) return { ...known, state: "absent" };
  try {
    const found = findModel(parseHalf(name, role, context), role, context);
    return { ...known, state: found.source === "bundled" ? "bundled" : "here", folder: found.folder, ...detailsOf(found, role, context) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { ...known, state: "damaged", problem: error.message };
  }
}

function detailsOf(found: ModelFolder, role: ModelRole, context: LocatorContext): Pick<ModelListing, "precision" | "compiled" | "sizeBytes"> {
  if (isQwen3(found.folder)) return { compiled: readyPrecisions(found, role, context), sizeBytes: openCheckpoint(found, role).files.weightsBytes };
  const { precision, sizeBytes } = openModelFolder(found, role);
  return { precision, sizeBytes };
}
