import { REMOTE_SETTINGS } from "../config/settings/remote-settings.ts";
import type { CommandName, SettingKey } from "../config/settings-table.ts";

/** Headings of a command's help, in their order, and the settings below each. */
export type HelpGroups = Readonly<Record<string, readonly SettingKey[]>>;

const MODELS = ["models", "embedder", "reranker", "threads", "device", "precision", "embedTokens", "rerankTokens", "longDocuments", "promptSeparator", "dimensions"] as const;
const GENERAL = ["index", "color"] as const;
const REMOTE = REMOTE_SETTINGS.map(({ key }) => key).filter((key) => key !== "onFailure");

/** Settings that most commands have: their options come last in the help, those of servers elsewhere after all others. */
const USUAL_GROUPS: HelpGroups = {
  "Models:": MODELS,
  "General:": GENERAL,
  "Remote models:": [...REMOTE, "cacheEntries", "cacheTtl"],
};

/** All that a server can be told, by what it is about. */
const SERVE_GROUPS: HelpGroups = {
  "Listening:": ["host", "port", "mcp", "rerankShape", "socket", "idle"],
  "Access:": ["keyFile", "insecure", "queryToken", "openMetrics", "allowedHosts", "allowedOrigins", "rateLimit"],
  "Models:": MODELS,
  "Models on demand:": ["allowedModels", "aliases", "modelMemory"],
  "Limits:": ["maxDocuments", "maxRequestTokens", "maxBody", "queueRequests", "queueTokens", "deadline"],
  "Cache:": ["cacheEntries", "cacheTtl", "cacheFile"],
  "Log:": ["logLevel"],
  "Searches that do not say otherwise:": ["candidates", "limit", "hybrid", "recall", "onFailure"],
  "General:": GENERAL,
  "Remote models:": REMOTE,
};

export function helpGroupsOf(command: CommandName): HelpGroups {
  return command === "serve" ? SERVE_GROUPS : USUAL_GROUPS;
}
