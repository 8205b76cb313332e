import { DEVICES, QWEN3_PRECISIONS } from "../domain/model-spec.ts";
import { COMMAND_NAMES, type CommandName, type SettingDefinition } from "./setting-definition.ts";

export type { HubSettings } from "./hub-settings.ts";
export type { CommandName, SettingDefinition } from "./setting-definition.ts";

const MODEL_COMMANDS = ["index", "search", "repl", "rank", "demo", "eval", "tune", "bench", "doctor"] as const;
const PRECISION_COMMANDS = [...MODEL_COMMANDS, "models"] as const;
const INDEX_COMMANDS = ["index", "search", "repl", "eval", "tune", "status", "audit", "doctor"] as const;
/** Those that search. */
const SEARCH_COMMANDS = ["search", "repl", "eval"] as const;
/** Those that make passages and vectors. */
const BUILD_COMMANDS = ["index", "eval"] as const;
const MAX_COUNT = 100_000;
/** Room for a prompt and a few words of a passage. */
const MIN_TOKENS = 256;
const MAX_TOKENS = 32_768;
const DAY_MS = 86_400_000;

/** Every setting, once: flags, variables, file keys, documentation and types follow from here. */
export const SETTINGS = [
  {
    key: "models",
    flag: "--models <names>",
    env: "RERANK_MODELS",
    type: "string",
    path: "model",
    unset: "the index's own, else qwen3-0.6b where it is compiled, else mini",
    doc: "preset, embedder+reranker, or folder of both models",
    commands: MODEL_COMMANDS,
  },
  {
    key: "embedder",
    flag: "--embedder <model>",
    env: "RERANK_EMBEDDER",
    type: "string",
    path: "model",
    unset: "the embedder of models",
    doc: "model of the first stage: preset, hub id or folder",
    commands: ["index", "search", "repl", "eval", "tune", "bench", "doctor"],
  },
  {
    key: "reranker",
    flag: "--reranker <model>",
    env: "RERANK_RERANKER",
    type: "string",
    path: "model",
    unset: "the reranker of models",
    doc: "model of the second stage: preset, hub id or folder",
    commands: ["index", "search", "repl", "rank", "eval", "tune", "bench", "doctor"],
  },
  {
    key: "index",
    flag: "--index <folder>",
    env: "RERANK_INDEX",
    type: "string",
    path: "folder",
    unset: "the nearest .rerank, upwards",
    doc: "folder of the index",
    commands: INDEX_COMMANDS,
  },
  {
    key: "threads",
    flag: "--threads <count>",
    env: "RERANK_THREADS",
    type: "integer",
    min: 0,
    max: 1024,
    default: 0,
    doc: "threads for the models; 0 is one for each physical core",
    commands: MODEL_COMMANDS,
  },
  {
    key: "device",
    flag: "--device <name>",
    env: "RERANK_DEVICE",
    type: "choice",
    choices: DEVICES,
    default: "auto",
    doc: "where models run; auto takes a graphics processor that is there and serves the model",
    commands: PRECISION_COMMANDS,
  },
  {
    key: "precision",
    flag: "--precision <name>",
    env: "RERANK_PRECISION",
    type: "choice",
    choices: ["auto", ...QWEN3_PRECISIONS],
    default: "auto",
    doc: "what Qwen3 models are compiled to; auto is int8 on the CPU, int4 on graphics processors",
    commands: PRECISION_COMMANDS,
  },
  {
    key: "embedTokens",
    flag: "--embed-tokens <count>",
    env: "RERANK_EMBED_TOKENS",
    type: "integer",
    min: MIN_TOKENS,
    max: MAX_TOKENS,
    unset: "the index's own, else 8192, or what the model can",
    doc: "tokens that the embedder reads of a text",
    commands: ["index", "search", "repl", "eval", "tune", "bench", "doctor"],
  },
  {
    key: "rerankTokens",
    flag: "--rerank-tokens <count>",
    env: "RERANK_RERANK_TOKENS",
    type: "integer",
    min: MIN_TOKENS,
    max: MAX_TOKENS,
    unset: "2048, or what the model can",
    doc: "tokens that the reranker reads of query and passage",
    commands: ["search", "repl", "rank", "eval", "tune", "bench", "doctor"],
  },
  {
    key: "longDocuments",
    flag: "--long-documents <how>",
    env: "RERANK_LONG_DOCUMENTS",
    type: "choice",
    choices: ["truncate", "windows"],
    default: "truncate",
    doc: "passages that are too long for the reranker: read the beginning, or take the best of overlapping windows",
    commands: ["search", "repl", "rank", "eval", "tune"],
  },
  {
    key: "promptSeparator",
    flag: "--prompt-separator <which>",
    env: "RERANK_PROMPT_SEPARATOR",
    type: "choice",
    choices: ["newline", "blank-line"],
    default: "newline",
    doc: "what Qwen3 rerankers read between instruction, query and passage: as on the model card, or as in its evaluation",
    commands: ["search", "repl", "rank", "eval", "tune", "bench", "doctor"],
  },
  {
    key: "color",
    flag: "--color <when>",
    env: "RERANK_COLOR",
    type: "choice",
    choices: ["auto", "always", "never"],
    default: "auto",
    doc: "colours and links; auto means on a terminal",
    commands: COMMAND_NAMES,
  },
  {
    key: "candidates",
    flag: "-c, --candidates <count>",
    env: "RERANK_CANDIDATES",
    type: "integer",
    min: 1,
    max: MAX_COUNT,
    default: 50,
    doc: "passages that the first stage hands to the reranker; a search that shows more takes more, unless it is set",
    commands: SEARCH_COMMANDS,
  },
  {
    key: "limit",
    flag: "-n, --limit <count>",
    env: "RERANK_LIMIT",
    type: "integer",
    min: 1,
    max: MAX_COUNT,
    default: 10,
    doc: "results to show",
    commands: ["search", "repl", "rank"],
  },
  {
    key: "rerank",
    flag: "--no-rerank",
    env: "RERANK_RERANK",
    type: "boolean",
    default: true,
    doc: "judge the candidates with the reranker, or keep the order of the first stage",
    flagDoc: "keep the order of the first stage",
    commands: ["search", "eval"],
  },
  {
    key: "minRelevance",
    flag: "--min-relevance <probability>",
    env: "RERANK_MIN_RELEVANCE",
    type: "number",
    min: 0,
    max: 1,
    unset: "no threshold",
    doc: "leave out results of a lower relevance",
    commands: ["search", "repl", "rank"],
  },
  {
    key: "budget",
    flag: "--budget <time>",
    env: "RERANK_BUDGET",
    type: "duration",
    min: 1,
    max: DAY_MS,
    unset: "no limit",
    doc: "time that a search may take (800, 800ms, 2s); one that takes longer shows its best order so far, marked",
    commands: ["search", "repl", "rank", "tune"],
  },
  {
    key: "hybrid",
    flag: "--hybrid",
    env: "RERANK_HYBRID",
    type: "boolean",
    default: false,
    doc: "recall by words (BM25) as well as by meaning",
    commands: SEARCH_COMMANDS,
  },
  {
    key: "recall",
    flag: "--recall <method>",
    env: "RERANK_RECALL",
    type: "choice",
    choices: ["auto", "hnsw", "exact"],
    default: "auto",
    doc: "how the first stage looks for neighbours; --exact is short for exact",
    commands: SEARCH_COMMANDS,
  },
  {
    key: "perDocument",
    flag: "--per-document",
    env: "RERANK_PER_DOCUMENT",
    type: "boolean",
    default: false,
    doc: "show only the best passage of each document",
    commands: ["search", "repl"],
  },
  {
    key: "paths",
    flag: "--path <glob>",
    env: "RERANK_PATHS",
    type: "list",
    default: [],
    doc: "search only documents whose path matches; repeatable",
    commands: ["search", "repl"],
  },
  {
    key: "instruct",
    flag: "--instruct <text>",
    env: "RERANK_INSTRUCT",
    type: "string",
    unset: "the model's own",
    doc: "what relevant means, for models that read an instruction",
    commands: ["search", "repl", "rank", "eval", "tune"],
  },
  {
    key: "history",
    flag: "--no-history",
    env: "RERANK_HISTORY",
    type: "boolean",
    default: true,
    doc: "keep the interactive screen's queries for later sessions, in the user's state folder",
    flagDoc: "keep no queries for later sessions, and show none of earlier ones",
    commands: ["repl", "demo"],
  },
  {
    key: "include",
    flag: "--include <glob>",
    env: "RERANK_INCLUDE",
    type: "list",
    default: [],
    doc: "index only files whose path matches; repeatable",
    commands: ["index"],
  },
  {
    key: "exclude",
    flag: "--exclude <glob>",
    env: "RERANK_EXCLUDE",
    type: "list",
    default: [],
    doc: "do not index files whose path matches; repeatable",
    commands: ["index"],
  },
  {
    key: "hidden",
    flag: "--hidden",
    env: "RERANK_HIDDEN",
    type: "boolean",
    default: false,
    doc: "index hidden files and folders too",
    commands: ["index"],
  },
  {
    key: "follow",
    flag: "--follow",
    env: "RERANK_FOLLOW",
    type: "boolean",
    default: false,
    doc: "follow symbolic links",
    commands: ["index"],
  },
  {
    key: "maxFileSize",
    flag: "--max-file-size <size>",
    env: "RERANK_MAX_FILE_SIZE",
    type: "bytes",
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    default: 20_000_000,
    doc: "skip larger files (500kB, 20MB, 1GiB)",
    commands: ["index"],
  },
  {
    key: "passageTokens",
    flag: "--passage-tokens <count>",
    env: "RERANK_PASSAGE_TOKENS",
    type: "integer",
    min: 32,
    max: MAX_TOKENS,
    unset: "the index's own, else 256",
    doc: "longest passage, in tokens of the embedder",
    commands: BUILD_COMMANDS,
  },
  {
    key: "overlapTokens",
    flag: "--overlap-tokens <count>",
    env: "RERANK_OVERLAP_TOKENS",
    type: "integer",
    min: 0,
    max: MAX_TOKENS,
    unset: "the index's own, else 32",
    doc: "text that neighbouring passages share, in tokens of the embedder",
    commands: BUILD_COMMANDS,
  },
  {
    key: "dimensions",
    flag: "--dimensions <count>",
    env: "RERANK_DIMENSIONS",
    type: "integer",
    min: 32,
    max: 65_536,
    unset: "the index's own, else the model's",
    doc: "length that a Qwen3 embedder's vectors are cut to: a smaller index, a little less precise",
    commands: BUILD_COMMANDS,
  },
  {
    key: "wait",
    flag: "--no-wait",
    env: "RERANK_WAIT",
    type: "boolean",
    default: true,
    doc: "wait while another process writes the index, or fail at once",
    flagDoc: "fail at once while another process writes the index",
    commands: ["index", "eval", "audit"],
  },
] as const satisfies readonly SettingDefinition[];

