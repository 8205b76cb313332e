import { INDEX_SETTINGS } from "./settings/index-settings.ts";
import { MODEL_SETTINGS } from "./settings/model-settings.ts";
import { REMOTE_SETTINGS } from "./settings/remote-settings.ts";
import { SEARCH_SETTINGS } from "./settings/search-settings.ts";
import { SERVE_SETTINGS } from "./settings/serve-settings.ts";
import type { CommandName, SettingDefinition } from "./setting-definition.ts";

export type { HubSettings } from "./hub-settings.ts";
export type { CommandName, SettingDefinition } from "./setting-definition.ts";

/** Every setting, once: flags, variables, file keys, documentation and types follow from here. */
export const SETTINGS = [...MODEL_SETTINGS, ...SEARCH_SETTINGS, ...INDEX_SETTINGS, ...REMOTE_SETTINGS, ...SERVE_SETTINGS] as const;

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
