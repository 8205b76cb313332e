import { chmodSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { tempFolder } from "../support/temp-folder.ts";
import { writeNotes } from "./support/notes.ts";
import { rerank } from "./support/rerank-process.ts";

const NOBODY = 65_534;
/** Root writes everywhere: its tests run the program as a user who does not. */
const asReader = process.geteuid?.() === 0 ? { userId: NOBODY } : {};

let folder: string;

beforeEach(() => {
  folder = tempFolder();
  chmodSync(folder, 0o755);
  writeNotes(folder, 0, 5);
});

function makeReadOnly(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) makeReadOnly(join(path, entry.name));
    else chmodSync(join(path, entry.name), 0o444);
  }
  chmodSync(path, 0o555);
}

test.skipIf(process.platform === "win32")("indexing into a folder that cannot be written is one line with a way out", async () => {
  chmodSync(folder, 0o555);
  const { code, stdout, stderr } = await rerank(["index", "docs"], { cwd: folder, ...asReader });
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/^rerank: cannot write to .*\n {2}hint: .*--index <folder>\n$/);
  chmodSync(folder, 0o755);
});

test.skipIf(process.platform === "win32")("an index that cannot be written is searched, looked at, and refused to write", async () => {
  expect((await rerank(["index", "docs"], { cwd: folder })).code).toBe(0);
  makeReadOnly(folder);
  const answer = await rerank(["search", "the bicycle", "--json"], { cwd: folder, ...asReader });
  expect([answer.code, answer.stderr]).toEqual([0, ""]);
  expect((JSON.parse(answer.stdout) as { results: { path: string }[] }).results[0]?.path).toBe("docs/note-001.md");
  expect(await rerank(["status"], { cwd: folder, ...asReader })).toMatchObject({ code: 0, stderr: "" });
  const refused = await rerank(["index"], { cwd: folder, ...asReader });
  expect(refused.stderr).toMatch(/^rerank: [^\n]*\n {2}hint: .*--index <folder>\n$/);
  expect(refused.code).toBe(2);
  chmodSync(folder, 0o755);
  for (const path of [".rerank", ".rerank/generation-1", "docs"]) chmodSync(join(folder, path), 0o755);
});
