import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { until } from "../support/inference-processes.ts";
import { tempFolder, writeFiles } from "../support/temp-folder.ts";
import { lookAt } from "./support/index-look.ts";
import { writeNotes } from "./support/notes.ts";
import { startRerank, type Report, type RerankProcess } from "./support/rerank-process.ts";

let folder: string;
let run: RerankProcess;

beforeEach(() => {
  folder = tempFolder();
});

afterEach(async () => {
  run.signalGroup("SIGKILL");
  await run.ended;
});

async function watch(...args: readonly string[]): Promise<void> {
  run = startRerank(["index", ...args, "--watch", "--json"], { cwd: folder });
  await until(() => run.stderr().includes("watching") || run.hasEnded);
  expect(run.hasEnded).toBe(false);
}

/** The reports so far, the first run's among them. */
function reports(): (Report & { readonly moved: number; readonly removed: number })[] {
  const objects = run.stdout().split(/^(?=\{$)/m);
  return objects.flatMap((json) => {
    try {
      return [JSON.parse(json) as Report & { moved: number; removed: number }];
    } catch {
      // Not all of it has come yet.
      return [];
    }
  });
}

/** Makes a change and resolves to the report of the one run that it leads to. */
async function reportAfter(change: () => void) {
  const before = reports().length;
  change();
  await until(() => reports().length > before || run.hasEnded);
  await settle();
  expect(reports().length).toBe(before + 1);
  return reports().at(-1);
}

/** Longer than the watcher waits for more changes, and a look at the folder takes. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1200));
}

test("follows changed, new, renamed, saved-aside and deleted files, each with one run, and ends with 130", async () => {
  writeNotes(folder, 0, 3);
  writeFiles(folder, { ".gitignore": "build/\n" });
  await watch("docs");
  expect(reports()).toMatchObject([{ indexed: 3 }]);
  const path = (name: string) => join(folder, "docs", name);

  expect(await reportAfter(() => writeFileSync(path("note-000.md"), "# Changed\n\nAn otter in the canal.\n"))).toMatchObject({ indexed: 1, embedded: 1 });
  expect(await reportAfter(() => writeFileSync(path("new.md"), "# New\n\nA badger in the garden.\n"))).toMatchObject({ indexed: 1, unchanged: 3 });
  expect(await reportAfter(() => renameSync(path("new.md"), path("newer.md")))).toMatchObject({ moved: 1, embedded: 0 });
  expect(
    await reportAfter(() => {
      writeFileSync(path(".note-001.md.swp"), "# Saved\n\nAs editors save.\n");
      renameSync(path(".note-001.md.swp"), path("note-001.md"));
    }),
  ).toMatchObject({ indexed: 1, embedded: 1 });
  // The same file once more: its watch must have survived the exchange.
  expect(await reportAfter(() => writeFileSync(path("note-001.md"), "# Saved\n\nAnd once more.\n"))).toMatchObject({ indexed: 1 });
  expect(await reportAfter(() => rmSync(path("note-002.md")))).toMatchObject({ removed: 1 });
  expect(await reportAfter(() => writeFileSync(path("newer.md"), ""))).toMatchObject({ removed: 1 });

  const before = reports().length;
  writeFiles(folder, { "docs/build/out.md": "# Ignored\n\nText.\n", ".rerank/other.md": "# The index itself\n\nText.\n", "beside.md": "Text.\n" });
  await settle();
  expect(reports().length).toBe(before);
  expect(run.inferenceIds()).toEqual([]);

  run.signalGroup("SIGINT");
  const { code, stderr } = await run.ended;
  expect(code).toBe(130);
  expect(stderr).not.toContain("    at ");
  expect(lookAt(folder, (store) => store.paths().toSorted())).toEqual(["docs/note-000.md", "docs/note-001.md"]);
});

test("takes a burst of 200 files in few runs", async () => {
  writeNotes(folder, 0, 1);
  await watch("docs");
  mkdirSync(join(folder, "docs/burst"));
  for (let number = 0; number < 200; number++) writeFileSync(join(folder, `docs/burst/${number}.txt`), `short text ${number % 20}`);
  await until(() => reports().at(-1)?.total.documents === 201 || run.hasEnded);
  await settle();
  expect(reports().length).toBeLessThanOrEqual(4);
});

test("follows a single file, and a folder that goes away and comes back", async () => {
  writeNotes(folder, 0, 2);
  writeFiles(folder, { "todo.md": "# To do\n\nWater the plants.\n" });
  await watch("todo.md", "docs");
  expect(
    await reportAfter(() => {
      writeFileSync(join(folder, "todo.tmp"), "# To do\n\nFeed the cat.\n");
      renameSync(join(folder, "todo.tmp"), join(folder, "todo.md"));
    }),
  ).toMatchObject({ indexed: 1 });
  renameSync(join(folder, "docs"), join(folder, "away"));
  await until(() => run.stderr().includes("watching goes on") || run.hasEnded);
  renameSync(join(folder, "away"), join(folder, "docs"));
  await settle();
  expect(await reportAfter(() => writeNotes(folder, 2, 3))).toMatchObject({ indexed: 1, total: { documents: 4 } });
});

test("tells of a change soon though others keep coming", async () => {
  writeNotes(folder, 0, 1);
  await watch("docs");
  const restless = setInterval(() => writeFileSync(join(folder, "docs/note-000.md"), `# Log\n\nLine ${Math.random()}.\n`), 100);
  try {
    await until(() => reports().length > 1 || run.hasEnded);
    expect(run.hasEnded).toBe(false);
  } finally {
    clearInterval(restless);
  }
});
