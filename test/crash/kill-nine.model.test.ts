import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openSqliteStore } from "../../src/adapters/sqlite-store/open-sqlite-store.ts";
import type { PassageStore } from "../../src/ports/passage-store.ts";
import { isAlive } from "../support/inference-processes.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { contentOf, lookAt, recallMethod, storeFile, storeFolder } from "./support/index-look.ts";
import { notePath, seededRandom, writeNotes } from "./support/notes.ts";
import { reportOf, rerank, startRerank, type RerankProcess } from "./support/rerank-process.ts";

const KILLS = 30;
/** The first are more than one batch of vectors. When all that are there are indexed, more are added: every stage comes often. */
const FIRST_NOTES = 48;
const NOTES_A_STEP = 14;
const NOTES = FIRST_NOTES + 8 * NOTES_A_STEP;
/** Longest wait of a random kill; starting, loading and embedding a step take about as long on an idle machine. */
const LONGEST_WAIT_MS = 1800;

interface Counts {
  readonly documents: number;
  readonly passages: number;
  readonly vectors: number;
}

test("holds every committed passage and finishes after 30 kills at random moments", async () => {
  const folder = tempFolder();
  const random = seededRandom(20_261);
  let notes = FIRST_NOTES;
  writeNotes(folder, 0, notes);
  const committed = new Set<string>();
  const orphans: number[] = [];
  const moments = new Map<string, number>();

  for (let kill = 1; kill <= KILLS; kill++) {
    const before = countsOf(folder);
    if (before.documents >= notes && notes < NOTES) {
      writeNotes(folder, notes, notes + NOTES_A_STEP);
      notes += NOTES_A_STEP;
    }
    const run = startRerank(["index", "docs"], { cwd: folder });
    const moment = await momentOf(kill, random, folder, before, run);
    // Looking for children takes many milliseconds, in which the moment would pass.
    if (moment !== "time") run.child.kill("SIGKILL");
    const children = run.inferenceIds();
    orphans.push(...children);
    // Every fifth time the models alone: the run goes on with a new process, and is killed a moment later.
    if (kill % 5 === 0) {
      for (const id of children) killNow(id);
      await waitAtMost(random() * LONGEST_WAIT_MS, () => run.hasEnded);
      orphans.push(...run.inferenceIds());
    }
    run.child.kill("SIGKILL");
    const { code, stderr } = await run.ended;
    if (code !== null) expect([code, stderr]).toEqual([0, expect.any(String)]);
    moments.set(moment, (moments.get(moment) ?? 0) + 1);

    const found = lookAt(folder, (store) => ({ problems: store.check(), content: contentOf(store) })) ?? { problems: [], content: [] };
    expect(found.problems).toEqual([]);
    expect(found.content.filter((line) => line.endsWith("without a vector"))).toEqual([]);
    const now = new Set(found.content);
    expect([...committed].filter((line) => !now.has(line))).toEqual([]);
    for (const line of now) committed.add(line);
    if (now.size > 0) {
      const { method, notices } = await recallMethod(folder);
      expect(method === "hnsw" || notices.some((line) => line.includes("scanning exactly"))).toBe(true);
      if (kill % 10 === 0) {
        const answer = await rerank(["search", "a teapot", "--recall", "hnsw", "--json"], { cwd: folder });
        expect([answer.code, answer.stderr.includes("unexpected error")]).toEqual([0, false]);
      }
    }
  }

  writeNotes(folder, notes, NOTES);
  const last = await rerank(["index", "docs", "--json"], { cwd: folder });
  expect([last.code, last.stderr.includes("error")]).toEqual([0, false]);
  expect(reportOf(last).total.documents).toBe(NOTES);
  const leftovers = readdirSync(storeFolder(folder)).filter((name) => name.endsWith(".new"));
  expect(leftovers).toEqual([]);

  const undisturbed = tempFolder();
  writeNotes(undisturbed, 0, NOTES);
  expect((await rerank(["index", "docs"], { cwd: undisturbed })).code).toBe(0);
  expect(lookAt(folder, contentOf)).toEqual(lookAt(undisturbed, contentOf));
  expect((await recallMethod(folder)).method).toBe("hnsw");
  expect(existsSync(join(folder, notePath(NOTES - 1)))).toBe(true);

  await waitAtMost(10_000, () => !orphans.some(isAlive));
  expect(orphans.filter(isAlive)).toEqual([]);
  // Kills hit all of: starting and embedding (by time), commits of vectors, commits of documents, saving.
  expect([...moments.keys()].toSorted()).toEqual(["documents", "saving", "time", "vectors"]);
}, 300_000);

/** Waits for the moment of this kill: a random time, or a random number of commits of one kind, or the writing of the graph. */
async function momentOf(kill: number, random: () => number, folder: string, before: Counts, run: RerankProcess): Promise<string> {
  const kind = (["time", "vectors", "time", "documents", "time", "saving"] as const)[kill % 6] ?? "time";
  const amount = random();
  if (kind === "time") {
    await waitAtMost(amount * LONGEST_WAIT_MS, () => run.hasEnded);
    return kind;
  }
  const more = 1 + Math.floor(amount * NOTES_A_STEP * 0.8);
  // One store stays open for all looks, each of which takes microseconds: the kill falls between two commits of a burst.
  let store: PassageStore | undefined;
  const hasCome = (): boolean => {
    if (kind === "saving") return existsSync(storeFolder(folder)) && readdirSync(storeFolder(folder)).some((name) => name.endsWith(".new"));
    if (lookAt(folder, (found) => found.readManifest()) === undefined) return false;
    store ??= openSqliteStore(storeFile(folder), { readOnly: true });
    // Vectors come a batch at a time, documents in a burst of commits: only these need looks without a pause.
    for (let look = 0; look < (kind === "documents" ? 50 : 1); look++) {
      const { vectors, documents } = store.counts();
      if (kind === "vectors" ? vectors > before.vectors : documents >= before.documents + more) return true;
    }
    return false;
  };
  while (!run.hasEnded && !hasCome()) await new Promise((resolve) => setTimeout(resolve, 1));
  store?.close();
  return kind;
}

function countsOf(folder: string): Counts {
  return lookAt(folder, (store) => store.counts()) ?? { documents: 0, passages: 0, vectors: 0 };
}

async function waitAtMost(ms: number, isOver: () => boolean): Promise<void> {
  const until = performance.now() + ms;
  while (performance.now() < until && !isOver()) await new Promise((resolve) => setTimeout(resolve, 5));
}

function killNow(id: number): void {
  try {
    process.kill(id, "SIGKILL");
  } catch {
    // ESRCH: it has ended already.
  }
}
