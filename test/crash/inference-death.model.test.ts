import { expect, test } from "vitest";
import { until } from "../support/inference-processes.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { lookAt } from "./support/index-look.ts";
import { writeNotes } from "./support/notes.ts";
import { reportOf, rerank, startRerank, type RerankProcess } from "./support/rerank-process.ts";

/** Kills the models once they are there, and gives their process id back. */
async function killModels(run: RerankProcess, known: readonly number[] = []): Promise<number[]> {
  let ids: number[] = [];
  await until(() => (ids = run.inferenceIds().filter((id) => !known.includes(id))).length > 0 || run.hasEnded);
  for (const id of ids) process.kill(id, "SIGKILL");
  return ids;
}

test("an indexing run whose models are killed goes on and is complete", async () => {
  const folder = tempFolder();
  writeNotes(folder, 0, 80);
  const run = startRerank(["index", "docs", "--json"], { cwd: folder });
  await until(() => (lookAt(folder, (store) => store.counts().vectors) ?? 0) > 0);
  await killModels(run);
  const ended = await run.ended;
  expect(ended.stderr).toContain("the inference process died (signal SIGKILL); it is started again");
  expect(ended.code).toBe(0);
  expect(reportOf(ended)).toMatchObject({ indexed: 80, embedded: 80, total: { documents: 80, passages: 80 } });
});

test("a run whose models are killed twice in one request ends with one line and 2, and keeps what was committed", async () => {
  const folder = tempFolder();
  writeNotes(folder, 0, 80);
  const run = startRerank(["index", "docs"], { cwd: folder });
  await until(() => (lookAt(folder, (store) => store.counts().vectors) ?? 0) > 0);
  const first = await killModels(run);
  await killModels(run, first);
  const { code, stderr } = await run.ended;
  expect(stderr).toMatch(/rerank: the inference process died \(signal SIGKILL\).*: the machine may have run out of memory\n {2}hint: if memory is short/);
  expect(stderr).not.toContain("    at ");
  expect(code).toBe(2);
  const kept = lookAt(folder, (store) => store.counts().vectors) ?? 0;
  expect(kept).toBeGreaterThan(0);
  const next = await rerank(["index", "docs", "--json"], { cwd: folder });
  expect(reportOf(next)).toMatchObject({ embedded: 80 - kept, total: { documents: 80 } });
});

test("a search whose models are killed goes on and is complete", async () => {
  const folder = tempFolder();
  writeNotes(folder, 0, 40);
  expect((await rerank(["index", "docs"], { cwd: folder })).code).toBe(0);
  const calm = await rerank(["search", "teapot on the roof", "--json"], { cwd: folder });
  const run = startRerank(["search", "teapot on the roof", "--json"], { cwd: folder });
  await killModels(run);
  const { code, stdout, stderr } = await run.ended;
  expect(stderr).toContain("it is started again");
  expect(code).toBe(0);
  expect(rankingOf(stdout)).toEqual(rankingOf(calm.stdout));
});

test("a search whose models are killed twice ends with one line and 2", async () => {
  const folder = tempFolder();
  writeNotes(folder, 0, 3);
  expect((await rerank(["index", "docs"], { cwd: folder })).code).toBe(0);
  const run = startRerank(["search", "teapot"], { cwd: folder });
  const first = await killModels(run);
  await killModels(run, first);
  const { code, stdout, stderr } = await run.ended;
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain("rerank: the inference process died");
  expect(stderr).not.toContain("    at ");
});

function rankingOf(json: string): unknown {
  const { results } = JSON.parse(json) as { results: { path: string; relevance: number }[] };
  return results.map(({ path, relevance }) => [path, relevance]);
}
