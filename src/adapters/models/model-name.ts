import { existsSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { closestName } from "../../domain/closest-name.ts";
import { UserError } from "../../domain/errors.ts";
import type { ModelRole } from "../../domain/model-spec.ts";
import { isRepoId } from "../hub/hub-cache-layout.ts";
import { CARD_FILE, ROLES, type KnownModel, type ModelRegistry } from "./model-card.ts";

/** One model that a user named. `precision` is what follows a colon: "bge-m3:fp32". */
export type NamedModel = { readonly precision: string | undefined } & (
  | {
      readonly kind: "known";
      readonly model: KnownModel;
      /** Set when the user named a repository of it. */
      readonly repo: string | undefined;
    }
  | { readonly kind: "folder"; readonly folder: string }
  | { readonly kind: "hub"; readonly repo: string }
);

/** What a name that a user typed stands for. A preset may bear the name of one of its halves; a folder may hold two models. */
export type NamedModels = NamedModel | { readonly kind: "preset"; readonly pair: Readonly<Record<ModelRole, NamedModel>> };

export interface NameContext {
  readonly registry: ModelRegistry;
  readonly cwd: string;
}

/**
 * Known names come before folders, so that a folder that happens to be called "mini" changes nothing; "./mini" names it.
 * Throws UserError, with the nearest known name, for a name that stands for nothing.
 */
export function parseModelName(written: string, context: NameContext): NamedModels {
  const name = written.trim();
  if (name === "") throw new UserError("a model's name is empty", { hint: "`rerank models list` shows the names" });
  const { registry, cwd } = context;
  const whole = lookUp(name, context, undefined);
  if (whole !== undefined) return whole;
  const colon = name.lastIndexOf(":");
  const precision = name.slice(colon + 1);
  const known = colon > 1 && precision in registry.graphFiles ? lookUp(name.slice(0, colon), context, precision) : undefined;
  if (known !== undefined) return known;
  const base = colon > 1 && precision in registry.graphFiles ? name.slice(0, colon) : name;
  if (looksLikePath(base)) {
    // Indexes store the paths of models, and folders move.
    throw new UserError(`there is no folder ${expand(base, cwd)}`, {
      hint: "put the folder back, or name its new place with --models: it holds tokenizer.json and an ONNX graph, or Qwen3's safetensors",
    });
  }
  if (isRepoId(base)) return { kind: "hub", repo: base, precision: base === name ? undefined : precision };
  const meant = closestName(base, namesOf(registry));
  throw new UserError(`there is no model called "${name}"`, {
    hint: meant === undefined ? "`rerank models list` shows the names; a folder is written ./name, a hub id owner/name" : `did you mean "${meant}"? \`rerank models list\` shows all`,
  });
}

/** The model that a name stands for in one role: a preset's half, or the one that was named. */
export function parseHalf(written: string, role: ModelRole, context: NameContext): NamedModel {
  const named = parseModelName(written, context);
  return named.kind === "preset" ? named.pair[role] : named;
}

function lookUp(name: string, { registry, cwd }: NameContext, precision: string | undefined): NamedModels | undefined {
  const lower = name.toLowerCase();
  const known = (wanted: string): NamedModel | undefined => {
    const model = registry.models.find((candidate) => candidate.name.toLowerCase() === wanted.toLowerCase());
    return model && { kind: "known", model, repo: undefined, precision };
  };
  const preset = [...registry.presets].find(([candidate]) => candidate.toLowerCase() === lower)?.[1];
  const [embedder, reranker] = preset ? [known(preset.embedder), known(preset.reranker)] : [];
  if (embedder && reranker) return { kind: "preset", pair: { embedder, reranker } };
  const model = known(name);
  if (model !== undefined) return model;
  for (const candidate of registry.models) {
    const repo = [candidate.repo ?? "", ...candidate.alsoAs].find((id) => id.toLowerCase() === lower);
    if (repo !== undefined) return { kind: "known", model: candidate, repo, precision };
  }
  const folder = expand(name, cwd);
  if (!isFolder(folder)) return undefined;
  const half = (role: ModelRole): NamedModel => ({ kind: "folder", folder: join(folder, role), precision });
  return holdsPair(folder) ? { kind: "preset", pair: { embedder: half("embedder"), reranker: half("reranker") } } : { kind: "folder", folder, precision };
}

/** A folder `embedder` and a folder `reranker`, and no model beside them. */
function holdsPair(folder: string): boolean {
  const isModel = ["config.json", "tokenizer.json", CARD_FILE].some((name) => existsSync(join(folder, name)));
  return !isModel && ROLES.every((role) => isFolder(join(folder, role)));
}

function namesOf({ presets, models }: ModelRegistry): string[] {
  return [...presets.keys(), ...models.flatMap(({ name, repo, alsoAs }) => [name, ...(repo === undefined ? [] : [repo]), ...alsoAs])];
}

function looksLikePath(name: string): boolean {
  return /^(\.{1,2}|~)?[\\/]|^\.{1,2}$|^~$|^[a-z]:[\\/]/i.test(name) || isAbsolute(name);
}

function expand(name: string, cwd: string): string {
  return name === "~" || /^~[\\/]/.test(name) ? join(homedir(), name.slice(1)) : resolve(cwd, name);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
