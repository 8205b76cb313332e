import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createWorkplace, expectExit, type Workplace } from "./support/workplace.ts";

interface ReportJson {
  readonly indexed: number;
  readonly skipped: readonly { readonly path: string; readonly reason: string; readonly detail: string }[];
  readonly warnings: readonly { readonly path: string; readonly warning: string }[];
}

const ENCRYPTED_PDF = fileURLToPath(new URL("../fixtures/readers/encrypted.pdf", import.meta.url));
const LONG_LINE_BYTES = 10_000_000;

let place: Workplace;
let report: ReportJson;

// One folder with everything that can go wrong, between two files that are well: one run tells about all of it.
beforeAll(async () => {
  const pdf = readFileSync(ENCRYPTED_PDF);
  place = createWorkplace({
    "docs/a-well.md": "# Apples\n\nApples keep for months in a cool cellar.\n",
    "docs/z-well.md": "# Zebras\n\nZebras graze on grass in the savannah.\n",
    "docs/empty.md": "",
    "docs/blank.txt": " \n\n\t\n",
    "docs/broken.pdf": pdf.subarray(0, 400),
    "docs/nonsense.pdf": "this is no PDF\n",
    "docs/broken.docx": "PK\u0003\u0004 and then nothing of a zip archive",
    "docs/lines.jsonl": '{"text":"The first record is about otters."}\n{"text": broken\n{"text":"The third record is about beavers."}\n',
    "docs/nulls.txt": "text\0\0\0\0with\0null\0bytes\0\0\0\0\0\0",
    "docs/photo.png": "\x89PNG\r\n",
    "docs/invalid.txt": Buffer.concat([Buffer.from("Badgers dig their setts in dry woods, "), Buffer.from([0xff, 0xfe, 0x80]), Buffer.from(" and they sleep by day.\n")]),
    "docs/large.txt": "large enough to be too large. ".repeat(4000),
    "docs/secret.md": "# Secret\n\nNobody may read this.\n",
    "docs/line\nbreak 🦊.md": "# Foxes\n\nFoxes sleep in dens.\n",
    "elsewhere/linked.md": "# Links\n\nA linked folder holds this page about hedgehogs.\n",
    "long/long.txt": `${"one endless line of words, ".repeat(LONG_LINE_BYTES / 27)}\n`,
  });
  copyFileSync(ENCRYPTED_PDF, place.path("docs/locked.pdf"));
  chmodSync(place.path("docs/secret.md"), 0);
  symlinkSync(place.path("docs"), place.path("docs/loop"));
  symlinkSync(place.path("elsewhere"), place.path("docs/link"));
  symlinkSync(place.path("nowhere"), place.path("docs/dangling.md"));
  chmodSync(place.folder, 0o777);
  const { stdout } = expectExit(
    await place.rerank(["index", "docs", "--follow", "--max-file-size", "100kB", "--json"], { unprivileged: true }),
    0,
  );
  report = JSON.parse(stdout) as ReportJson;
});
afterAll(() => place.remove());

test("every file that cannot be read is counted under its reason, and no other is", () => {
  const reasons = Object.fromEntries(report.skipped.map(({ path, reason }) => [path, reason]));
  expect(reasons).toEqual({
    "docs/blank.txt": "no-text",
    "docs/broken.docx": "damaged",
    "docs/broken.pdf": "damaged",
    "docs/dangling.md": "unreadable",
    "docs/empty.md": "empty",
    "docs/large.txt": "too-large",
    "docs/locked.pdf": "password-protected",
    "docs/loop": "symlink-loop",
    "docs/nonsense.pdf": "damaged",
    "docs/nulls.txt": "binary",
    "docs/photo.png": "binary",
    "docs/secret.md": "unreadable",
  });
  for (const { detail } of report.skipped) expect(detail).toMatch(/^[^\n]+$/);
});

test("the others are indexed, with a warning for the part of a file that is broken", () => {
  expect(report.indexed).toBe(6);
  const warned = report.warnings.filter(({ path }) => path === "docs/lines.jsonl");
  expect(warned).toEqual([{ path: "docs/lines.jsonl", warning: expect.stringMatching(/^docs\/lines\.jsonl:2: left out, no valid JSON/) }]);
});