type Row = (typeof SETTINGS)[number];
type ValueOf<R> = R extends { type: "boolean" }
  ? boolean
  : R extends { type: "list" }
    ? readonly string[]
    : R extends { choices: readonly (infer Choice)[] }
      ? Choice
      : R extends { type: "string" }
        ? string
        : number;

export type SettingKey = Row["key"];

/** Every setting, resolved. `maxFileSize` is in bytes, `budget` in milliseconds; `undefined` is "not set anywhere". */
export type Settings = {
  readonly [R in Row as R["key"]]: R extends { default: unknown } ? ValueOf<R> : ValueOf<R> | undefined;
};

export const SETTING_KEYS: readonly SettingKey[] = SETTINGS.map(({ key }) => key);

export function settingOf(key: string): SettingDefinition | undefined {
  return SETTINGS.find((setting) => setting.key === key);
}

export function settingsOfCommand(command: CommandName): SettingDefinition[] {
  const all: readonly SettingDefinition[] = SETTINGS;
  return all.filter(({ commands }) => commands.includes(command));
}

/** "--limit", whatever stands around it. */
export function longFlag({ flag }: Pick<SettingDefinition, "flag">): string {
  return /--[a-z-]+/.exec(flag)?.[0] ?? flag;
}

/** Turns a boolean back for one run, when a file or the environment has set it: "--no-hybrid", "--rerank". */
export function oppositeFlag(setting: SettingDefinition): string | undefined {
  if (setting.type !== "boolean") return undefined;
  const flag = longFlag(setting);
  return flag.startsWith("--no-") ? `--${flag.slice(5)}` : `--no-${flag.slice(2)}`;
}

/** The name that commander gives to the option's value: "path" for the key `paths`. */
export function flagAttribute(setting: SettingDefinition): string {
  const name = longFlag(setting).replace(/^--(no-)?/, "");
  return name.replace(/-([a-z])/g, (_dash, letter: string) => letter.toUpperCase());
}
