import { readFileSync, statSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { UserError } from "../domain/errors.ts";
import { variable, type Environment } from "./environment.ts";
import { jsonErrorPosition } from "./json-error-position.ts";

/**
 * Where a folder may keep its settings, first match first. JSON and YAML only: `rerank` is run inside of folders that
 * were downloaded or cloned, and a search must never execute what lies in them.
 */
export const PROJECT_PLACES = [
  ".rerankrc",
  ".rerankrc.json",
  ".rerankrc.yaml",
  ".rerankrc.yml",
  "rerank.config.json",
  "rerank.config.yaml",
  ".rerank/config.json",
] as const;
const USER_PLACES = ["config.json", "config.yaml", "config.yml"] as const;
const PACKAGE_KEY = "rerank";

export interface ConfigFile {
  /** Absolute. */
  readonly path: string;
  /** "package" is the member "rerank" of a package.json. */
  readonly format: "json" | "yaml" | "package";
  /** As written: neither keys nor values are checked. */
  readonly values: Readonly<Record<string, unknown>>;
}

export interface FoundConfigFiles {
  readonly project: ConfigFile | undefined;
  readonly user: ConfigFile | undefined;
  /** Files that lie beside the one that counts, and are not read. */
  readonly ignored: readonly string[];
}

export interface ConfigFileOptions {
  readonly env: Environment;
  readonly cwd: string;
  readonly homeFolder: string;
  readonly platform: NodeJS.Platform;
}

/** The user's file and the nearest project file, from `cwd` upwards. Throws UserError for a file that cannot be read. */
export async function findConfigFiles(options: ConfigFileOptions): Promise<FoundConfigFiles> {
  const user = await readFirst(userConfigFolder(options), USER_PLACES);
  for (let folder = resolve(options.cwd); ; folder = dirname(folder)) {
    const project = await readFirst(folder, [...PROJECT_PLACES, "package.json"]);
    if (project.file !== undefined || dirname(folder) === folder) {
      return { project: project.file, user: user.file, ignored: [...project.ignored, ...user.ignored] };
    }
  }
}

/** The folder of the user's own file: ~/.config/rerank, or where XDG_CONFIG_HOME or %APPDATA% say. */
export function userConfigFolder({ env, homeFolder, platform }: ConfigFileOptions): string {
  const base =
    platform === "win32"
      ? (variable(env, "APPDATA") ?? join(homeFolder, "AppData", "Roaming"))
      : (variable(env, "XDG_CONFIG_HOME") ?? join(homeFolder, ".config"));
  return join(base, "rerank");
}

async function readFirst(
  folder: string,
  places: readonly string[],
): Promise<{ readonly file: ConfigFile | undefined; readonly ignored: readonly string[] }> {
  let file: ConfigFile | undefined;
  const ignored: string[] = [];
  for (const place of places) {
    const path = join(folder, place);
    if (!isFile(path)) continue;
    if (file === undefined) file = await readConfigFile(path);
    else if (place !== "package.json" || readPackage(path) !== undefined) ignored.push(path);
  }
  return { file, ignored };
}

/** Links are followed. Whatever stands in the way (no permission, a file for a folder) makes it false. */
export function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  } catch {
    // A folder on the way up that may not be entered: nothing of ours is there.
    return false;
  }
}

/** One file; `undefined` for a package.json without our member. Throws UserError when it is unreadable or malformed. */
export async function readConfigFile(path: string): Promise<ConfigFile | undefined> {
  if (basename(path) === "package.json") return readPackage(path);
  const text = readText(path);
  const { value, format } = await parse(path, text);
  return { path, format, values: asRecord(value, path) };
}

function readPackage(path: string): ConfigFile | undefined {
  const text = readText(path);
  // Most folders have a package.json and few of them name us: the cheap look spares the parsing.
  if (!text.includes(`"${PACKAGE_KEY}"`)) return undefined;
  const content = parseJson(path, text);
  if (typeof content !== "object" || content === null || !Object.hasOwn(content, PACKAGE_KEY)) return undefined;
  const { [PACKAGE_KEY]: value } = content as Record<string, unknown>;
  return { path, format: "package", values: asRecord(value, `${path} ("${PACKAGE_KEY}")`) };
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  } catch (cause) {
    throw new UserError(`cannot read the configuration file ${path}: ${(cause as Error).message}`, {
      hint: "fix its permissions, or remove it",
      cause,
    });
  }
}

async function parse(path: string, text: string): Promise<{ readonly value: unknown; readonly format: "json" | "yaml" }> {
  const extension = extname(path);
  if (text.trim() === "") return { value: null, format: extension.startsWith(".y") ? "yaml" : "json" };
  // A .rerankrc without extension may be either. JSON is a matter of its first character, so that a broken one is not
  // explained in terms of YAML.
  if (extension === ".json" || (!extension.startsWith(".y") && /^\s*[{[]/.test(text))) {
    return { value: parseJson(path, text), format: "json" };
  }
  return { value: await parseYaml(path, text), format: "yaml" };
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${path} is not valid JSON: see ${jsonErrorPosition(text)}`, {
      hint: "JSON has double quotes around keys and texts, no comments, and no comma after the last entry",
      cause,
    });
  }
}

/**
 * YAML goes through cosmiconfig's loader. Its explorer is not used: on creation it reads the working directory's
 * `.config/config.js` and runs it (cosmiconfig 9.0.2), which would let a cloned repository run code in our name.
 * Importing it takes ten times as long as all the rest of resolving, so it waits for the first YAML file.
 */
async function parseYaml(path: string, text: string): Promise<unknown> {
  const { defaultLoadersSync } = await import("cosmiconfig");
  try {
    return defaultLoadersSync[".yaml"](path, text);
  } catch (cause) {
    const { mark, reason } = cause as { readonly mark?: { readonly line: number }; readonly reason?: string };
    const place = mark === undefined ? "" : `: see line ${mark.line + 1}`;
    throw new UserError(`${path} is not valid YAML${place}${reason === undefined ? "" : ` (${reason})`}`, {
      hint: "a line of YAML is `key: value`; texts with special characters stand in quotes",
      cause,
    });
  }
}

function asRecord(value: unknown, place: string): Readonly<Record<string, unknown>> {
  if (value === null || value === undefined) return {};
  if (typeof value === "object" && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new UserError(`${place} must hold settings by name, not ${Array.isArray(value) ? "a list" : JSON.stringify(value)}`, {
    hint: 'write {"limit": 20}, or in YAML: limit: 20',
  });
}
