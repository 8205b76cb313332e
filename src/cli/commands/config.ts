import { dirname, join, resolve } from "node:path";
import { findConfigFiles, PROJECT_PLACES, userConfigFolder } from "../../config/config-files.ts";
import { editConfigFile } from "../../config/edit-config-file.ts";
import { parseSetting } from "../../config/parse-setting.ts";
import { resolveSettings, type SettingSource } from "../../config/resolve-settings.ts";
import type { SettingKey } from "../../config/settings-table.ts";
import { requireSetting, storedValue } from "../../config/stored-setting.ts";
import { UserError } from "../../domain/errors.ts";
import { explainSetting, type ConfigContext, type ExplainedSetting } from "./explain-config.ts";

export { configExplain, formatExplanation, type ConfigContext } from "./explain-config.ts";

export interface ConfigChange {
  readonly key: string;
  /** The file that was written. */
  readonly file: string;
  /** As written to the file; `undefined` after unset. */
  readonly value: unknown;
  /** One line each, where another source overrides the file. */
  readonly notices: readonly string[];
}

/** Throws UserError for a key that there is not. `text` is what `config get` prints, empty when nothing sets the key. */
export async function configGet(key: string, context: ConfigContext): Promise<ExplainedSetting> {
  const setting = requireSetting(key);
  const { settings, sources } = await resolveSettings(context);
  const explained = explainSetting(setting, settings[setting.key as SettingKey], sources[setting.key as SettingKey]);
  if (explained.value === null) return { ...explained, text: "" };
  return Array.isArray(explained.value) ? { ...explained, text: explained.value.join("\n") } : explained;
}

/**
 * Writes a setting to the user's file, or to the project's.
 *
 * @param values one text; for a list one or more.
 * Throws UserError for unknown keys, wrong values, secrets, and for YAML files (which are edited by hand).
 */
export async function configSet(
  key: string,
  values: readonly string[],
  { project = false, ...context }: ConfigContext & { readonly project?: boolean },
): Promise<ConfigChange> {
  const setting = requireSetting(key);
  const [first] = values;
  if (first === undefined) {
    throw new UserError(`config set ${key} needs a value`, { hint: `take the setting away with: rerank config unset ${key}` });
  }
  if (project && setting.userOnly === true) {
    throw new UserError(`${key} is not kept in a project's file: a folder that was cloned must not say where texts and keys go`, {
      hint: `leave --project out: rerank config set ${key} ...`,
    });
  }
  if (values.length > 1 && setting.type !== "list") {
    throw new UserError(`${key} takes one value, not ${values.length}`, { hint: "put a value with spaces in quotes" });
  }
  const raw = values.length > 1 ? values : first;
  const parsed = parseSetting(setting, raw, key);
  const file = await targetFile(project, context);
  const value = storedValue(setting, parsed, { fileFolder: dirname(file), project, cwd: context.cwd });
  await editConfigFile(file, setting.key, value);
  return { key, file, value, notices: await overridden(key, file, context) };
}

/** Takes a setting out of the user's file, or the project's. Throws UserError when the file does not have it. */
export async function configUnset(
  key: string,
  { project = false, ...context }: ConfigContext & { readonly project?: boolean },
): Promise<ConfigChange> {
  const files = await findConfigFiles(context);
  const file = project ? files.project : files.user;
  // A misspelt key in a file stops every command: this is how it gets out.
  if (file === undefined || !Object.hasOwn(file.values, key)) requireSetting(key);
  if (file === undefined || !Object.hasOwn(file.values, key)) {
    const other = project ? files.user : files.project;
    const isInOther = other !== undefined && Object.hasOwn(other.values, key);
    throw new UserError(`${key} is not set in the ${project ? "project's" : "user's"} file${file ? ` ${file.path}` : ""}`, {
      hint: isInOther
        ? `it is set in ${other.path}: rerank config unset ${key}${project ? "" : " --project"}`
        : "see where each value comes from: rerank config explain",
    });
  }
  await editConfigFile(file.path, key, undefined);
  return { key, file: file.path, value: undefined, notices: await overridden(key, file.path, context) };
}

/** The files that are read, and those that `config set` would write. Paths are absolute. */
export async function configPath(context: ConfigContext): Promise<{
  readonly user: { readonly path: string; readonly exists: boolean };
  readonly project: { readonly path: string; readonly exists: boolean };
  readonly ignored: readonly string[];
}> {
  const { user, project, ignored } = await findConfigFiles(context);
  return {
    user: { path: await targetFile(false, context), exists: user !== undefined },
    project: { path: await targetFile(true, context), exists: project !== undefined },
    ignored,
  };
}

async function targetFile(project: boolean, context: ConfigContext): Promise<string> {
  const files = await findConfigFiles(context);
  if (project) {
    // A new file in a subfolder would hide the whole of an existing one above it: the existing one is written.
    return files.project?.path ?? join(resolve(context.cwd), PROJECT_PLACES[1]);
  }
  return files.user?.path ?? join(userConfigFolder(context), "config.json");
}

async function overridden(key: string, file: string, context: ConfigContext): Promise<string[]> {
  try {
    const { sources } = await resolveSettings(context);
    const { source, where }: Partial<SettingSource> = sources[key as SettingKey] ?? {};
    if (where === undefined || source === "default" || where === file) return [];
    // Only the project's file goes before another file.
    const remedy = source === "file" ? ": to change that one, add --project" : "";
    return [`${key} comes from ${where} for now, which goes before ${file}${remedy}`];
  } catch (error) {
    // The change is written; that another key or file is wrong is what the next command reports.
    if (error instanceof UserError) return [error.message];
    throw error;
  }
}
