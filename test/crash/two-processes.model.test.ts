import { expect, test } from "vitest";
import { until } from "../support/inference-processes.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { lookAt } from "./support/index-look.ts";
import { notePath, writeNotes } from "./support/notes.ts";
import { reportOf, rerank, startRerank } from "./support/rerank-process.ts";

test("a second indexer waits, says for whom, and then finds everything unchanged", async () => {
  const folder = tempFolder();
  writeNotes(folder, 0, 60);
  const first = startRerank(["index", "docs", "--json"], { cwd: folder });
  await until(() => first.inferenceIds().length > 0);
  const second = startRerank(["index", "docs", "--json"], { cwd: folder });
  const [done, waited] = await Promise.all([first.ended, second.ended]);
  expect([done.code, waited.code]).toEqual([0, 0]);
  expect(waited.stderr).toContain(`waiting for process ${first.child.pid} (rerank index docs), which is writing the index; Ctrl-C gives up`);
  expect(reportOf(done)).toMatchObject({ indexed: 60, embedded: 60 });
  expect(reportOf(waited)).toMatchObject({ indexed: 0, unchanged: 60, embedded: 0 });
});

test("with --no-wait a second indexer ends with 2 and names the first", async () => {
  const folder = tempFolder();
  writeNotes(folder, 0, 60);
  const first = startRerank(["index", "docs"], { cwd: folder });
  await until(() => first.inferenceIds().length > 0);
  const second = await rerank(["index", "docs", "--no-wait"], { cwd: folder });
  expect([second.code, second.stdout]).toEqual([2, ""]);
  expect(second.stderr).toMatch(
    new RegExp(`^rerank: another rerank process holds the index: pid ${first.child.pid}, \`rerank index docs\`, since \\d\\d:\\d\\d\n {2}hint: `),
  );
  expect((await first.ended).code).toBe(0);
});

test("a search during indexing answers from whole documents", async () => {
  const folder = tempFolder();
  writeNotes(folder, 0, 20);
  expect((await rerank(["index", "docs"], { cwd: folder })).code).toBe(0);
  writeNotes(folder, 20, 160);
  const indexing = startRerank(["index"], { cwd: folder });
  await until(() => (lookAt(folder, (store) => store.counts().vectors) ?? 0) > 20);
  const answer = await rerank(["search", "a teapot", "--json", "-n", "20", "--no-rerank"], { cwd: folder });
  expect(answer.stderr).toBe("");
  expect(answer.code).toBe(0);
  const { results } = JSON.parse(answer.stdout) as { results: { path: string; text: string }[] };
  // Vectors without a document are there by now, and take no place in the answer.
  expect(results.length).toBe(20);
  expect(results.every(({ path, text }) => path.startsWith("docs/note-") && text.startsWith("The "))).toBe(true);
  expect((await indexing.ended).code).toBe(0);
  expect(lookAt(folder, (store) => store.paths().includes(notePath(159)))).toBe(true);
});
