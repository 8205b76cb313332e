import { dirname, isAbsolute, join, resolve } from "node:path";
import { UserError } from "../domain/errors.ts";
import { closestName } from "../domain/closest-name.ts";
import { findConfigFiles, type ConfigFile, type FoundConfigFiles } from "./config-files.ts";
import type { DotenvFile } from "./dotenv-file.ts";
import { variable, type Environment } from "./environment.ts";
import { resolveHubSettings, type HubSettings, type HubSources } from "./hub-settings.ts";
import { parseSetting, type SettingValue } from "./parse-setting.ts";
import {
  SETTING_KEYS,
  SETTINGS,
  longFlag,
  type CommandName,
  type SettingDefinition,
  type SettingKey,
  type Settings,
} from "./settings-table.ts";
import { unknownVariableNotices } from "./unknown-variables.ts";
import { idleVariableNotices, readAlias } from "./variable-aliases.ts";

export interface ResolveOptions {
  /** Values of the flags that were given, by setting key; other members, and those that are `undefined`, do not count. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** Given, only flags of this command's settings count: `rank` has a `--paths` of its own, which is not the setting. */
  readonly command?: CommandName;
  readonly env: Environment;
  /** Counts where `env` does not have a variable. */
  readonly dotenv?: DotenvFile | undefined;
  readonly cwd: string;
  readonly homeFolder: string;
  readonly platform: NodeJS.Platform;
}

export interface SettingSource {
  readonly source: "flag" | "environment" | "file" | "default";
  /** The flag, the variable ("PORT in /srv/.env"), the file's absolute path; "" for a default. */
  readonly where: string;
}

export interface ResolvedSettings {
  readonly settings: Settings;
  readonly hub: HubSettings;
  readonly sources: Readonly<Record<SettingKey, SettingSource>>;
  readonly hubSources: HubSources;
  readonly files: FoundConfigFiles;
  /** `env`, with what the `.env` adds to it. */
  readonly environment: Environment;
  /** What a variable of `environment` is called in messages: its name, and the `.env` if it is from there. */
  readonly sourceOf: (variable: string) => string;
  /** One line each: variables that look like a misspelt setting, and those of other servers that are not followed to the letter. */
  readonly notices: readonly string[];
}

/** Where one setting may come from. */
interface Origins extends Pick<ResolvedSettings, "files" | "environment" | "sourceOf"> {
  readonly notices: string[];
}

type Sourced = SettingSource & { readonly value: SettingValue | undefined };

/**
 * Every setting, from the first source that has it: flags, environment, project file, user file, default.
 * Throws UserError for a wrong value or an unknown key in any of them, also in one that another source overrides: a
 * mistake that shows only on some days is harder to find.
 */
export async function resolveSettings({ env, dotenv, ...options }: ResolveOptions): Promise<ResolvedSettings> {
  // An empty variable counts as unset: with compose's ${RERANK_API_KEY} it must not take away the key in the file.
  const isFromFile = (name: string): boolean => dotenv !== undefined && name in dotenv.values && variable(env, name) === undefined;
  const environment = { ...env, ...Object.fromEntries(Object.entries(dotenv?.values ?? {}).filter(([name]) => isFromFile(name))) };
  const sourceOf = (name: string): string => (dotenv !== undefined && isFromFile(name) ? `${name} in ${dotenv.path}` : name);
  const files = await findConfigFiles({ env, ...options });
  for (const file of [files.project, files.user]) if (file !== undefined) checkKeys(file);
  if (files.project !== undefined) refuseUserOnly(files.project);
  const notices = unknownVariableNotices(environment, { isWritten: isFromFile, sourceOf });
  if (options.command === "serve") notices.push(...idleVariableNotices(environment));
  const origins: Origins = { files, environment, sourceOf, notices };
  const found = new Map<string, Sourced>(SETTINGS.map((setting) => [setting.key, resolveOne(setting, options, origins)]));
  honourColorConventions(found, environment);
  raiseCandidates(found);
  checkOverlap(found);
  const entries = [...found];
  return {
    // The keys are the table's, and every value went through its row's parser.
    settings: Object.fromEntries(entries.map(([key, { value }]) => [key, value])) as unknown as Settings,
    sources: Object.fromEntries(entries.map(([key, { source, where }]) => [key, { source, where }])) as Record<SettingKey, SettingSource>,
    ...resolveHubSettings({ env: environment, ...options }),
    ...origins,
  };
}

