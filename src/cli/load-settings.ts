import { homedir } from "node:os";
import { readDotenvFile, type DotenvFile } from "../config/dotenv-file.ts";
import { variable } from "../config/environment.ts";
import { resolveSettings, type ResolvedSettings } from "../config/resolve-settings.ts";
import type { CommandName, SettingKey } from "../config/settings-table.ts";
import { hasEffect } from "../config/unknown-variables.ts";
import { isServeVariable } from "../config/variable-aliases.ts";
import type { Output } from "../reporters/output.ts";
import type { CommandContext } from "./context.ts";

/** Flags as the user gave them, settings under their keys beside the command's own ones. */
export type Flags = Readonly<Record<string, unknown>>;

export interface LoadedSettings extends ResolvedSettings {
  /** Whether anybody chose this setting: a flag, the environment or a file. */
  isSet(key: SettingKey): boolean;
}

/**
 * All settings for one run of a command. What looks like a misspelt variable is told on stderr. `serve` reads the working folder's
 * `.env` too, as servers of its kind do; a search must not change its ways with the folder that it is run in.
 */
export async function loadSettings(
  { cwd, environment, output }: Pick<CommandContext, "cwd" | "environment"> & { readonly output: Pick<Output, "notice"> },
  command: CommandName,
  flags: Flags,
): Promise<LoadedSettings> {
  const dotenv = command === "serve" ? readDotenvFile(cwd, isServeVariable) : undefined;
  if (dotenv !== undefined) tellDotenv(dotenv, environment, output);
  const resolved = await resolveSettings({
    flags: flags["exact"] === true ? { ...flags, recall: "exact" } : flags,
    env: environment,
    dotenv,
    cwd,
    homeFolder: homedir(),
    platform: process.platform,
    command,
  });
  for (const notice of resolved.notices) output.notice(`rerank: ${notice}`);
  return { ...resolved, isSet: (key) => resolved.sources[key].source !== "default" };
}

/** Names only: values may be keys. */
function tellDotenv({ path, values }: DotenvFile, environment: CommandContext["environment"], output: Pick<Output, "notice">): void {
  const names = Object.keys(values).toSorted();
  const overridden = names.filter((name) => variable(environment, name) !== undefined);
  const used = names.filter((name) => !overridden.includes(name) && hasEffect(name, values));
  if (used.length > 0) output.notice(`rerank: ${path} sets ${used.join(", ")}`);
  if (overridden.length > 0) output.notice(`rerank: the environment goes before ${path}: ${overridden.join(", ")}`);
}
