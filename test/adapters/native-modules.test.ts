import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createRequire } from "node:module";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadBetterSqlite3, loadHnswlib, repairHint } from "../../src/adapters/native-modules.ts";
import { userErrorOf } from "../support/user-error-of.ts";

const require = createRequire(import.meta.url);
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rerank-native-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A project below `folder` with rerank-cli and copies of these packages, without what their install scripts build. */
function installWithoutScripts(...packages: readonly string[]): string {
  const modules = join(folder, "node_modules");
  for (const name of packages) {
    const source = dirname(require.resolve(`${name}/package.json`));
    cpSync(source, join(modules, name), {
      recursive: true,
      filter: (path) => !["build", "deps", "src"].some((part) => path.startsWith(join(source, part))),
    });
  }
  const own = join(modules, "rerank-cli", "dist", "adapters");
  mkdirSync(own, { recursive: true });
  return join(own, "native-modules.js");
}

describe("native modules", () => {
  test("load when they are built", () => {
    const Database = loadBetterSqlite3();
    const database = new Database(":memory:");
    expect(database.prepare("SELECT 1 + 1").pluck().get()).toBe(2);
    database.close();
    expect(new (loadHnswlib().HierarchicalNSW)("ip", 4).getNumDimensions()).toBe(4);
  });

  test("that were not built name the command that builds them", () => {
    const from = installWithoutScripts("better-sqlite3", "hnswlib-node", "bindings", "file-uri-to-path");
    for (const load of [loadBetterSqlite3, loadHnswlib]) {
      const error = userErrorOf(() => load(from));
      expect(error.message).toContain("was not built");
      expect(error.hint).toContain("npm install -g --allow-scripts=better-sqlite3,hnswlib-node rerank-cli");
    }
  });

  test("that were built for another Node say so", () => {
    const from = installWithoutScripts("better-sqlite3");
    writeFileSync(
      join(folder, "node_modules", "better-sqlite3", "lib", "index.js"),
      `throw Object.assign(new Error("was compiled against a different Node.js version using\\nNODE_MODULE_VERSION 127."), { code: "ERR_DLOPEN_FAILED" });`,
    );
    expect(userErrorOf(() => loadBetterSqlite3(from)).message).toContain("built for another Node");
  });

  test("whose addon is no addon say that it does not load", () => {
    const from = installWithoutScripts("better-sqlite3", "bindings", "file-uri-to-path");
    const release = join(folder, "node_modules", "better-sqlite3", "build", "Release");
    mkdirSync(release, { recursive: true });
    writeFileSync(join(release, "better_sqlite3.node"), "not a shared library");
    expect(userErrorOf(() => loadBetterSqlite3(from)).message).toContain("does not load on this machine");
  });

  test("that are not installed say so", () => {
    expect(userErrorOf(() => loadHnswlib(installWithoutScripts())).message).toContain("is not installed");
  });
});

describe("the repair of a native module", () => {
  test("allows the scripts in the project that installed the package", () => {
    writeFileSync(join(folder, "package.json"), "{}");
    expect(repairHint(join(folder, "node_modules", "rerank-cli", "dist", "x.js"))).toBe(
      `run, in ${folder}: npm pkg set --json allowScripts.better-sqlite3=true allowScripts.hnswlib-node=true` +
        " && npm rebuild better-sqlite3 hnswlib-node",
    );
  });

  test("is a global install for npx, whose project nobody edits", () => {
    const project = join(folder, "_npx", "0123abcd");
    mkdirSync(project, { recursive: true });
    writeFileSync(join(project, "package.json"), "{}");
    expect(repairHint(join(project, "node_modules", "rerank-cli", "dist", "x.js"))).toContain("npm install -g");
  });

  test("is a rebuild in a checkout", () => {
    expect(repairHint(join(folder, "dist", "x.js"))).toContain("npm rebuild better-sqlite3 hnswlib-node");
  });
});
