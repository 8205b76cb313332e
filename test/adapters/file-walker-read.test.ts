import { appendFileSync, chmodSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { FoundFile } from "../../src/ports/file-source.ts";
import { createFileWalker } from "../../src/adapters/file-walker.ts";
import { listTree, makeNamedPipe, makeTree } from "./walk-fixture.ts";

function found(base: string, name: string): FoundFile {
  const absolutePath = path.join(base, name);
  const { size, mtimeMs } = statSync(absolutePath);
  return { path: name, absolutePath, sizeBytes: size, mtimeMs };
}

describe("reading", () => {
  test("gives the bytes as they are now, though the file changed since it was listed", async () => {
    const base = makeTree({ "a.txt": "old" });
    const file = found(base, "a.txt");
    writeFileSync(file.absolutePath, "newer text");
    expect(Buffer.from(await createFileWalker({ baseFolder: base }).read(file)).toString()).toBe("newer text");
  });

  test("skips a file that is gone, and one that became a folder or a pipe", async () => {
    const base = makeTree({ "a.txt": "", "b.txt": "", "c.txt": "" });
    const { read } = createFileWalker({ baseFolder: base });
    const [gone, folder, pipe] = ["a.txt", "b.txt", "c.txt"].map((name) => found(base, name));
    for (const name of ["a.txt", "b.txt", "c.txt"]) rmSync(path.join(base, name));
    mkdirSync(path.join(base, "b.txt"));
    await expect(read(gone!)).rejects.toMatchObject({ name: "SkippedDocument", reason: "vanished" });
    await expect(read(folder!)).rejects.toMatchObject({ reason: "not-a-file" });
    if (process.platform === "win32") return;
    makeNamedPipe(path.join(base, "c.txt"));
    await expect(read(pipe!)).rejects.toMatchObject({ reason: "not-a-file" });
  });

  test("skips a file that changes each time it is read", async () => {
    const base = makeTree({ "growing.log": "x".repeat(5_000_000) });
    const file = found(base, "growing.log");
    let isWriting = true;
    // Runs whenever the reader waits for the disk: so the file never is the same before and after.
    const grow = () => {
      if (!isWriting) return;
      appendFileSync(file.absolutePath, "more\n");
      setImmediate(grow);
    };
    grow();
    await expect(createFileWalker({ baseFolder: base }).read(file)).rejects.toMatchObject({ reason: "changed-while-read" });
    isWriting = false;
    expect((await createFileWalker({ baseFolder: base }).read(file)).length).toBe(statSync(file.absolutePath).size);
  });
});

/** Root may read everything, so for these tests the process becomes somebody else; `false` where it cannot. */
function becomeNobody(): boolean {
  if (process.platform === "win32" || process.getuid === undefined || process.seteuid === undefined) return false;
  if (process.getuid() !== 0) return true;
  try {
    process.seteuid(65_534);
    return true;
  } catch {
    // A container without the right to change users, or a worker thread.
    return false;
  }
}

describe("without permission", () => {
  test("a folder and a file are skipped as unreadable, and the others are listed", async (context) => {
    const base = makeTree({ "locked/a.txt": "", "open/b.txt": "b", "secret.txt": "s" });
    chmodSync(base, 0o755);
    chmodSync(path.join(base, "locked"), 0);
    chmodSync(path.join(base, "secret.txt"), 0);
    const secret = found(base, "secret.txt");
    // What is loaded on first use must be loaded while everything can be read.
    await listTree(base);
    onTestFinished(() => {
      if (process.getuid?.() === 0) process.seteuid?.(0);
      chmodSync(path.join(base, "locked"), 0o755);
    });
    if (!becomeNobody()) return context.skip("this process can neither be denied anything nor become another user");
    const { files, skipped } = await listTree(base);
    expect(files).toEqual(["open/b.txt", "secret.txt"]);
    expect(skipped).toEqual([{ path: "locked", reason: "unreadable", detail: "no permission to read this folder" }]);
    await expect(createFileWalker({ baseFolder: base }).read(secret)).rejects.toMatchObject({ reason: "unreadable", message: "secret.txt: no permission to read this file" });
  });
});
