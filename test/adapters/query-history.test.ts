import { lstatSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openQueryHistory } from "../../src/adapters/query-history.ts";
import { tempFolder } from "../support/temp-folder.ts";

describe("the history of queries", () => {
  test("is empty before the first query, and keeps what is added, oldest first", async () => {
    const history = openQueryHistory(join(tempFolder(), "state", "rerank", "history"));
    expect(await history.read()).toEqual([]);
    await Promise.all([history.add("limescale"), history.add("  what is\n gravity? "), history.add("什么是重力")]);
    expect(await history.read()).toEqual(["limescale", "what is gravity?", "什么是重力"]);
  });

  test("does not repeat the query before, and takes no empty one", async () => {
    const history = openQueryHistory(join(tempFolder(), "history"));
    for (const query of ["a", "a", " ", "b", "a"]) await history.add(query);
    expect(await history.read()).toEqual(["a", "b", "a"]);
  });

  test.skipIf(process.platform === "win32")("is for its owner alone", async () => {
    const folder = join(tempFolder(), "rerank");
    await openQueryHistory(join(folder, "history")).add("secret");
    expect(statSync(join(folder, "history")).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  test("keeps the newest 1,000, for its owner alone, and leaves nothing beside them", async () => {
    const folder = tempFolder();
    const file = join(folder, "history");
    writeFileSync(file, Array.from({ length: 1_200 }, (_, number) => `query ${number}\n`).join(""));
    const history = openQueryHistory(file);
    expect(await history.read()).toHaveLength(1_000);
    await history.add("the last one");
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    expect([lines.length, lines[0], lines.at(-1)]).toEqual([1_000, "query 201", "the last one"]);
    expect(readdirSync(folder)).toEqual(["history"]);
    if (process.platform !== "win32") expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test.skipIf(process.platform === "win32")("is closed to others where its file was open to them", async () => {
    const file = join(tempFolder(), "history");
    writeFileSync(file, "first\n", { mode: 0o644 });
    await openQueryHistory(file).add("second");
    expect([statSync(file).mode & 0o777, readFileSync(file, "utf8")]).toEqual([0o600, "first\nsecond\n"]);
  });

  test.skipIf(process.platform === "win32").each([1, 1_000])("stays behind the link that leads to it, with %d queries", async (count) => {
    const folder = tempFolder();
    const [link, file] = [join(folder, "history"), join(tempFolder(), "dotfiles-history")];
    writeFileSync(file, Array.from({ length: count }, (_, number) => `query ${number}\n`).join(""));
    symlinkSync(file, link);
    await openQueryHistory(link).add("the last one");
    expect([lstatSync(link).isSymbolicLink(), statSync(file).mode & 0o777]).toEqual([true, 0o600]);
    expect(readFileSync(file, "utf8")).toMatch(/\nthe last one\n$/);
    expect(readdirSync(folder)).toEqual(["history"]);
  });

  test("goes on below a last line without a line break, as editors leave it", async () => {
    const file = join(tempFolder(), "history");
    writeFileSync(file, "first");
    await openQueryHistory(file).add("second");
    expect(readFileSync(file, "utf8")).toBe("first\nsecond\n");
  });

  test("loses nothing when several of them add at once, as several processes do: the lock is a file", async () => {
    const file = join(tempFolder(), "history");
    const histories = ["a", "b", "c"].map((name) => ({ name, history: openQueryHistory(file) }));
    await Promise.all(
      histories.map(async ({ name, history }) => {
        for (let number = 0; number < 15; number++) await history.add(`${name} ${number}`);
      }),
    );
    const lines = await openQueryHistory(file).read();
    expect(lines).toHaveLength(45);
    for (const { name } of histories) {
      expect(lines.filter((line) => line.startsWith(name))).toEqual(Array.from({ length: 15 }, (_, number) => `${name} ${number}`));
    }
  });

  test("that cannot be read or written rejects", async () => {
    const file = join(tempFolder(), "history");
    mkdirSync(file);
    await expect(openQueryHistory(file).read()).rejects.toThrow(/EISDIR/);
    await expect(openQueryHistory(file).add("x")).rejects.toThrow(/EISDIR/);
  });
});
