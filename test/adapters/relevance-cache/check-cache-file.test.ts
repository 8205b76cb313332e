import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { loadBetterSqlite3 } from "../../../src/adapters/native-modules.ts";
import { openSqliteCache } from "../../../src/adapters/relevance-cache/sqlite-cache.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { userErrorOf } from "../../support/user-error-of.ts";
import { keyOf } from "../relevance-cache.contract.ts";

const modeOf = (path: string): number => statSync(path).mode & 0o777;

function start(path: string) {
  const notices: string[] = [];
  const cache = openSqliteCache({ path, maxEntries: 100, ttlMs: 60_000, onNotice: (line) => notices.push(line) });
  onTestFinished(() => cache.close());
  return { cache, notices };
}

function executeSql(path: string, sql: string): void {
  const Database = loadBetterSqlite3();
  const db = new Database(path);
  db.exec(sql);
  db.close();
}

describe("what is not ours is left alone", () => {
  test("a database of another program", () => {
    const path = join(tempFolder(), "notes.sqlite");
    executeSql(path, "CREATE TABLE notes (text)");
    expect(userErrorOf(() => start(path)).message).toMatch(/database of another program/);
    expect(readdirSync(join(path, ".."))).toEqual(["notes.sqlite"]);
  });

  test.skipIf(process.platform === "win32").each([
    ["a text", "buy descaler\n".repeat(500)],
    ["a short text", "buy"],
    ["the first bytes of a database", "SQLite format 3\0"],
  ])("%s", (_name, text) => {
    const path = join(tempFolder(), "notes.txt");
    writeFileSync(path, text, { mode: 0o644 });
    expect(userErrorOf(() => start(path))).toMatchObject({ message: expect.stringContaining(path), hint: expect.stringContaining("--cache-file") });
    expect([readdirSync(join(path, "..")), readFileSync(path, "utf8"), modeOf(path)]).toEqual([["notes.txt"], text, 0o644]);
  });

  test.skipIf(process.platform === "win32").each([
    ["unmarked", "CREATE TABLE notes (text)"],
    ["marked, without tables", "PRAGMA application_id = 7"],
    ["with a log", "PRAGMA journal_mode = WAL; CREATE TABLE notes (text)"],
  ])("the permissions of a database of another program (%s)", (_name, sql) => {
    const path = join(tempFolder(), "notes.sqlite");
    executeSql(path, sql);
    chmodSync(path, 0o644);
    const before = readFileSync(path);
    expect(userErrorOf(() => start(path)).message).toMatch(/database of another program/);
    expect([readdirSync(join(path, "..")), readFileSync(path).equals(before), modeOf(path)]).toEqual([["notes.sqlite"], true, 0o644]);
  });

  test("a file that takes the place of a cache in use", () => {
    const path = join(tempFolder(), "cache.sqlite");
    const { cache, notices } = start(path);
    executeSql(path, "DROP TABLE relevance");
    rmSync(path);
    writeFileSync(path, "buy descaler");
    expect(cache.get(keyOf("a"))).toBeUndefined();
    expect(readFileSync(path, "utf8")).toBe("buy descaler");
    expect(notices).toEqual([expect.stringMatching(/not kept in .*is no cache of relevances/)]);
  });

  test("what was put aside before", () => {
    const path = join(tempFolder(), "cache.sqlite");
    writeFileSync(`${path}.damaged`, "the first");
    writeFileSync(`${path}.damaged-2`, "the second");
    start(path).cache.close();
    executeSql(path, "DROP TABLE relevance");
    expect(start(path).notices).toEqual([expect.stringMatching(/the old one is .*\.damaged-3$/)]);
    expect([readFileSync(`${path}.damaged`, "utf8"), readFileSync(`${path}.damaged-2`, "utf8")]).toEqual(["the first", "the second"]);
  });

  test("a folder", () => {
    const path = join(tempFolder(), "folder");
    mkdirSync(path);
    expect(userErrorOf(() => start(path)).hint).toMatch(/--cache-file/);
  });
});