function resolveOne(
  setting: SettingDefinition,
  { flags, command, cwd, homeFolder }: Omit<ResolveOptions, "env" | "dotenv">,
  { files, environment, sourceOf, notices }: Origins,
): Sourced {
  const take = (raw: unknown, origin: string, folder: string): SettingValue | undefined =>
    raw === undefined || raw === null ? undefined : absolutePaths(setting, parseSetting(setting, raw, origin), folder, homeFolder);
  const fromFile = (file: ConfigFile | undefined): Sourced => ({
    source: "file",
    where: file?.path ?? "",
    value: file && take(file.values[setting.key], `"${setting.key}" in ${file.path}`, dirname(file.path)),
  });
  const fromAlias = (name: string): Sourced => {
    const raw = variable(environment, name);
    const where = sourceOf(name);
    const { value, notice } = raw === undefined ? { value: undefined } : readAlias(name, raw, where);
    if (notice !== undefined) notices.push(notice);
    return { source: "environment", where, value: take(value, where, cwd) };
  };
  const fromVariable = (name: string): Sourced => {
    const where = sourceOf(name);
    const raw = variable(environment, name);
    if (raw !== undefined && isServiceLink(setting, raw)) {
      notices.push(`${where} is the address of a Kubernetes service of that name and has no effect`);
      return { source: "environment", where, value: undefined };
    }
    return { source: "environment", where, value: take(raw, where, cwd) };
  };
  const flag = command === undefined || setting.commands.includes(command) ? flags[setting.key] : undefined;
  const own: Sourced[] = [{ source: "flag", where: longFlag(setting), value: take(flag, longFlag(setting), cwd) }, fromVariable(setting.env)];
  // The names of other servers are everybody's: what another program means by them is no mistake where ours are set.
  const asksAliases = command === "serve" && own.every(({ value }) => value === undefined);
  const candidates: Sourced[] = [
    ...own,
    ...(asksAliases ? (setting.aliases ?? []).map(fromAlias) : []),
    fromFile(files.project),
    fromFile(files.user),
  ];
  return candidates.find(({ value }) => value !== undefined) ?? { source: "default", where: "", value: setting.default };
}

/** Kubernetes sets RERANK_PORT=tcp://10.96.0.12:7372 in every pod beside a service that is called "rerank". */
function isServiceLink({ key }: SettingDefinition, raw: string): boolean {
  return key === "port" && /^(tcp|udp|sctp):\/\//.test(raw.trim());
}

/** Paths count from where they are written, so that a setting means the same in every working directory. */
function absolutePaths(setting: SettingDefinition, value: SettingValue, folder: string, homeFolder: string): SettingValue {
  if (setting.type !== "string" || setting.path === undefined || typeof value !== "string") return value;
  const expanded = (path: string): string => resolve(folder, path.startsWith("~/") ? join(homeFolder, path.slice(2)) : path);
  if (setting.path !== "model") return expanded(value);
  return value
    .split("+")
    .map((name) => (/^(\.{1,2}|~)[\\/]/.test(name) || name === "." || isAbsolute(name) ? expanded(name) : name))
    .join("+");
}

/** Throws UserError for the first key of a file that no setting has. */
function checkKeys({ path, values }: Pick<ConfigFile, "path" | "values">): void {
  for (const key of Object.keys(values)) {
    // Editors look for "$schema" to offer completions.
    if (key !== "$schema") requireSettingKey(key, `${path}: `);
  }
}

/** Throws UserError for a project's file that says where texts and keys go. */
function refuseUserOnly({ path, values }: Pick<ConfigFile, "path" | "values">): void {
  const settings: readonly SettingDefinition[] = SETTINGS;
  const found = settings.find(({ key, userOnly }) => userOnly === true && Object.hasOwn(values, key));
  if (found === undefined) return;
  throw new UserError(`${path}: a project's file cannot set "${found.key}": a folder that was cloned must not say where your texts and keys go`, {
    hint: `set it yourself, in the user's file (rerank config set ${found.key} ...), with ${longFlag(found)}, or with ${found.env}`,
  });
}

/** @param origin put in front of the message. Throws UserError that suggests the nearest key. */
export function requireSettingKey(key: string, origin = ""): void {
  if ((SETTING_KEYS as readonly string[]).includes(key)) return;
  const closest = closestName(key, SETTING_KEYS);
  throw new UserError(`${origin}there is no setting "${key}"`, {
    hint: closest === undefined ? "see all settings: rerank config explain" : `did you mean "${closest}"?`,
  });
}

/** NO_COLOR and FORCE_COLOR change the default only: files and flags override them, as no-color.org asks. */
function honourColorConventions(found: Map<string, Sourced>, env: Environment): void {
  if (found.get("color")?.source !== "default") return;
  const forced = variable(env, "FORCE_COLOR");
  if (forced !== undefined) {
    const value = /^(0|false)$/i.test(forced) ? "never" : "always";
    found.set("color", { value, source: "environment", where: "FORCE_COLOR" });
  } else if (variable(env, "NO_COLOR") !== undefined) {
    found.set("color", { value: "never", source: "environment", where: "NO_COLOR" });
  }
}

/** `-n 100` must not come back with fifty results because of a default that the user never saw. */
function raiseCandidates(found: Map<string, Sourced>): void {
  const candidates = found.get("candidates");
  const limit = found.get("limit");
  if (candidates?.source !== "default" || limit === undefined) return;
  found.set("candidates", { ...candidates, value: Math.max(Number(candidates.value), Number(limit.value)) });
}

function checkOverlap(found: Map<string, Sourced>): void {
  const passage = found.get("passageTokens")?.value;
  const overlap = found.get("overlapTokens")?.value;
  if (passage === undefined || overlap === undefined || overlap < passage) return;
  throw new UserError(`passages of ${passage} tokens cannot share ${overlap} with their neighbours`, {
    hint: "set overlapTokens to less than passageTokens; an eighth of it is usual",
  });
}
