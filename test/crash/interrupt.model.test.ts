import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { acquireIndexLock } from "../../src/adapters/index-lock.ts";
import { isAlive, until } from "../support/inference-processes.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { lookAt } from "./support/index-look.ts";
import { writeNotes } from "./support/notes.ts";
import { reportOf, rerank, startRerank, type RerankProcess } from "./support/rerank-process.ts";

let folder: string;

beforeEach(() => {
  folder = tempFolder();
});

/** Waits for a moment of a run, sends the signal to its group as a terminal does, and checks that nothing of it is left. */
async function stopAt(run: RerankProcess, signal: NodeJS.Signals, hasCome: () => boolean) {
  await until(() => hasCome() || run.hasEnded);
  const children = run.inferenceIds();
  run.signalGroup(signal);
  const ended = await run.ended;
  expect(ended.stderr).not.toMatch(/unexpected error|\n {4}at |died/);
  await until(() => !children.some(isAlive));
  return ended;
}

describe.each(["SIGINT", "SIGTERM"] as const)("%s to the process group", (signal) => {
  test("ends an indexing run with 130 and a report, and the next run goes on", async () => {
    writeNotes(folder, 0, 80);
    const run = startRerank(["index", "docs"], { cwd: folder });
    const { code, stdout } = await stopAt(run, signal, () => (lookAt(folder, (store) => store.counts().vectors) ?? 0) > 0);
    expect(stdout).toContain("interrupted: what is done is kept");
    expect(code).toBe(130);
    const embedded = lookAt(folder, (store) => store.counts().vectors) ?? 0;
    expect(embedded).toBeGreaterThan(0);
    const next = await rerank(["index", "--json"], { cwd: folder });
    expect(reportOf(next)).toMatchObject({ interrupted: false, embedded: 80 - embedded, total: { documents: 80 } });
  });

  test("ends a run whose models still load with 130", async () => {
    writeNotes(folder, 0, 3);
    const run = startRerank(["index", "docs"], { cwd: folder });
    const { code } = await stopAt(run, signal, () => run.inferenceIds().length > 0);
    expect(code).toBe(130);
    expect((await rerank(["index", "docs"], { cwd: folder })).code).toBe(0);
  });

  test("ends a search while models load, and while it judges, with 130 and no output", async () => {
    writeNotes(folder, 0, 60);
    expect((await rerank(["index", "docs"], { cwd: folder })).code).toBe(0);
    const loading = startRerank(["search", "teapot"], { cwd: folder });
    expect(await stopAt(loading, signal, () => loading.inferenceIds().length > 0)).toMatchObject({ code: 130, stdout: "" });
    const judging = startRerank(["search", "teapot", "--candidates", "60", "-n", "60"], { cwd: folder, stdin: "" });
    const startedAt = performance.now();
    await stopAt(judging, signal, () => judging.inferenceIds().length > 0 && performance.now() - startedAt > 700);
    expect([0, 130]).toContain(judging.child.exitCode);
  });

  test("ends the waiting for the lock with 130", async () => {
    writeNotes(folder, 0, 1);
    const indexFolder = join(folder, ".rerank");
    mkdirSync(indexFolder);
    const lock = await acquireIndexLock(indexFolder, { command: "a test", wait: false });
    const run = startRerank(["index", "docs"], { cwd: folder });
    const { code, stderr } = await stopAt(run, signal, () => run.stderr().includes("waiting"));
    lock.release();
    expect(code).toBe(130);
    expect(stderr).toContain(`waiting for process ${process.pid} (a test)`);
  });
});

test("a second Ctrl-C ends the process at once, and its models with it", async () => {
  writeNotes(folder, 0, 80);
  const run = startRerank(["index", "docs"], { cwd: folder });
  await until(() => run.inferenceIds().length > 0);
  const children = run.inferenceIds();
  run.child.kill("SIGINT");
  run.child.kill("SIGINT");
  expect((await run.ended).code).toBe(130);
  await until(() => !children.some(isAlive));
  expect((await rerank(["index", "docs"], { cwd: folder })).code).toBe(0);
});

test("an index run that a signal reaches while it lists ends with 130", async () => {
  writeNotes(folder, 0, 1);
  // Folders upon folders: the walk takes longer than the signal.
  for (let number = 0; number < 1000; number++) mkdirSync(join(folder, "docs", `folder-${number}`, "inner"), { recursive: true });
  const run = startRerank(["index", "docs"], { cwd: folder });
  const { code } = await stopAt(run, "SIGINT", () => run.inferenceIds().length > 0);
  expect(code).toBe(130);
});
