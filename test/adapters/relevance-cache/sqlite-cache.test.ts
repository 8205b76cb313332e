import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { loadBetterSqlite3 } from "../../../src/adapters/native-modules.ts";
import { openSqliteCache, type SqliteCacheOptions } from "../../../src/adapters/relevance-cache/sqlite-cache.ts";
import { smallDisk, SMALL_DISK_SKIP } from "../../support/small-disk.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { describeRelevanceCache, keyOf, relevanceOf } from "../relevance-cache.contract.ts";
import { asUnprivileged } from "../unprivileged.ts";

describeRelevanceCache("SQLite", (setup) => openSqliteCache({ ...setup, path: join(tempFolder(), "cache.sqlite") }));
describeRelevanceCache("SQLite that has failed", (setup) => {
  const folder = tempFolder();
  writeFileSync(join(folder, "file"), "");
  // A file is no folder: nothing can be opened, and what is kept waits for its batch in memory.
  return openSqliteCache({ ...setup, path: join(folder, "file", "cache.sqlite") });
});

const modeOf = (path: string): number => statSync(path).mode & 0o777;

function start(path: string, options: Partial<SqliteCacheOptions> = {}) {
  const notices: string[] = [];
  const cache = openSqliteCache({ path, maxEntries: 100, ttlMs: 60_000, onNotice: (line) => notices.push(line), ...options });
  onTestFinished(() => cache.close());
  return { cache, notices };
}

describe("the file", () => {
  test("keeps relevances across restarts, in a folder and files that only the user can read", () => {
    const path = join(tempFolder(), "deep", "cache.sqlite");
    const { cache } = start(path);
    const known = { ...relevanceOf(1.5), queryTruncated: true } as const;
    cache.set(keyOf("a"), known);
    cache.close();
    const again = start(path).cache;
    expect(again.get(keyOf("a"))).toStrictEqual(known);
    expect(again.entryCount).toBe(1);
    if (process.platform === "win32") return;
    expect(modeOf(join(path, ".."))).toBe(0o700);
    for (const name of readdirSync(join(path, ".."))) expect(modeOf(join(path, "..", name)), name).toBe(0o600);
  });

  test.skipIf(process.platform === "win32")("of an earlier copy that others could read becomes the user's alone", () => {
    const path = join(tempFolder(), "cache.sqlite");
    start(path).cache.close();
    chmodSync(path, 0o644);
    start(path);
    expect(modeOf(path)).toBe(0o600);
  });

  test("is written a moment later, not within the call", async () => {
    const path = join(tempFolder(), "cache.sqlite");
    const { cache } = start(path);
    cache.set(keyOf("a"), relevanceOf(1));
    const other = start(path).cache;
    expect(other.get(keyOf("a"))).toBeUndefined();
    while (other.get(keyOf("a")) === undefined) await delay(10);
    expect(other.get(keyOf("a"))).toEqual(relevanceOf(1));
  });

  test("takes nothing that is not a digest: it could be a text", () => {
    const { cache } = start(join(tempFolder(), "cache.sqlite"));
    for (const key of ["how do I remove limescale?", "abc", ""]) {
      expect(() => cache.set(key, relevanceOf(1))).toThrow(/not a hexadecimal digest/);
      expect(() => cache.get(key)).toThrow(/not a hexadecimal digest/);
    }
  });

  test("does not keep the process alive", () => {
    const path = join(tempFolder(), "cache.sqlite");
    const module = join(import.meta.dirname, "../../../dist/adapters/relevance-cache/sqlite-cache.js");
    const script = `
      const { openSqliteCache } = await import(${JSON.stringify(module)});
      openSqliteCache({ path: ${JSON.stringify(path)}, maxEntries: 10, ttlMs: 60000 }).set("${keyOf("a")}", { judgment: { logit: 1, relevance: 0.7, truncated: false }, tokens: 3 });`;
    execFileSync(process.execPath, ["--input-type=module", "-e", script], { timeout: 30_000 });
    expect(existsSync(path)).toBe(true);
  });
});

describe("the bound", () => {
  test("is never passed; the oldest go, several at once", () => {
    const path = join(tempFolder(), "cache.sqlite");
    let nowMs = 0;
    for (let round = 0; round < 5; round++) {
      const { cache } = start(path, { now: () => nowMs++, ttlMs: 1e9 });
      for (let entry = 0; entry < 30; entry++) cache.set(keyOf(30 * round + entry), relevanceOf(entry));
      cache.close();
    }
    const { cache } = start(path, { now: () => nowMs, ttlMs: 1e9 });
    const kept = Array.from({ length: 150 }, (_, entry) => cache.get(keyOf(entry)) !== undefined);
    const first = kept.indexOf(true);
    expect(kept.lastIndexOf(false)).toBe(first - 1);
    expect(cache.entryCount).toBe(150 - first);
    expect(cache.entryCount).toBeLessThanOrEqual(100);
    expect(cache.entryCount).toBeGreaterThanOrEqual(90);
  });

  test("expired entries leave the file", () => {
    const path = join(tempFolder(), "cache.sqlite");
    let nowMs = 0;
    const options = { now: () => nowMs, ttlMs: 1000 };
    for (const name of ["a", "b"]) {
      const { cache } = start(path, options);
      cache.set(keyOf(name), relevanceOf(1));
      cache.close();
      nowMs += 2000;
    }
    expect(start(path, options).cache.entryCount).toBe(1);
  });
});

