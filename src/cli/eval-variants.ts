import { closestName } from "../domain/closest-name.ts";
import { UserError } from "../domain/errors.ts";
import { longFlag, oppositeFlag, settingsOfCommand, type SettingDefinition, type SettingKey } from "../config/settings-table.ts";

/** One of the things that `--compare` sets side by side: flags on top of the others. */
export interface EvalVariant {
  readonly label: string;
  readonly flags: Readonly<Partial<Record<SettingKey, unknown>>>;
}

/** Settings that say where an evaluation takes place and how it looks, not what is evaluated. */
const FIXED: readonly SettingKey[] = ["index", "color", "wait"];

/**
 * Reads variants: names of models ("mini", "qwen3-0.6b:int4", "e5-base+mini"), or settings as flags name them, separated by commas
 * ("candidates=100", "hybrid,candidates=20", "no-rerank", "instruct=Given a ..., retrieve ..."). A single one is compared with the
 * settings as they are. Throws UserError for settings that an evaluation does not have, and for equal variants.
 */
export function parseVariants(texts: readonly string[]): EvalVariant[] {
  const variants = texts.map((text) => ({ label: text.trim(), flags: parseVariant(text) }));
  if (variants.length === 1) variants.unshift({ label: "as set", flags: {} });
  for (const [place, { label }] of variants.entries()) {
    if (variants.findIndex((other) => other.label === label) === place) continue;
    throw new UserError(`--compare names "${label}" twice`, { hint: "leave one out" });
  }
  return variants;
}

function parseVariant(text: string): EvalVariant["flags"] {
  const flags: Partial<Record<SettingKey, unknown>> = {};
  for (const part of partsOf(text)) {
    if (part === "") throw new UserError(`--compare "${text}" is not complete`, { hint: "write variants as mini, candidates=20 or hybrid,candidates=20" });
    const equals = part.indexOf("=");
    const name = (equals === -1 ? part : part.slice(0, equals)).trim();
    const setting = settingNamed(name);
    if (equals === -1 && setting?.type !== "boolean") {
      if (setting !== undefined) throw new UserError(`--compare "${text}" gives ${name} no value`, { hint: `write it as ${name}=...` });
      flags.models = part;
      continue;
    }
    if (setting === undefined) throw unknownSetting(name);
    flags[setting.key as SettingKey] = equals === -1 ? !isNegation(name, setting) : part.slice(equals + 1).trim();
  }
  return flags;
}

/** The text cut at the commas that a setting follows: the others belong to an instruction. */
function partsOf(text: string): string[] {
  const parts: string[] = [];
  for (const piece of text.split(",")) {
    const name = piece.split("=")[0]?.trim() ?? "";
    const goesOn = parts.length > 0 && piece.trim() !== "" && settingNamed(name) === undefined;
    if (goesOn) parts[parts.length - 1] += `,${piece}`;
    else parts.push(piece);
  }
  return parts.map((part) => part.trim());
}

/** By flag ("passage-tokens"), key ("passageTokens") or a boolean's opposite ("no-hybrid"). */
function settingNamed(name: string): SettingDefinition | undefined {
  return settingsOfCommand("eval")
    .filter(({ key }) => !(FIXED as readonly string[]).includes(key))
    .find((setting) => [setting.key, ...flagsOf(setting)].includes(name));
}

function flagsOf(setting: SettingDefinition): string[] {
  return [longFlag(setting), oppositeFlag(setting)].filter((flag) => flag !== undefined).map((flag) => flag.slice(2));
}

function isNegation(name: string, setting: SettingDefinition): boolean {
  return name.startsWith("no-") && flagsOf(setting).includes(name);
}

function unknownSetting(name: string): UserError {
  const names = settingsOfCommand("eval").filter(({ key }) => !(FIXED as readonly string[]).includes(key)).map((setting) => flagsOf(setting)[0] ?? setting.key);
  const closest = closestName(name, names);
  return new UserError(`--compare: an evaluation has no setting "${name}"`, {
    hint: closest === undefined ? `it has ${names.join(", ")}` : `did you mean ${closest}=...?`,
  });
}
