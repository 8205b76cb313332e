import { closestName } from "../../domain/closest-name.ts";
import { UserError } from "../../domain/errors.ts";
import type { GraphFiles, KnownModel, ModelCard, ModelPair, ModelRegistry } from "./model-card.ts";

type Fields = Readonly<Record<string, unknown>>;
/** Reads one value, or says in words what it should be. */
type Reader = (value: unknown) => string | undefined;

const text: Reader = (value) => (typeof value === "string" ? undefined : "a text");
const name: Reader = (value) => (typeof value === "string" && value !== "" ? undefined : "a name");
const count: Reader = (value) => (Number.isInteger(value) && (value as number) > 0 ? undefined : "a whole number above 0");
const names: Reader = (value) => (Array.isArray(value) && value.every((item) => name(item) === undefined) ? undefined : "a list of names");
const family: Reader = (value) => (value === "qwen3" ? undefined : '"qwen3", or left out');
const commit: Reader = (value) => (typeof value === "string" && /^[0-9a-f]{7,40}$/.test(value) ? undefined : "the first digits of a commit");
const pooling: Reader = (value) => (["mean", "cls", "last", "none"].includes(value as string) ? undefined : '"mean", "cls", "last" or "none"');
const graphs: Reader = (value) =>
  isFields(value) && Object.values(value).every((files) => Array.isArray(files) && files.length > 0 && files.every(isInnerPath))
    ? undefined
    : 'lists of paths inside the folder by precision, like { "int8": ["onnx/model_int8.onnx"] }';

const ROLE_FIELDS: Record<string, Reader> = {
  graphs,
  output: name,
  pooling,
  queryPrefix: text,
  passagePrefix: text,
  maxTokens: count,
  dimensions: count,
};
const RERANKER_FIELDS: Record<string, Reader> = { graphs, output: name, queryPrefix: text, passagePrefix: text, maxTokens: count };
const role =
  (fields: Record<string, Reader>): Reader =>
  (value) =>
    isFields(value) ? firstProblem(value, fields) : "an object";
const CARD_FIELDS: Record<string, Reader> = { licence: text, languages: text, embedder: role(ROLE_FIELDS), reranker: role(RERANKER_FIELDS) };
const MODEL_FIELDS: Record<string, Reader> = {
  ...CARD_FIELDS,
  name,
  family,
  bundled: name,
  repo: name,
  alsoAs: names,
  revision: name,
  publishedCommit: commit,
  sizeMb: count,
};
const PAIR_FIELDS: Record<string, Reader> = { embedder: name, reranker: name };

/** Throws UserError that names the file, the field, what it holds and what belongs there. */
export function parseModelCard(json: string, path: string): ModelCard {
  const card = parseFields(json, path);
  check(card, CARD_FIELDS, path);
  // Every field was checked above.
  return card as ModelCard;
}

/** The same for the registry, which is a file of ours. */
export function parseModelRegistry(json: string, path: string): ModelRegistry {
  const registry = parseFields(json, path);
  const { graphFiles, presets, models } = registry;
  const problem = graphs(graphFiles);
  if (problem !== undefined || !isFields(presets) || !Array.isArray(models)) {
    throw wrong(path, "it needs graphFiles, presets and models");
  }
  for (const [preset, pair] of Object.entries(presets)) check(pair, PAIR_FIELDS, `${path}, preset ${preset}`);
  for (const model of models as unknown[]) check(model, MODEL_FIELDS, path);
  const defined = new Set((models as KnownModel[]).map((model) => model.name));
  for (const [preset, pair] of Object.entries(presets)) {
    for (const half of Object.values(pair as ModelPair)) if (!defined.has(half)) throw wrong(path, `preset ${preset} names "${half}", which is no model of it`);
  }
  const known = (models as (KnownModel & Partial<KnownModel>)[]).map((model) => ({ ...model, alsoAs: model.alsoAs ?? [], revision: model.revision ?? "main" }));
  return { graphFiles: graphFiles as GraphFiles, presets: new Map(Object.entries(presets) as [string, ModelPair][]), models: known };
}

function check(value: unknown, fields: Record<string, Reader>, where: string): void {
  if (!isFields(value)) throw wrong(where, "it should hold an object");
  const problem = firstProblem(value, fields);
  if (problem !== undefined) throw wrong(where, problem);
}

/** In words; for the fields of a role with the role's name before it. */
function firstProblem(value: Fields, fields: Record<string, Reader>): string | undefined {
  for (const [key, inner] of Object.entries(value)) {
    const read = fields[key];
    if (read === undefined) {
      const meant = closestName(key, Object.keys(fields));
      return `there is no field "${key}"${meant === undefined ? "" : `: did you mean "${meant}"?`}`;
    }
    const wanted = read(inner);
    if (wanted === undefined) continue;
    // A role's own problem is a sentence already.
    if (isFields(inner) && read !== graphs) return `${key}: ${wanted}`;
    return `"${key}" is ${JSON.stringify(inner)}, and should be ${wanted}`;
  }
  return undefined;
}

function parseFields(json: string, path: string): Fields {
  try {
    const value: unknown = JSON.parse(json);
    if (isFields(value)) return value;
  } catch (cause) {
    throw wrong(path, `it is not JSON (${(cause as Error).message})`, cause);
  }
  throw wrong(path, "it should hold an object");
}

function wrong(where: string, problem: string, cause?: unknown): UserError {
  return new UserError(`${where}: ${problem}`, { hint: "docs/models.md describes the fields of a model card", ...(cause !== undefined && { cause }) });
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isInnerPath(value: unknown): boolean {
  return typeof value === "string" && value !== "" && !/^[\\/]|^[a-z]:|\\/i.test(value) && !value.split("/").includes("..");
}