test("two processes share a file: each finds what the other has kept, and the count holds", async () => {
  const path = join(tempFolder(), "cache.sqlite");
  const [one, two] = [start(path, { maxEntries: 1000 }).cache, start(path, { maxEntries: 1000 }).cache];
  for (let entry = 0; entry < 300; entry++) (entry % 2 === 0 ? one : two).set(keyOf(entry), relevanceOf(entry));
  for (const cache of [one, two]) cache.set(keyOf("both"), relevanceOf(7));
  one.close();
  two.close();
  const { cache, notices } = start(path, { maxEntries: 1000 });
  expect(cache.entryCount).toBe(301);
  for (let entry = 0; entry < 300; entry++) expect(cache.get(keyOf(entry))).toEqual(relevanceOf(entry));
  expect(notices).toEqual([]);
});

test("while another process writes, nothing waits and nothing is lost", async () => {
  const path = join(tempFolder(), "cache.sqlite");
  const { cache, notices } = start(path);
  const Database = loadBetterSqlite3();
  const other = new Database(path);
  other.exec("BEGIN IMMEDIATE");
  cache.set(keyOf("a"), relevanceOf(1));
  await delay(350);
  expect(cache.get(keyOf("a"))).toEqual(relevanceOf(1));
  other.exec("COMMIT");
  other.close();
  cache.close();
  expect(start(path).cache.get(keyOf("a"))).toEqual(relevanceOf(1));
  expect(notices).toEqual([]);
});

describe("a damaged file", () => {
  test.each([
    ["overwritten behind its first bytes", (path: string) => writeFileSync(path, Buffer.concat([readFileSync(path).subarray(0, 100), Buffer.alloc(50_000, "damage")]))],
    ["cut short", (path: string) => truncateSync(path, 5000)],
    ["of another format", (path: string) => executeSql(path, "PRAGMA user_version = 99")],
    ["without its table", (path: string) => executeSql(path, "DROP TABLE relevance")],
  ])("(%s) is put aside and begun anew, with one notice", (_name, damage) => {
    const path = join(tempFolder(), "cache.sqlite");
    const before = start(path, { maxEntries: 5000 }).cache;
    for (let entry = 0; entry < 2000; entry++) before.set(keyOf(entry), relevanceOf(entry));
    before.close();
    damage(path);
    const damagedBytes = readFileSync(path);
    const { cache, notices } = start(path);
    expect(cache.get(keyOf(1))).toBeUndefined();
    cache.set(keyOf("new"), relevanceOf(1));
    cache.close();
    expect(notices).toEqual([expect.stringMatching(/was damaged .*begun anew, and the old one is .*cache\.sqlite\.damaged/)]);
    expect(readFileSync(`${path}.damaged`).equals(damagedBytes)).toBe(true);
    const after = start(path);
    expect(after.cache.get(keyOf("new"))).toEqual(relevanceOf(1));
    expect(after.notices).toEqual([]);
  });

  test("that becomes so while it is used is begun anew as well", () => {
    const path = join(tempFolder(), "cache.sqlite");
    const { cache, notices } = start(path);
    executeSql(path, "DROP TABLE relevance");
    expect(cache.get(keyOf("a"))).toBeUndefined();
    cache.set(keyOf("a"), relevanceOf(1));
    cache.close();
    expect(notices).toHaveLength(1);
    expect(start(path).cache.get(keyOf("a"))).toEqual(relevanceOf(1));
  });
});

function executeSql(path: string, sql: string): void {
  const Database = loadBetterSqlite3();
  const db = new Database(path);
  db.exec(sql);
  db.close();
}

describe("a disk that does not take it", () => {
  test.skipIf(process.platform === "win32")("a folder that cannot be written is told once; requests go on", async () => {
    const folder = tempFolder();
    chmodSync(folder, 0o555);
    await asUnprivileged(async () => {
      const { cache, notices } = start(join(folder, "cache.sqlite"));
      for (let entry = 0; entry < 3; entry++) {
        cache.set(keyOf(entry), relevanceOf(entry));
        expect(cache.get(keyOf("another"))).toBeUndefined();
        await delay(150);
      }
      cache.close();
      expect(notices).toEqual([expect.stringMatching(/relevances are not kept in .*EACCES/)]);
    });
  });

  test.skipIf(SMALL_DISK_SKIP)("a full disk is told once; what was kept stays", async () => {
    await smallDisk(512, async (folder) => {
      const path = join(folder, "cache.sqlite");
      const { cache, notices } = start(path, { maxEntries: 1_000_000 });
      cache.set(keyOf("first"), relevanceOf(1));
      for (let entry = 0; entry < 15_000; entry++) cache.set(keyOf(entry), relevanceOf(entry));
      while (cache.entryCount === 15_001 || notices.length === 0) await delay(20);
      expect(notices).toEqual([expect.stringMatching(/relevances are not kept in .*full/)]);
      expect(cache.get(keyOf("first"))).toEqual(relevanceOf(1));
      cache.close();
      expect(notices).toHaveLength(1);
      expect(start(path).cache.get(keyOf("first"))).toEqual(relevanceOf(1));
    });
  });
});
