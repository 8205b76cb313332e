import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readHnswStamp } from "../../src/adapters/hnsw-files.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { lookAt, storeFolder } from "./support/index-look.ts";
import { writeNotes } from "./support/notes.ts";
import { reportOf, rerank } from "./support/rerank-process.ts";

const NOTES = 120;

let folder: string;
let disk: string | undefined;

function mountSmallDisk(sizeKilobytes: number): string {
  const mounted = join(folder, ".rerank");
  mkdirSync(mounted, { recursive: true });
  execFileSync("/bin/mount", ["-t", "tmpfs", "-o", `size=${sizeKilobytes}k`, "tmpfs", mounted]);
  return (disk = mounted);
}

function canMount(): boolean {
  try {
    folder = tempFolder();
    mountSmallDisk(64);
    execFileSync("/bin/umount", [join(folder, ".rerank")]);
    return true;
  } catch {
    // Not root, not Linux, or a container without the right to mount.
    return false;
  }
}

beforeEach(() => {
  folder = tempFolder();
});

afterEach(() => {
  if (disk !== undefined) execFileSync("/bin/umount", ["-l", disk]);
  disk = undefined;
});

/** Fills the disk up to the last `leftBytes`. */
function fillUp(leftBytes: number): string {
  const ballast = join(folder, ".rerank", "ballast");
  const { bavail, bsize } = statfsSync(join(folder, ".rerank"));
  writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - leftBytes)));
  return ballast;
}

describe.skipIf(!canMount())("on a full disk (skipped where a small file system cannot be mounted: needs root on Linux)", () => {
  test("an indexing run ends with one line and 2, keeps what was committed, and goes on when there is space", async () => {
    mountSmallDisk(32_768);
    writeNotes(folder, 0, 40);
    expect((await rerank(["index", "docs"], { cwd: folder })).code).toBe(0);
    writeNotes(folder, 40, NOTES);
    const ballast = fillUp(200_000);
    const full = await rerank(["index"], { cwd: folder });
    expect(full.stderr).toMatch(/rerank: the disk is full: cannot write .*; nothing that was committed is lost\n {2}hint: free some space/);
    expect(full.stderr).not.toContain("    at ");
    expect([full.code, full.stdout]).toEqual([2, ""]);
    const kept = lookAt(folder, (store) => ({ problems: store.check(), ...store.counts() }));
    expect(kept).toMatchObject({ problems: [], documents: 40, passages: 40 });
    // Searching needs no space.
    expect((await rerank(["search", "teapot", "--no-rerank"], { cwd: folder })).code).toBe(0);

    rmSync(ballast);
    const next = await rerank(["index", "--json"], { cwd: folder });
    expect(reportOf(next)).toMatchObject({ total: { documents: NOTES }, embedded: NOTES - (kept?.vectors ?? 0) });
  });

  test("searching and asking for the status need not one free byte", async () => {
    mountSmallDisk(32_768);
    writeNotes(folder, 0, 10);
    expect((await rerank(["index", "docs"], { cwd: folder })).code).toBe(0);
    fillUp(0);
    const answer = await rerank(["search", "teapot", "--no-rerank", "--json"], { cwd: folder });
    expect([answer.code, answer.stderr]).toEqual([0, ""]);
    expect((await rerank(["status"], { cwd: folder })).code).toBe(0);
    const index = await rerank(["index"], { cwd: folder });
    expect(index.stderr).toMatch(/rerank: .*(disk is full|no space).*\n {2}hint: free/);
    expect(index.code).toBe(2);
  });

  test("a graph that does not fit costs the run its success, and no passage", async () => {
    mountSmallDisk(32_768);
    writeNotes(folder, 0, 160);
    expect((await rerank(["index", "docs"], { cwd: folder })).code).toBe(0);
    // One more note: the store's log takes some of the room, and the graph, which is written anew, misses it.
    writeNotes(folder, 160, 161);
    const ballast = fillUp((readHnswStamp(storeFolder(folder))?.sizeBytes ?? 0) + 10_000);
    const { code, stderr } = await rerank(["index"], { cwd: folder });
    expect(stderr).toMatch(/rerank: the vector index cannot be written to .*\n {2}hint: free some space/);
    expect(code).toBe(2);
    expect(lookAt(folder, (store) => store.counts())).toMatchObject({ documents: 161, vectors: 161 });
    const answer = await rerank(["search", "teapot", "--recall", "hnsw", "--no-rerank"], { cwd: folder });
    expect([answer.code, answer.stderr]).toEqual([0, expect.stringContaining("scanning exactly")]);
    rmSync(ballast);
    expect(reportOf(await rerank(["index", "--json"], { cwd: folder }))).toMatchObject({ embedded: 0, unchanged: 161 });
  });
});

test.skipIf(process.platform !== "linux")("a stdout that takes nothing is an error with 2 (needs /dev/full)", async () => {
  writeNotes(folder, 0, 3);
  const full = openSync("/dev/full", "w");
  try {
    for (const args of [["index", "docs"], ["search", "teapot", "--no-rerank"], ["--help"], ["status", "--json"]]) {
      const { code, stderr } = await rerank(args, { cwd: folder, stdoutFile: full });
      expect([args, stderr]).toEqual([args, expect.stringMatching(/rerank: cannot write the output: no space left on the device\n {2}hint: /)]);
      expect(stderr).not.toContain("    at ");
      expect(code).toBe(2);
    }
  } finally {
    closeSync(full);
  }
  expect(lookAt(folder, (store) => store.counts().documents)).toBe(3);
});
