import { closeSync, cpSync, openSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readHnswStamp } from "../../src/adapters/hnsw-files.ts";
import { loadBetterSqlite3 } from "../../src/adapters/native-modules.ts";
import { createWorkplace, expectExit, expectUserError, type Workplace } from "./support/workplace.ts";

const Database = loadBetterSqlite3();
const PAGE_BYTES = 8192;
let place: Workplace;
let copies = 0;
let expected: string;

beforeAll(async () => {
  place = createWorkplace();
  for (let n = 0; n < 10; n++) {
    place.write({ [`whole/docs/${n}.md`]: `# Animal ${n}\n\n${`Animal number ${n} eats ${n} apples a day. `.repeat(20)}\n` });
  }
  expectExit(await place.rerank(["index", "docs"], { cwd: "whole" }), 0);
  expected = await found("whole");
});
afterAll(() => place.remove());

/** A fresh copy of the index and its documents. */
function copyOfIndex(): { readonly cwd: string; readonly generation: string; readonly store: string } {
  const cwd = `copy-${++copies}`;
  cpSync(place.path("whole"), place.path(cwd), { recursive: true, preserveTimestamps: true });
  const generation = place.path(cwd, ".rerank", "generation-1");
  return { cwd, generation, store: join(generation, "index.sqlite") };
}

function overwrite(file: string, start: number, length: number): void {
  const descriptor = openSync(file, "r+");
  writeSync(descriptor, Buffer.alloc(length, 0xa5), 0, length, start);
  closeSync(descriptor);
}

function sql(file: string, statement: string): void {
  const db = new Database(file);
  db.exec(statement);
  db.close();
}

async function found(cwd: string): Promise<string> {
  return expectExit(await place.rerank(["search", "animal number 7", "--no-rerank", "-n", "3", "--files"], { cwd }), 0).stdout;
}

describe("an index of a newer rerank", () => {
  test.each([
    ["in its layout", "PRAGMA user_version = 99"],
    ["in its manifest", "UPDATE manifest SET json = json_set(json, '$.formatVersion', 99)"],
  ])("%s is refused by every command, and left as it is", async (_where, statement) => {
    const { cwd, store } = copyOfIndex();
    sql(store, statement);
    const before = readFileSync(store);
    for (const args of [["search", "x"], ["status"], ["index"], ["index", "--dry-run"], ["index", "--forget", "docs"]]) {
      expectUserError(await place.rerank(args, { cwd }), /made by a newer rerank.*format 99/, /upgrade.*--rebuild/);
    }
    expect(readFileSync(store).equals(before)).toBe(true);
    const { stdout } = await place.rerank(["doctor"], { cwd });
    expect(stdout).toMatch(/FAILED +index +the index was made by a newer rerank/);
  });
});

describe("a damaged store", () => {
  test.each([
    ["header", (store: string) => overwrite(store, 0, 100)],
    ["middle", (store: string) => overwrite(store, PAGE_BYTES, statSync(store).size - PAGE_BYTES)],
    ["end, which is missing", (store: string) => truncateSync(store, PAGE_BYTES + 100)],
  ])("(%s) is named by every command, and a rebuild with named folders repairs it", async (_what, damage) => {
    const { cwd, store } = copyOfIndex();
    damage(store);
    for (const args of [["search", "x"], ["status"], ["index"]]) {
      expectUserError(await place.rerank(args, { cwd }), /the index is damaged: .*index\.sqlite/, /rerank index --rebuild/);
    }
    expectUserError(await place.rerank(["index", "--rebuild"], { cwd }), /its folders are not known.*damaged/, /rerank index --rebuild <folder>/);
    expectExit(await place.rerank(["index", "--rebuild", "docs"], { cwd }), 0);
    expect(await found(cwd)).toBe(expected);
    expect(readdirSync(place.path(cwd, ".rerank")).filter((name) => name.startsWith("generation"))).toEqual(["generation-2"]);
  });

  test("fails the doctor's check", async () => {
    const { cwd, store } = copyOfIndex();
    overwrite(store, PAGE_BYTES, PAGE_BYTES);
    const { exitCode, stdout } = await place.rerank(["doctor"], { cwd });
    expect(exitCode).toBe(2);
    expect(stdout).toMatch(/FAILED +index .*\n.*rerank index --rebuild/);
  });

  test("that is another program's database is left alone", async () => {
    const { cwd, store } = copyOfIndex();
    rmSync(store);
    sql(store, "CREATE TABLE theirs (a)");
    expectUserError(await place.rerank(["search", "x"], { cwd }), /is a database, but not an index of rerank/, /--index/);
    expectUserError(await place.rerank(["index"], { cwd }), /is a database, but not an index of rerank/, /--index/);
  });
});

describe("an HNSW file", () => {
  const graphOf = (generation: string) => join(generation, readHnswStamp(generation)?.file ?? "no stamp");
  test.each([
    ["damaged", (generation: string) => overwrite(graphOf(generation), 200, 1000)],
    ["missing", (generation: string) => rmSync(graphOf(generation))],
    ["without its stamp", (generation: string) => writeFileSync(join(generation, "vectors.hnsw.json"), "{")],
  ])("that is %s costs no result: searches scan exactly and say so, the next run rebuilds it", async (_what, damage) => {
    const { cwd, generation } = copyOfIndex();
    damage(generation);
    const search = ["search", "animal number 7", "--no-rerank", "-n", "3", "--recall", "hnsw", "--json"];
    const { stdout, stderr } = expectExit(await place.rerank(search, { cwd }), 0);
    const answer = JSON.parse(stdout) as { settings: object; notices: string[]; results: { passageId: number }[] };
    expect(answer.settings).toMatchObject({ recallMethod: "exact" });
    expect(answer.notices).toEqual([expect.stringMatching(/HNSW file is missing or damaged: scanning exactly/)]);
    expect(stderr).toMatch(/^rerank: the HNSW file is missing or damaged.*\n$/);
    expectExit(await place.rerank(["index"], { cwd }), 0);
    const mended = expectExit(await place.rerank(search, { cwd }), 0);
    expect(mended.stderr).toBe("");
    const again = JSON.parse(mended.stdout) as typeof answer;
    expect(again.settings).toMatchObject({ recallMethod: "hnsw" });
    expect(again.results.map(({ passageId }) => passageId)).toEqual(answer.results.map(({ passageId }) => passageId));
  });

  test("that is missing or damaged shows in status and doctor", async () => {
    const { cwd, generation } = copyOfIndex();
    const graph = graphOf(generation);
    overwrite(graph, 200, 1000);
    expect((await place.rerank(["doctor"], { cwd })).stdout).toMatch(/note +HNSW file +damaged: searches scan exactly\n.*rerank index/);
    rmSync(graph);
    expect(expectExit(await place.rerank(["doctor"], { cwd }), 0).stdout).toMatch(/note +HNSW file +missing: searches scan exactly\n.*rerank index/);
    expect(expectExit(await place.rerank(["status"], { cwd }), 0).stdout).toMatch(/HNSW missing/);
  });
});

test("doctor finds a whole index well", async () => {
  const { stdout, stderr } = expectExit(await place.rerank(["doctor"], { cwd: "whole" }), 0);
  expect(stderr).toBe("");
  expect(stdout).not.toMatch(/FAILED/);
  expect(stdout).toMatch(/ok +HNSW file +holds exactly the index's vectors/);
  const json = JSON.parse(expectExit(await place.rerank(["doctor", "--json"], { cwd: "whole" }), 0).stdout) as object;
  expect(json).toMatchObject({ version: 1, healthy: true });
});
