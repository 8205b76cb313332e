import { join } from "node:path";
import { UserError } from "../../domain/errors.ts";
import type { ModelRole, Pooling } from "../../domain/model-spec.ts";
import type { RoleCard } from "./model-card.ts";
import { asCount, asObject, asText, readJsonFile, readJsonList, readTextFile, type JsonObject } from "./read-json-file.ts";

/** Positions that these families keep for padding: of 514, 512 are for tokens. */
const OFFSET_FAMILIES = new Set(["roberta", "xlm-roberta", "camembert", "mpnet"]);
const OFFSET = 2;
/** Tokenizers write 10^30 where nobody set a limit. */
const LARGEST_LIMIT = 1_000_000;

/** What a folder's own files say about the model in it: transformers' config.json and sentence-transformers' files. */
export interface FolderFacts {
  /** `undefined` when there is no config.json, or it names no architecture. */
  readonly role: ModelRole | undefined;
  /** "bert", "xlm-roberta", ... */
  readonly modelType: string | undefined;
  /** Hub id or path that the model was made from. */
  readonly madeFrom: string | undefined;
  readonly licence: string | undefined;
  readonly hiddenSize: number | undefined;
}

export function readFolderFacts(folder: string): FolderFacts {
  const config = readJsonFile(join(folder, "config.json"));
  const architectures = Array.isArray(config["architectures"]) ? config["architectures"].map(String) : [];
  const classifies = architectures.some((name) => name.endsWith("ForSequenceClassification"));
  return {
    role: classifies ? "reranker" : architectures.length > 0 ? "embedder" : undefined,
    modelType: asText(config["model_type"]),
    madeFrom: asText(config["_name_or_path"]),
    licence: licenceOf(folder),
    hiddenSize: asCount(config["hidden_size"]),
  };
}

/** Everything but graph and output, from the folder's files. Throws UserError for poolings that are not ours. */
export function inferRoleCard(folder: string, role: ModelRole): RoleCard {
  const maxTokens = inferMaxTokens(folder);
  if (role === "reranker") return maxTokens;
  const pooling = inferPooling(folder);
  return { ...maxTokens, ...inferPrefixes(folder), ...(pooling !== undefined && { pooling }) };
}

function inferMaxTokens(folder: string): Pick<RoleCard, "maxTokens"> {
  const config = readJsonFile(join(folder, "config.json"));
  const positions = asCount(config["max_position_embeddings"]);
  const offset = OFFSET_FAMILIES.has(asText(config["model_type"]) ?? "") ? OFFSET : 0;
  const limits = [
    positions === undefined ? undefined : positions - offset,
    asCount(readJsonFile(join(folder, "tokenizer_config.json"))["model_max_length"]),
    asCount(readJsonFile(join(folder, "sentence_bert_config.json"))["max_seq_length"]),
  ];
  const known = limits.filter((limit) => limit !== undefined && limit <= LARGEST_LIMIT) as number[];
  return known.length === 0 ? {} : { maxTokens: Math.min(...known) };
}

/** sentence-transformers keeps named prompts; "query" and "passage" (or "document") are the ones for search. */
function inferPrefixes(folder: string): Pick<RoleCard, "queryPrefix" | "passagePrefix"> {
  const prompts = asObject(readJsonFile(join(folder, "config_sentence_transformers.json"))["prompts"]);
  const first = (...names: readonly string[]): string | undefined => names.map((name) => asText(prompts[name])).find((prompt) => prompt !== undefined);
  const queryPrefix = first("query", "search_query");
  const passagePrefix = first("passage", "document", "search_document");
  return { ...(queryPrefix !== undefined && { queryPrefix }), ...(passagePrefix !== undefined && { passagePrefix }) };
}

function inferPooling(folder: string): Pooling | undefined {
  const modules = readJsonList(join(folder, "modules.json"));
  const path = asText(modules.find(({ type }) => asText(type)?.endsWith("Pooling"))?.["path"]) ?? "1_Pooling";
  const file = join(folder, path, "config.json");
  const config = readJsonFile(file);
  const modes = poolingModes(config);
  if (modes.length === 0) return undefined;
  const [mode] = modes;
  if (modes.length === 1 && (mode === "mean" || mode === "cls" || mode === "last")) return mode;
  throw new UserError(`${file} asks for ${modes.join(" and ")} pooling, and only mean, cls or last can be had`, {
    hint: "choose another model, or export it with its pooling inside the graph",
  });
}

/** Older files have one switch per mode, newer ones a name. */
function poolingModes(config: JsonObject): string[] {
  const named = asText(config["pooling_mode"]);
  if (named !== undefined) return [named === "lasttoken" ? "last" : named];
  const names: Record<string, string> = { pooling_mode_cls_token: "cls", pooling_mode_mean_tokens: "mean", pooling_mode_lasttoken: "last" };
  return Object.keys(config)
    .filter((key) => key.startsWith("pooling_mode_") && config[key] === true)
    .map((key) => names[key] ?? key.slice("pooling_mode_".length).replaceAll("_", " "));
}

/** A layer after the pooling that only sentence-transformers would run. */
export function hasDenseLayer(folder: string): boolean {
  return readJsonList(join(folder, "modules.json")).some(({ type }) => asText(type)?.endsWith("Dense") ?? false);
}

/** From the front matter of the hub's README. */
function licenceOf(folder: string): string | undefined {
  const frontMatter = /^---\r?\n([\s\S]*?)\r?\n---/.exec(readTextFile(join(folder, "README.md")) ?? "")?.[1];
  return /^license:\s*["']?([\w.+-]+)/m.exec(frontMatter ?? "")?.[1];
}
