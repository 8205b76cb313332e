import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { withBlobLock } from "../../../src/adapters/hub/blob-lock.ts";

let folder: string;
let lockPath: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rerank-lock-"));
  lockPath = join(folder, "locks", "abc");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const free = { signal: undefined, onWait: () => {} };

test("tasks under one lock never overlap", async () => {
  let running = 0;
  let most = 0;
  const task = async (): Promise<void> => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, 20));
    running -= 1;
  };
  await Promise.all(Array.from({ length: 5 }, () => withBlobLock(lockPath, free, task)));
  expect(most).toBe(1);
  expect(readdirSync(join(folder, "locks"))).toEqual([]);
});

test("a task that throws gives the lock back", async () => {
  await expect(withBlobLock(lockPath, free, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  expect(await withBlobLock(lockPath, free, async () => "free")).toBe("free");
});

test("waiting ends when it is aborted, and says once that it waits", async () => {
  const controller = new AbortController();
  let waits = 0;
  let release = (): void => {};
  const holder = withBlobLock(lockPath, free, () => new Promise<void>((resolve) => (release = resolve)));
  await expect.poll(() => readdirSync(folder).length).toBe(1);
  const waiter = withBlobLock(lockPath, { signal: controller.signal, onWait: () => (waits += 1) }, async () => {});
  setTimeout(() => controller.abort(new Error("stop")), 400);
  await expect(waiter).rejects.toThrow("stop");
  expect(waits).toBe(1);
  release();
  await holder;
});

test("a lock of another machine counts until it has been silent for long", async () => {
  await withBlobLock(lockPath, free, async () => {});
  writeFileSync(lockPath, JSON.stringify({ pid: 1, host: "another-machine" }));
  const old = new Date(Date.now() - 60_000);
  utimesSync(lockPath, old, old);
  expect(await withBlobLock(lockPath, free, async () => "taken")).toBe("taken");
});
