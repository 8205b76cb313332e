import { execFileSync, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeEach, expect, test } from "vitest";
import { tempFolder } from "../support/temp-folder.ts";
import { lookAt } from "./support/index-look.ts";
import { writeNotes } from "./support/notes.ts";

const PROGRAM = fileURLToPath(new URL("../../bin/rerank.js", import.meta.url));

let folder: string;

beforeEach(() => {
  folder = tempFolder();
  writeNotes(folder, 0, 12);
});

/** A pipeline in bash: `$RERANK` is the program. Exit code of the program itself on the last line of stdout. */
function pipeline(script: string) {
  const { stdout, stderr } = spawnSync("bash", ["-c", `${script}\necho "code \${PIPESTATUS[0]}"`], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, RERANK: `${process.execPath} ${PROGRAM}` },
  });
  return { code: Number(/code (\d+)\n$/.exec(stdout)?.[1]), stdout: stdout.replace(/code \d+\n$/, ""), stderr };
}

function hasBash(): boolean {
  try {
    execFileSync("bash", ["-c", "true"]);
    return true;
  } catch {
    // Windows without bash.
    return false;
  }
}

test.skipIf(!hasBash())("a reader that goes away is a normal end of indexing and searching (needs bash)", () => {
  const index = pipeline("$RERANK index docs | true");
  expect([index.code, index.stderr.includes("Error")]).toEqual([0, false]);
  expect(lookAt(folder, (store) => store.counts().documents)).toBe(12);
  const search = pipeline("$RERANK search teapot | true");
  expect([search.code, search.stderr]).toEqual([0, ""]);
  const first = pipeline("$RERANK search teapot --jsonl --no-rerank | head -n 1");
  expect([first.code, first.stdout.trim().split("\n").length, first.stderr]).toEqual([0, 1, ""]);
  const many = pipeline("yes 'a teapot on the roof' | head -n 200 | $RERANK search --no-rerank | head -n 1");
  expect([many.stdout.trim().split("\n").length, many.stderr]).toEqual([1, ""]);
});
