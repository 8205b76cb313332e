import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { openSqliteStore } from "../../src/adapters/sqlite-store/open-sqlite-store.ts";
import { until } from "../support/inference-processes.ts";
import { tempFolder, writeFiles } from "../support/temp-folder.ts";
import { lookAt } from "./support/index-look.ts";
import { writeNotes } from "./support/notes.ts";
import { reportOf, rerank, startRerank } from "./support/rerank-process.ts";

const NOTES = 70;

let folder: string;

beforeEach(async () => {
  folder = tempFolder();
  writeNotes(folder, 0, NOTES);
  writeFiles(folder, { "other/letter.md": "# Letter\n\nA letter from Lisbon.\n" });
  expect((await rerank(["index", "docs", "other"], { cwd: folder })).code).toBe(0);
});

function generations(): string[] {
  return readdirSync(join(folder, ".rerank")).filter((name) => name.startsWith("generation-")).toSorted();
}

function rebuiltVectors(): number {
  const file = join(folder, ".rerank/generation-2/index.sqlite");
  if (!existsSync(file)) return 0;
  try {
    const store = openSqliteStore(file, { readOnly: true });
    const { vectors } = store.counts();
    store.close();
    return vectors;
  } catch {
    // It has no table yet.
    return 0;
  }
}

/** Kills a rebuild after its first commit; resolves to the vectors that it has left. */
async function killRebuild(...options: readonly string[]): Promise<number> {
  const run = startRerank(["index", "--rebuild", ...options], { cwd: folder });
  await until(() => rebuiltVectors() > 0 || run.hasEnded);
  run.child.kill("SIGKILL");
  expect((await run.ended).code).toBe(null);
  return rebuiltVectors();
}

test("a killed rebuild leaves the old index in use, is resumed by the next one, and leaves nothing behind", async () => {
  const left = await killRebuild();
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThan(NOTES + 1);
  expect(generations()).toEqual(["generation-1", "generation-2"]);

  const answer = await rerank(["search", "a letter from Lisbon", "--json"], { cwd: folder });
  expect([answer.code, answer.stderr]).toEqual([0, ""]);
  expect((JSON.parse(answer.stdout) as { results: { path: string }[] }).results[0]?.path).toBe("other/letter.md");
  const plain = await rerank(["index", "--json"], { cwd: folder });
  expect(reportOf(plain)).toMatchObject({ indexed: 0, unchanged: NOTES + 1, embedded: 0 });

  const resumed = await rerank(["index", "--rebuild", "--json"], { cwd: folder });
  expect(resumed.code).toBe(0);
  expect(reportOf(resumed)).toMatchObject({ embedded: NOTES + 1 - left, total: { documents: NOTES + 1 } });
  expect(generations()).toEqual(["generation-2"]);
  expect(lookAt(folder, (store) => store.check())).toEqual([]);
});

test("a rebuild that is resumed holds nothing of a folder that was forgotten meanwhile", async () => {
  // The small file is embedded in the first commit, and saved with the others: the run is stopped when that has begun.
  const run = startRerank(["index", "--rebuild"], { cwd: folder });
  await until(() => rebuiltVectors() > NOTES || run.hasEnded);
  run.child.kill("SIGKILL");
  await run.ended;
  expect((await rerank(["index", "--forget", "other"], { cwd: folder })).code).toBe(0);
  rmSync(join(folder, "other"), { recursive: true });
  const resumed = await rerank(["index", "--rebuild", "--json"], { cwd: folder });
  expect(reportOf(resumed)).toMatchObject({ total: { documents: NOTES } });
  expect(lookAt(folder, (store) => store.counts())).toEqual({ documents: NOTES, passages: NOTES, vectors: NOTES });
});

test("what a rebuild with other settings left is not mixed in, and that is said", async () => {
  await killRebuild("--passage-tokens", "128");
  const anew = await rerank(["index", "--rebuild", "--json"], { cwd: folder });
  expect(anew.stderr).toContain("an interrupted rebuild is started anew: it was made with passages of 128 tokens, not 256");
  expect(reportOf(anew)).toMatchObject({ embedded: NOTES + 1 });
});

test("a rebuild that Ctrl-C stops is resumed too", async () => {
  const run = startRerank(["index", "--rebuild"], { cwd: folder });
  await until(() => rebuiltVectors() > 0 || run.hasEnded);
  run.signalGroup("SIGINT");
  expect(await run.ended).toMatchObject({ code: 130, stdout: expect.stringContaining("interrupted") });
  const left = rebuiltVectors();
  const resumed = await rerank(["index", "--rebuild", "--json"], { cwd: folder });
  expect(reportOf(resumed)).toMatchObject({ embedded: NOTES + 1 - left });
  expect(generations()).toEqual(["generation-2"]);
});

test("a rebuild names a folder that is not there any more, and how to drop it", async () => {
  rmSync(join(folder, "other"), { recursive: true });
  const { code, stderr } = await rerank(["index", "--rebuild", "docs"], { cwd: folder });
  expect([code, stderr]).toEqual([2, expect.stringContaining("rerank index --forget other")]);
  expect((await rerank(["search", "a letter from Lisbon"], { cwd: folder })).code).toBe(0);
});

test("a rebuild where there is no index is a first run", async () => {
  const empty = tempFolder();
  writeNotes(empty, 0, 3);
  expect((await rerank(["index", "docs", "--rebuild"], { cwd: empty })).code).toBe(0);
  expect(readdirSync(join(empty, ".rerank")).filter((name) => name.startsWith("generation-"))).toEqual(["generation-1"]);
});
