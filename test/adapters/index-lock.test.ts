import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { acquireIndexLock, type IndexLockHolder } from "../../src/adapters/index-lock.ts";
import { UserError } from "../../src/domain/errors.ts";
import { asUnprivileged } from "./unprivileged.ts";

let folder: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rerank-lock-"));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

const HOLDER_SCRIPT = `
const [module, folder] = process.argv.slice(1);
const db = new (require(module))(require("node:path").join(folder, "lock.sqlite"));
db.exec("BEGIN EXCLUSIVE");
require("node:fs").writeFileSync(require("node:path").join(folder, "lock.json"),
  JSON.stringify({ pid: process.pid, command: "rerank index ./docs", startedAt: new Date().toISOString() }));
console.log("held");
setInterval(() => db.open, 1000);
`;

/** Another process that holds the lock, as `rerank index` would: the same file, the same transaction. */
async function startHolder(): Promise<ChildProcess> {
  const module = createRequire(import.meta.url).resolve("better-sqlite3");
  const child = spawn(process.execPath, ["-e", HOLDER_SCRIPT, module, folder], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  await once(child.stdout, "data");
  return child;
}

describe("the lock of an index", () => {
  test("is taken, released and taken again", async () => {
    const first = await acquireIndexLock(folder, { command: "rerank index .", wait: false });
    expect(existsSync(join(folder, "lock.json"))).toBe(true);
    first.release();
    first.release();
    expect(existsSync(join(folder, "lock.json"))).toBe(false);
    const second = await acquireIndexLock(folder, { command: "rerank index .", wait: false });
    second.release();
    expect(statSync(join(folder, "lock.sqlite")).size).toBe(0);
  });

  test("names the process that holds it", async () => {
    const holder = await startHolder();
    const attempt = acquireIndexLock(folder, { command: "rerank index .", wait: false });
    await expect(attempt).rejects.toThrow(UserError);
    await expect(attempt).rejects.toThrow(
      new RegExp(`^another rerank process holds the index: pid ${holder.pid}, \`rerank index ./docs\`, since \\d\\d:\\d\\d$`),
    );
  });

  test("is waited for, and comes when the holder is killed", async () => {
    const holder = await startHolder();
    const waitedFor: (IndexLockHolder | undefined)[] = [];
    const waiting = acquireIndexLock(folder, {
      command: "rerank index .",
      wait: true,
      onWaiting(found) {
        waitedFor.push(found);
        setTimeout(() => holder.kill("SIGKILL"), 600);
      },
    });
    (await waiting).release();
    expect(waitedFor.map((found) => found?.pid)).toEqual([holder.pid]);
  });

  test("is free at once after its holder was killed, whatever it left behind", async () => {
    const holder = await startHolder();
    holder.kill("SIGKILL");
    await once(holder, "exit");
    expect(existsSync(join(folder, "lock.json"))).toBe(true);
    (await acquireIndexLock(folder, { command: "rerank index .", wait: false })).release();
  });

  test("keeps out a second taker in the same process", async () => {
    const lock = await acquireIndexLock(folder, { command: "rerank serve", wait: false });
    await expect(acquireIndexLock(folder, { command: "rerank index .", wait: false })).rejects.toThrow(
      `pid ${process.pid}, \`rerank serve\``,
    );
    lock.release();
  });

  test("says nothing about a holder whose name cannot be read", async () => {
    await startHolder();
    writeFileSync(join(folder, "lock.json"), "{");
    await expect(acquireIndexLock(folder, { command: "rerank index .", wait: false })).rejects.toThrow(
      /^another rerank process holds the index$/,
    );
  });

  test("stops waiting when aborted, with the signal's reason", async () => {
    await startHolder();
    const controller = new AbortController();
    const reason = new Error("stopped by the user");
    const waiting = acquireIndexLock(folder, {
      command: "rerank index .",
      wait: true,
      signal: controller.signal,
      onWaiting: () => controller.abort(reason),
    });
    await expect(waiting).rejects.toBe(reason);
  });

  test("is the user's error in a folder that cannot be written", async () => {
    chmodSync(folder, 0o555);
    const attempt = asUnprivileged(() => acquireIndexLock(folder, { command: "rerank index .", wait: false }));
    await expect(attempt).rejects.toThrow(UserError);
    chmodSync(folder, 0o755);
  });

  test("is the user's error in a folder that is not there", async () => {
    const attempt = acquireIndexLock(join(folder, "missing"), { command: "rerank index .", wait: false });
    await expect(attempt).rejects.toThrow(UserError);
  });
});
