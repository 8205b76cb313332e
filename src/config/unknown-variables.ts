import { closestName } from "../domain/closest-name.ts";
import { KEY_VARIABLES } from "./api-keys.ts";
import { variable, type Environment } from "./environment.ts";
import { REMOTE_KEY_VARIABLES } from "./provider-keys.ts";
import { SETTING_KEYS, SETTINGS } from "./settings-table.ts";
import { idleVariableNotices } from "./variable-aliases.ts";

const KNOWN: ReadonlySet<string> = new Set([...SETTINGS.map((setting) => setting.env), ...KEY_VARIABLES, ...REMOTE_KEY_VARIABLES]);

/**
 * One line for each variable that is ours by its name, and nothing that we know. Programs and clusters set some of that kind
 * (RERANK_SERVICE_HOST), so that in the environment only what looks like a slip is told.
 *
 * @param isWritten whether somebody has written it for this program, into its `.env`: then every one is told.
 */
export function unknownVariableNotices(env: Environment, { isWritten, sourceOf }: { readonly isWritten: (name: string) => boolean; readonly sourceOf: (name: string) => string }): string[] {
  return Object.keys(env)
    .filter(isUnknown)
    .flatMap((name) => {
      const closest = closestName(name.slice(7), [...SETTING_KEYS, "API_KEY"]);
      const meant = closest === "API_KEY" ? KEY_VARIABLES[0] : SETTINGS.find(({ key }) => key === closest)?.env;
      if (meant === undefined && !isWritten(name)) return [];
      return [`${sourceOf(name)} is not a setting and has no effect${meant === undefined ? "" : `: did you mean ${meant}?`}`];
    });
}

/** Whether a variable of a `.env` does anything here. */
export function hasEffect(name: string, values: Environment): boolean {
  const value = variable(values, name);
  return value !== undefined && !isUnknown(name) && idleVariableNotices({ [name]: value }).length === 0;
}

function isUnknown(name: string): boolean {
  return name.startsWith("RERANK_") && !KNOWN.has(name);
}
