import { formatBytes } from "../../domain/format-bytes.ts";
import { UserError } from "../../domain/errors.ts";
import type { ModelRole, ModelSpec } from "../../domain/model-spec.ts";
import { parseRemoteName } from "../../domain/remote-name.ts";
import type { ModelSource } from "../../server/service/model-source.ts";
import { estimateMemory } from "../../server/service/pooled-model.ts";

const ROLES: readonly ModelRole[] = ["reranker", "embedder"];

/**
 * Whether the server's own models fit into the memory that models may have.
 *
 * @returns what to warn of: both are used by each search, and would make room for each other for ever.
 * @throws UserError where one does not even fit alone.
 */
export function checkMemory(models: Readonly<Record<ModelRole, ModelSpec>>, memoryBytes: number): string | undefined {
  const needs = ROLES.map((role) => ({ name: `${models[role].id} (${role})`, bytes: estimateMemory(models[role]) }));
  const largest = needs.toSorted((a, b) => b.bytes - a.bytes)[0];
  const total = needs.reduce((sum, { bytes }) => sum + bytes, 0);
  const remedy = `--model-memory ${roundedUp(total)} holds both`;
  if (largest !== undefined && largest.bytes > memoryBytes) {
    throw new UserError(`${largest.name} needs about ${formatBytes(largest.bytes)} of memory, and all models together may have ${formatBytes(memoryBytes)}`, { hint: `${remedy}; or choose smaller models: --models` });
  }
  if (total <= memoryBytes) return undefined;
  const parts = needs.map(({ name, bytes }) => `${name} about ${formatBytes(bytes)}`).join(", ");
  return `the server's own models do not fit into ${formatBytes(memoryBytes)} together: ${parts}. Every search will unload one to load the other; ${remedy}`;
}

/** A size that the setting takes. */
function roundedUp(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)}MB`;
}

export interface NamedForRequests {
  /** See `allowedModels` of the settings. */
  readonly allowed: readonly string[];
  readonly aliases: ReadonlyMap<string, string>;
  /** The server's own models. */
  readonly own: Readonly<Record<ModelRole, ModelSpec>>;
  readonly locate: ModelSource["locate"];
}

/** One line for each model that the settings name for requests and that no request would find, with what to do. Servers of others are not asked. */
export async function unusableModels({ allowed, aliases, own, locate }: NamedForRequests): Promise<string[]> {
  const ownIds = new Set(ROLES.map((role) => own[role].id.toLowerCase()));
  const named = [
    ...allowed.filter((name) => name !== "*").map((name) => ({ given: `--allow-model ${name}`, name })),
    ...[...aliases].map(([alias, name]) => ({ given: `--alias ${alias}=${name}`, name })),
  ];
  const problems = await Promise.all(
    named.map(async ({ given, name }) => {
      if (ownIds.has(name.toLowerCase())) return [];
      const problem = await problemOf(name, locate);
      return problem === undefined ? [] : [`${given} will be of no use: ${describe(problem)}`];
    }),
  );
  return problems.flat();
}

async function problemOf(name: string, locate: ModelSource["locate"]): Promise<unknown> {
  const [embedder, reranker, ...others] = name.split("+").map((half) => half.trim());
  if (embedder && reranker && others.length === 0) {
    const halves = await Promise.all([failureOf(embedder, "embedder", locate), failureOf(reranker, "reranker", locate)]);
    // A folder may have a plus in its name.
    return halves.find((failure) => failure !== undefined) === undefined ? undefined : eitherRole(name, locate);
  }
  return eitherRole(name, locate);
}

/** A name may be a reranker's or an embedder's. */
async function eitherRole(name: string, locate: ModelSource["locate"]): Promise<unknown> {
  const failures = await Promise.all(ROLES.map((role) => failureOf(name, role, locate)));
  if (failures.includes(undefined)) return undefined;
  // What keeps a model from the role that it has says more than that it does not have the other.
  return failures.find((failure) => !/ is no (embedder|reranker)$/.test((failure as Error).message)) ?? failures[0];
}

async function failureOf(name: string, role: ModelRole, locate: ModelSource["locate"]): Promise<unknown> {
  if (parseRemoteName(name) !== undefined) return undefined;
  try {
    await locate(name, role);
    return undefined;
  } catch (error) {
    return error;
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error instanceof UserError && error.hint !== undefined ? `${error.message} (${error.hint})` : error.message;
}

/**
 * One line where a model reads less than it was to read.
 *
 * @param origin of the wish: "MAX_SEQ_LENGTH in /srv/.env".
 */
export function unreadTokens({ id, role, maxTokens }: Pick<ModelSpec, "id" | "role" | "maxTokens">, wanted: number | undefined, origin: string): string | undefined {
  if (wanted === undefined || wanted <= maxTokens) return undefined;
  return `${origin} asks for ${wanted} tokens, and ${id} (${role}) reads ${maxTokens}: what is longer is cut there`;
}
