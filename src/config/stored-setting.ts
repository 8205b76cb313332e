import { isAbsolute, relative, resolve } from "node:path";
import { UserError } from "../domain/errors.ts";
import { formatSetting, type SettingValue } from "./parse-setting.ts";
import { requireSettingKey } from "./resolve-settings.ts";
import { settingOf, type SettingDefinition } from "./settings-table.ts";

/** The setting that a file may hold under this key. Throws UserError for unknown keys, secrets, and the hub's variables. */
export function requireSetting(key: string): SettingDefinition {
  if (/^(hf|hub|auth|access|api)?[._-]?token$|secret|password|api.?key/i.test(key)) {
    throw new UserError("secrets are not kept in configuration files", {
      hint: "set HF_TOKEN in the environment, or log in with: hf auth login",
    });
  }
  if (settingOf(key) === undefined && /^hf_|^hub|_proxy$|^(endpoint|offline|cache)/i.test(key)) {
    throw new UserError(`${key} is not kept in configuration files: it is shared with other programs`, {
      hint: "set HF_ENDPOINT, HF_HUB_CACHE, HF_HUB_OFFLINE, http_proxy, https_proxy or no_proxy in the environment",
    });
  }
  requireSettingKey(key);
  const setting = settingOf(key);
  if (setting === undefined) throw new Error(`the settings table has lost ${key}`);
  return setting;
}

/** Sizes and times are stored as written by a person. A project's paths are stored relative to its file, so that it can move. */
export function storedValue(
  setting: SettingDefinition,
  parsed: SettingValue,
  { fileFolder, project, cwd }: { readonly fileFolder: string; readonly project: boolean; readonly cwd: string },
): SettingValue {
  if (setting.type === "bytes" || setting.type === "duration") return formatSetting(setting, parsed);
  if (setting.type !== "string" || setting.path === undefined || typeof parsed !== "string") return parsed;
  const stored = (path: string): string => {
    if (isAbsolute(path) || path.startsWith("~/")) return path;
    const absolute = resolve(cwd, path);
    if (!project) return absolute;
    const fromFile = relative(fileFolder, absolute).replaceAll("\\", "/");
    return fromFile.startsWith("..") ? fromFile : `./${fromFile}`;
  };
  if (setting.path !== "model") return stored(parsed);
  return parsed
    .split("+")
    .map((name) => (/^\.{1,2}([\\/]|$)/.test(name) ? stored(name) : name))
    .join("+");
}
