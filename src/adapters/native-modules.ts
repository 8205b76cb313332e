import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type * as Hnswlib from "hnswlib-node";
import type BetterSqlite3 from "better-sqlite3";
import { UserError } from "../domain/errors.ts";
import { keepAll } from "./kept-database.ts";

export type SqliteModule = typeof BetterSqlite3;
export type HnswlibModule = typeof Hnswlib;

const NATIVE_PACKAGES = ["better-sqlite3", "hnswlib-node"] as const;

/**
 * SQLite with its addon, loaded when first asked for.
 * @param from the file whose `node_modules` are searched.
 * @throws UserError naming the repair when the addon was not built, or was built for another Node.
 */
export function loadBetterSqlite3(from: string = fileURLToPath(import.meta.url)): SqliteModule {
  return loadNative("better-sqlite3", from, (require) => {
    const Database = keepAll(require("better-sqlite3") as SqliteModule);
    // The package loads its addon with the first database only: without this, a missing addon would show up later, untranslated.
    new Database(":memory:").close();
    return Database;
  });
}

/** hnswlib with its addon; parameters and errors as for `loadBetterSqlite3`. */
export function loadHnswlib(from: string = fileURLToPath(import.meta.url)): HnswlibModule {
  return loadNative("hnswlib-node", from, (require) => require("hnswlib-node") as HnswlibModule);
}

function loadNative<T>(packageName: string, from: string, load: (require: NodeJS.Require) => T): T {
  try {
    return load(createRequire(from));
  } catch (error) {
    const problem = problemOf(error as NodeJS.ErrnoException);
    if (problem === undefined) throw error;
    throw new UserError(`the native module ${packageName} ${problem}`, { hint: repairHint(from), cause: error });
  }
}

/** `undefined` for an error that has nothing to do with how the package was installed. */
function problemOf(error: NodeJS.ErrnoException): string | undefined {
  if (error.code === "MODULE_NOT_FOUND") return "is not installed";
  if (error.message.includes("Could not locate the bindings file")) {
    return "was not built: npm holds install scripts back until they are allowed";
  }
  if (error.message.includes("NODE_MODULE_VERSION")) return `was built for another Node than this one (${process.version})`;
  if (error.code === "ERR_DLOPEN_FAILED") return `does not load on this machine: ${error.message.split("\n")[0] ?? ""}`;
  return undefined;
}

/**
 * The one command that repairs the addons of the package that `file` belongs to. npm refuses `--allow-scripts` inside a
 * project, where the `allowScripts` field of package.json rules, and takes nothing else for a global install.
 */
export function repairHint(file: string): string {
  const names = NATIVE_PACKAGES.join(" ");
  const project = installingProject(file);
  if (project === "global") return `run: npm install -g --allow-scripts=${NATIVE_PACKAGES.join(",")} rerank-cli`;
  if (project === "itself") return `run, in rerank's own folder: npm rebuild ${names}`;
  // `npm pkg set` works in npm 10 too, which has no `npm install-scripts approve`.
  const allowed = NATIVE_PACKAGES.map((name) => `allowScripts.${name}=true`).join(" ");
  return `run, in ${project}: npm pkg set --json ${allowed} && npm rebuild ${names}`;
}

/** The project whose node_modules hold the package, "itself" for a checkout, "global" for `npm install -g` and npx. */
function installingProject(file: string): string {
  const segment = `${sep}node_modules${sep}`;
  const end = file.indexOf(segment);
  if (end === -1) return "itself";
  const folder = file.slice(0, end);
  // npx installs into a project of its own below npm's cache, which no one edits.
  const isNpx = dirname(folder).endsWith(`${sep}_npx`);
  return !isNpx && existsSync(join(folder, "package.json")) ? folder : "global";
}
