import { join } from "node:path";
import { UserError } from "../../domain/errors.ts";
import type { ModelRole } from "../../domain/model-spec.ts";
import { snapshotsOf } from "./hub-snapshots.ts";
import { locateModel, reposOf } from "./locate-model.ts";
import { ROLES, type KnownModel } from "./model-card.ts";
import type { LocatorContext } from "./model-locator.ts";
import { readCard } from "./open-model-folder.ts";

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
  readonly precision?: string;
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
    const { folder, precision, sizeBytes, source } = locateModel(name, role, context);
    return { ...known, state: source === "bundled" ? "bundled" : "here", folder, precision, sizeBytes };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { ...known, state: "damaged", problem: error.message };
  }
}
