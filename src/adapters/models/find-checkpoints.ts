import { UserError } from "../../domain/errors.ts";
import type { ModelRole } from "../../domain/model-spec.ts";
import { findModel } from "./locate-model.ts";
import { ROLES } from "./model-card.ts";
import type { LocatorContext } from "./model-locator.ts";
import { parseHalf, parseModelName, type NamedModel } from "./model-name.ts";
import { readyPrecisions } from "./open-qwen3.ts";
import { isQwen3, qwen3Roles } from "./qwen3-checkpoint.ts";
import { DEFAULT_PAIR, modelId, resolvePair } from "./resolve-pair.ts";

/** What nobody has to ask for once it is on the machine. */
const LARGER_PAIR = "qwen3-0.6b";

/** What `locate` takes. */
export interface NamedCheckpoint {
  readonly name: string;
  readonly role: ModelRole;
}

/** One model alone for a model's name; two for a preset, "a+b" and a folder of both. */
export function modelsOf(name: string, context: LocatorContext): { readonly named: NamedModel; readonly roles: readonly ModelRole[] }[] {
  const halves = (half: (role: ModelRole) => NamedModel) => ROLES.map((role) => ({ named: half(role), roles: [role] }));
  if (name.includes("+")) {
    const pair = resolvePair(name, {}, context);
    return halves((role) => parseHalf(pair[role], role, context));
  }
  const named = parseModelName(name, context);
  return named.kind === "preset" ? halves((role) => named.pair[role]) : [{ named, roles: ROLES }];
}

/** See `ModelLocator.checkpoints`. */
export function findCheckpoints(name: string, wanted: ModelRole | undefined, context: LocatorContext): NamedCheckpoint[] {
  return modelsOf(name, context).flatMap(({ named, roles: all }) => {
    if (named.kind === "known" && named.model.family !== "qwen3") return [];
    // The other half of a pair need not be here.
    const roles = all.filter((role) => wanted === undefined || role === wanted);
    const playable = named.kind === "known" ? roles.filter((role) => named.model[role] !== undefined) : roles;
    return playable.filter((role) => isPlayable(named, role, context)).map((role) => ({ name: modelId(named), role }));
  });
}

function isPlayable(named: NamedModel, role: ModelRole, context: LocatorContext): boolean {
  const { folder, repo, card } = findModel(named, role, context);
  return isQwen3(folder) && (card !== undefined || qwen3Roles(folder, repo).includes(role));
}

/** The pair for those who have not chosen: nothing is downloaded or compiled unasked. */
export async function usualPair(context: LocatorContext): Promise<string> {
  const readyFor = (role: ModelRole) => readyPrecisions(findModel(parseHalf(LARGER_PAIR, role, context), role, context), role, context);
  try {
    const ready = ROLES.map(readyFor);
    const precision = await context.usualPrecision();
    return ready.every((precisions) => precisions.includes(precision)) ? LARGER_PAIR : DEFAULT_PAIR;
  } catch (error) {
    // Not on this machine, or damaged.
    if (error instanceof UserError) return DEFAULT_PAIR;
    throw error;
  }
}
