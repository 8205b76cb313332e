import { homedir } from "node:os";
import { resolveSettings, type ResolvedSettings } from "../config/resolve-settings.ts";
import type { CommandName, SettingKey } from "../config/settings-table.ts";
import type { Output } from "../reporters/output.ts";
import type { CommandContext } from "./context.ts";

/** Flags as the user gave them, settings under their keys beside the command's own ones. */
export type Flags = Readonly<Record<string, unknown>>;

export interface LoadedSettings extends ResolvedSettings {
  /** Whether anybody chose this setting: a flag, the environment or a file. */
  isSet(key: SettingKey): boolean;
}

/** All settings for one run of a command. What looks like a misspelt variable is told on stderr. */
export async function loadSettings(
  { cwd, environment, output }: Pick<CommandContext, "cwd" | "environment"> & { readonly output: Pick<Output, "notice"> },
  command: CommandName,
  flags: Flags,
): Promise<LoadedSettings> {
  const resolved = await resolveSettings({
    flags: flags["exact"] === true ? { ...flags, recall: "exact" } : flags,
    env: environment,
    cwd,
    homeFolder: homedir(),
    platform: process.platform,
    command,
  });
  for (const notice of resolved.notices) output.notice(`rerank: ${notice}`);
  return { ...resolved, isSet: (key) => resolved.sources[key].source !== "default" };
}
