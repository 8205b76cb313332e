import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readHnswStamp } from "../../src/adapters/hnsw-files.ts";
import { createRandom } from "../../src/domain/seeded-random.ts";
import { until } from "../support/inference-processes.ts";
import { changeStore, notePath, writeSyntheticIndex } from "../support/synthetic-index.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { lookAt, recallMethod, storeFile, storeFolder } from "./support/index-look.ts";
import { rerank, startRerank } from "./support/rerank-process.ts";

const KILLS = 8;
const NOTES = 500;
const DAMAGED_NOTE = notePath(7);

interface Report {
  readonly healthy: boolean;
  readonly repaired: readonly string[];
}

let damaged: string;

beforeAll(async () => {
  damaged = mkdtempSync(join(tmpdir(), "rerank-repair-"));
  await writeSyntheticIndex(damaged, NOTES);
  changeStore(storeFile(damaged), "UPDATE passages SET text = text || '!' WHERE document_id = (SELECT id FROM documents WHERE path = ?)", DAMAGED_NOTE);
  changeStore(storeFile(damaged), "DELETE FROM passage_terms WHERE rowid % 3 = 0");
  rmSync(join(storeFolder(damaged), readHnswStamp(storeFolder(damaged))?.file ?? "no stamp"));
});
afterAll(() => rmSync(damaged, { recursive: true, force: true }));

function damagedCopy(): string {
  const folder = tempFolder();
  cpSync(damaged, folder, { recursive: true, preserveTimestamps: true });
  return folder;
}

test("an index works after a repair that is killed at any moment, and the next one finishes it", async () => {
  const random = createRandom(3);
  const undisturbed = damagedCopy();
  const startedAt = performance.now();
  const whole = await rerank(["audit", "--repair", "--json"], { cwd: undisturbed });
  const wholeMs = performance.now() - startedAt;
  expect([whole.code, whole.stderr]).toEqual([0, expect.any(String)]);
  expect((JSON.parse(whole.stdout) as Report).repaired).toEqual([
    expect.stringContaining(`dropped ${DAMAGED_NOTE} from the index`),
    "built the lexical index anew",
    expect.stringMatching(/^built the HNSW file anew/),
  ]);
  const expected = lookAt(undisturbed, (store) => store.paths().toSorted());

  for (let kill = 1; kill <= KILLS; kill++) {
    const folder = damagedCopy();
    const run = startRerank(["audit", "--repair"], { cwd: folder });
    await new Promise((resolve) => setTimeout(resolve, wholeMs * random()));
    run.child.kill("SIGKILL");
    await run.ended;
    // As before the rows' repair, or as after it: never between.
    const state = lookAt(folder, (store) => ({ paths: store.paths().length, missing: store.check().length }));
    expect([{ paths: NOTES, missing: 1 }, { paths: NOTES - 1, missing: 0 }]).toContainEqual(state);
    const { method, notices } = await recallMethod(folder);
    expect(method === "hnsw" || notices.some((line) => line.includes("scanning exactly"))).toBe(true);
    const again = await rerank(["audit", "--repair", "--json"], { cwd: folder });
    expect([again.code, again.stderr.includes("error")]).toEqual([0, false]);
    expect(lookAt(folder, (store) => [store.check(), store.paths().toSorted()])).toEqual([[], expected]);
    expect(readFileSync(join(folder, DAMAGED_NOTE), "utf8")).toContain("Note 7");
  }
}, 300_000);

test("a repair that is stopped with Ctrl-C ends with 130, and can be begun again", async () => {
  const folder = damagedCopy();
  const run = startRerank(["audit", "--repair"], { cwd: folder });
  await until(() => run.stderr().includes("repairing") || run.hasEnded);
  run.signalGroup("SIGINT");
  const { code, stdout, stderr } = await run.ended;
  expect([code, stdout, stderr.includes("unexpected")]).toEqual([130, "", false]);
  expect((await rerank(["audit", "--repair"], { cwd: folder })).code).toBe(0);
});
