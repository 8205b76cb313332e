import { UserError } from "../domain/errors.ts";
import { parseAddress } from "./parse-address.ts";
import type { SettingDefinition } from "./settings-table.ts";

export type SettingValue = string | number | boolean | readonly string[];

const TRUE_WORDS = ["true", "yes", "on", "1"];
const FALSE_WORDS = ["false", "no", "off", "0"];
/** Decimal for kB, MB, GB, as disks and downloads are counted; binary for KiB, MiB, GiB. */
const BYTE_UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  m: 1e6,
  mb: 1e6,
  g: 1e9,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};
const DURATION_UNITS: Readonly<Record<string, number>> = { "": 1, ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 };

/**
 * A value from a flag, a variable or a file as its setting's type: `"20MB"` becomes bytes, `"2s"` milliseconds, `"no"` false.
 * A list from one text is split at commas outside of braces, so that `*.{md,txt}` stays whole; an array is taken as it is.
 *
 * @param origin what the message calls the source: "--limit", "RERANK_LIMIT", `"limit" in /home/me/.rerankrc`.
 * Throws UserError naming the origin, the value and what was expected.
 */
export function parseSetting(setting: SettingDefinition, raw: unknown, origin: string): SettingValue {
  if (setting.type === "string" && setting.format === "address") return parseAddress(raw, origin);
  const value = parsedOrUndefined(setting, raw);
  if (value !== undefined) return value;
  throw new UserError(`${origin} is ${JSON.stringify(raw) ?? String(raw)}, but must be ${expectation(setting)}`, {
    hint: `${setting.key}: ${setting.doc}`,
  });
}

function parsedOrUndefined(setting: SettingDefinition, raw: unknown): SettingValue | undefined {
  switch (setting.type) {
    case "string":
      return typeof raw === "string" && raw.trim() !== "" ? raw : undefined;
    case "choice":
      return typeof raw === "string" && setting.choices.includes(raw) ? raw : undefined;
    case "boolean":
      return parseBoolean(raw);
    case "list":
      return parseList(raw);
    case "integer": {
      const count = parseAmount(raw, { "": 1 });
      return Number.isSafeInteger(count) ? inRange(count, setting) : undefined;
    }
    case "number":
      return inRange(parseAmount(raw, { "": 1 }), setting);
    case "bytes":
      return inRange(rounded(parseAmount(raw, BYTE_UNITS)), setting);
    case "duration":
      return inRange(rounded(parseAmount(raw, DURATION_UNITS)), setting);
  }
}

function parseBoolean(raw: unknown): boolean | undefined {
  if (typeof raw === "boolean") return raw;
  const word = String(raw).trim().toLowerCase();
  if (TRUE_WORDS.includes(word)) return true;
  return FALSE_WORDS.includes(word) ? false : undefined;
}

function parseList(raw: unknown): readonly string[] | undefined {
  if (typeof raw === "string") return splitAtCommas(raw);
  const isTexts = Array.isArray(raw) && raw.every((item) => typeof item === "string" && item.trim() !== "");
  return isTexts ? (raw as string[]) : undefined;
}

function splitAtCommas(text: string): string[] {
  const items = [""];
  let depth = 0;
  for (const character of text) {
    if (character === "{") depth += 1;
    if (character === "}") depth -= 1;
    if (character === "," && depth <= 0) items.push("");
    else items[items.length - 1] += character;
  }
  return items.map((item) => item.trim()).filter((item) => item !== "");
}

/** Number() alone would take "", "0x10" and "Infinity". */
function parseAmount(raw: unknown, units: Readonly<Record<string, number>>): number | undefined {
  if (typeof raw === "number") return raw;
  const match = typeof raw === "string" ? /^\s*(-?(?:\d+\.?\d*|\.\d+))\s*([a-z]*)\s*$/i.exec(raw) : null;
  if (match === null) return undefined;
  const factor = units[(match[2] ?? "").toLowerCase()];
  return factor === undefined ? undefined : Number(match[1]) * factor;
}

function rounded(amount: number | undefined): number | undefined {
  return amount === undefined ? undefined : Math.round(amount);
}

function inRange(amount: number | undefined, { min, max }: { readonly min: number; readonly max: number }): number | undefined {
  // NaN fails both comparisons.
  return amount !== undefined && amount >= min && amount <= max ? amount : undefined;
}

/** What a value of this setting must be, to stand after "must be". */
function expectation(setting: SettingDefinition): string {
  switch (setting.type) {
    case "string":
      return "a text that is not empty";
    case "choice":
      return `one of ${setting.choices.join(", ")}`;
    case "boolean":
      return "true or false";
    case "list":
      return "a list of texts";
    case "integer":
      return `a whole number from ${setting.min} to ${setting.max}`;
    case "number":
      return `a number from ${setting.min} to ${setting.max}`;
    case "bytes":
      return `a size such as 500kB, 20MB or 1GiB, ${boundsText(setting)}`;
    case "duration":
      return `a time such as ${setting.min > 800 ? "10s or 10min" : "800, 800ms or 2s"}, ${boundsText(setting)}`;
  }
}

/** What no machine has is no bound that helps anybody. */
function boundsText(setting: SettingDefinition & { readonly min: number; readonly max: number }): string {
  const [min, max] = [setting.min, setting.max].map((bound) => (bound === 1 && setting.type === "bytes" ? "1 byte" : formatSetting(setting, bound)));
  return setting.max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
}

/** A resolved value as a person would write it: 20000000 bytes are "20MB", 2000 ms "2s". Lists are joined with commas. */
export function formatSetting(setting: SettingDefinition, value: SettingValue): string {
  if (typeof value === "number" && setting.type === "bytes") {
    return inLargestUnit(value, [["GiB", 2 ** 30], ["GB", 1e9], ["MiB", 2 ** 20], ["MB", 1e6], ["KiB", 2 ** 10], ["kB", 1e3]], "");
  }
  if (typeof value === "number" && setting.type === "duration") {
    return inLargestUnit(value, [["h", 3_600_000], ["min", 60_000], ["s", 1000]], "ms");
  }
  return Array.isArray(value) ? value.join(",") : String(value);
}

function inLargestUnit(amount: number, units: readonly (readonly [string, number])[], smallest: string): string {
  const unit = units.find(([, size]) => amount >= size && amount % size === 0);
  return unit ? `${amount / unit[1]}${unit[0]}` : `${amount}${smallest}`;
}