test.each([
  ["apples in a cellar", "docs/a-well.md"],
  ["zebras on the savannah", "docs/z-well.md"],
  ["otters and beavers", "docs/lines.jsonl"],
  ["badgers in dry woods", "docs/invalid.txt"],
  ["hedgehogs", "docs/link/linked.md"],
])("%s are found after all of that", async (query, path) => {
  const { stdout } = expectExit(await place.rerank(["search", query, "--no-rerank", "-n", "1", "--files"]), 0);
  expect(stdout).toBe(`${path}\n`);
});

test("the report in text groups them, and --verbose says what is wrong with each", async () => {
  const { stdout } = expectExit(await place.rerank(["index"], { unprivileged: true }), 0);
  expect(stdout).toContain("skipped 12 files (--verbose says more)");
  expect(stdout).toMatch(/\n +3 damaged +docs\/broken\.docx, docs\/broken\.pdf, docs\/nonsense\.pdf\n/);
  const { stdout: verbose } = expectExit(await place.rerank(["index", "--verbose"], { unprivileged: true }), 0);
  expect(verbose).toMatch(/\n {6}docs\/large\.txt: 0\.1 MB \(120000 bytes\), the limit is 0\.1 MB\n/);
  expect(verbose).toMatch(/\n {6}docs\/secret\.md: no permission to read this file\n/);
});

test("a file that is unreadable for a while keeps its passages", async () => {
  place.write({ "moods/a.md": "# Moods\n\nToday this can be read.\n" });
  chmodSync(place.path("moods"), 0o777);
  expectExit(await place.rerank(["index", "a.md", "--index", ".rerank"], { cwd: "moods", unprivileged: true }), 0);
  place.write({ "moods/a.md": "# Moods\n\nTomorrow this cannot be read.\n" });
  chmodSync(place.path("moods/a.md"), 0);
  const { stdout } = expectExit(await place.rerank(["index", "--index", ".rerank", "--json"], { cwd: "moods", unprivileged: true }), 0);
  expect(JSON.parse(stdout)).toMatchObject({ skipped: [{ reason: "unreadable" }], removed: 0, total: { documents: 1 } });
});

test("a line of 10 MB is read to its end", async () => {
  mkdirSync(place.path("long/.rerank"));
  const dry = expectExit(await place.rerank(["index", "long.txt", "--dry-run", "--json", "--index", ".rerank"], { cwd: "long" }), 0);
  expect(JSON.parse(dry.stdout)).toMatchObject({ indexed: 1, skipped: [] });
  // Ranking reads and cuts the whole line; embedding its passages for an index would only take longer.
  const { stdout } = expectExit(await place.rerank(["rank", "endless words", "long.txt", "--budget", "1", "--files"], { cwd: "long" }), 0);
  expect(stdout).toBe("long.txt\n");
});

test("a file that is written all the while is skipped or read whole, never in part", async () => {
  place.write({ "busy/log.txt": "The first line of a log.\n" });
  const writer = spawn(process.execPath, [
    "-e",
    `const fs = require("node:fs"); const line = "another line of the log\\n".repeat(20_000);
     console.log("ready"); for (const end = Date.now() + 60_000; Date.now() < end;) fs.appendFileSync("log.txt", line) , fs.truncateSync("log.txt", 10);`,
  ], { cwd: place.path("busy"), stdio: ["ignore", "pipe", "inherit"] });
  try {
    await once(writer.stdout, "data");
    const { stdout } = expectExit(await place.rerank(["index", "log.txt", "--index", ".rerank", "--json"], { cwd: "busy" }), 0);
    const { indexed, skipped } = JSON.parse(stdout) as ReportJson;
    expect(indexed + skipped.length).toBe(1);
    for (const { reason } of skipped) expect(reason).toBe("changed-while-read");
  } finally {
    writer.kill("SIGKILL");
  }
});
