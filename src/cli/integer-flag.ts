import { parseSetting } from "../config/parse-setting.ts";
import type { Flags } from "./load-settings.ts";

/** "--max-candidates" for "maxCandidates". */
export function optionOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/**
 * A whole number that a command's own option gives; `undefined` where it was not given. Throws UserError that names the option and the range.
 * @param name as in the flags: "maxCandidates" for --max-candidates.
 */
export function integerFlag(flags: Flags, name: string, { min, max, doc }: { readonly min: number; readonly max: number; readonly doc: string }): number | undefined {
  const raw = flags[name];
  if (raw === undefined) return undefined;
  const flag = optionOf(name);
  return Number(parseSetting({ key: flag, flag, env: "", type: "integer", min, max, doc, commands: [] }, raw, flag));
}
