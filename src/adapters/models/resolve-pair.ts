import { UserError } from "../../domain/errors.ts";
import type { ModelRole } from "../../domain/model-spec.ts";
import { parseRemoteName } from "../../domain/remote-name.ts";
import { graphPathsIn, roleGraphs } from "./choose-graph.ts";
import { readFolderFacts } from "./infer-role-card.ts";
import { ROLES, type ModelPair } from "./model-card.ts";
import { parseModelName, type NameContext, type NamedModel } from "./model-name.ts";
import { readCard } from "./open-model-folder.ts";
import { isQwen3, qwen3Roles } from "./qwen3-checkpoint.ts";

/** What always runs: it is in the package. */
export const DEFAULT_PAIR = "mini";

/**
 * The names of the two models: a preset names both, "a+b" an embedder and a reranker, a folder both when it holds both.
 * Models of other machines keep their names.
 * `overrides` go before their half. Throws UserError for a name that stands for nothing, and for one that leaves a half open.
 */
export function resolvePair(name: string, overrides: Partial<ModelPair>, context: NameContext): ModelPair {
  const halves = halvesOf(name, overrides, context);
  const pair = { ...halves, ...overrides };
  const { embedder, reranker } = pair;
  if (embedder !== undefined && reranker !== undefined) return { embedder, reranker };
  const missing = embedder === undefined ? "embedder" : "reranker";
  const known = embedder ?? reranker ?? "";
  const example = missing === "reranker" ? `${known}+bge-reranker-base` : `multilingual-e5-small+${known}`;
  throw new UserError(`${known} is ${missing === "reranker" ? "an embedder" : "a reranker"} alone, and a search needs both`, {
    hint: `name ${missing === "reranker" ? "a reranker" : "an embedder"} too: --models ${example}, or --${missing} <model>`,
  });
}

function halvesOf(name: string, overrides: Partial<ModelPair>, context: NameContext): Partial<ModelPair> {
  if (overrides.embedder !== undefined && overrides.reranker !== undefined) return {};
  const parts = name.split("+").map((part) => part.trim());
  if (parts.length === 1 && parseRemoteName(name) !== undefined) {
    // Providers give a model a name, and no role.
    throw new UserError(`${name} is one model of another machine, and a search needs two`, {
      hint: `say which it is: --models ${name}+<reranker>, or --models <embedder>+${name}`,
    });
  }
  // A folder may have a plus in its name.
  if (parts.length === 1 || isName(name, context)) return roleNames(name, context);
  const [embedder, reranker, ...others] = parts;
  if (!embedder || !reranker || others.length > 0) {
    throw new UserError(`"${name}" does not name two models`, { hint: "write <embedder>+<reranker>, or a preset alone" });
  }
  return { embedder: halfOf(embedder, "embedder", context), reranker: halfOf(reranker, "reranker", context) };
}

function isName(name: string, context: NameContext): boolean {
  try {
    parseModelName(name, context);
    return true;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

/** The half of a preset, or the name itself. */
function halfOf(name: string, role: ModelRole, context: NameContext): string {
  if (parseRemoteName(name) !== undefined) return name;
  const half = roleNames(name, context)[role];
  if (half !== undefined) return half;
  throw new UserError(`${name} is no ${role}`, { hint: `the embedder stands before the plus, the reranker after it; \`rerank models list\` shows the ${role}s` });
}

/** By the roles that a name can play, what each is called from now on: `locate` finds it by that again, from any folder. */
function roleNames(name: string, context: NameContext): Partial<ModelPair> {
  const named = parseModelName(name, context);
  if (named.kind === "preset") return { embedder: modelId(named.pair.embedder), reranker: modelId(named.pair.reranker) };
  return Object.fromEntries(rolesOf(named).map((role) => [role, modelId(named)]));
}

/** What a model is called in settings, manifests and messages. */
export function modelId(named: NamedModel): string {
  const base = named.kind === "known" ? (named.repo ?? named.model.name) : named.kind === "folder" ? named.folder : named.repo;
  return named.precision === undefined ? base : `${base}:${named.precision}`;
}

/** The roles that a model can play, as far as its name, its card or its files tell. */
export function rolesOf(named: NamedModel): readonly ModelRole[] {
  if (named.kind === "known") {
    // The bundled pair's roles are in its own card.
    return named.model.bundled === undefined ? ROLES.filter((role) => named.model[role] !== undefined) : ROLES;
  }
  if (named.kind === "folder") return rolesInFolder(named.folder);
  // Nobody knows before it is here; `locate` tells then.
  return ROLES;
}

/** Both for a folder that says nothing: the graph itself tells when it is opened. */
function rolesInFolder(folder: string): readonly ModelRole[] {
  if (isQwen3(folder)) return qwen3Roles(folder);
  const card = readCard(folder);
  const paths = graphPathsIn(folder, undefined);
  const facts = readFolderFacts(folder);
  const roles = ROLES.filter((role) => card?.[role] !== undefined || Object.keys(roleGraphs(paths, role)).length > 0);
  if (roles.length > 0) return roles;
  return facts.role === undefined ? ROLES : [facts.role];
}
