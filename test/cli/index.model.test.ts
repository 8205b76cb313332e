import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createWorkplace, expectExit, expectUserError, type Workplace } from "./support/workplace.ts";

interface ReportJson {
  readonly indexed: number;
  readonly unchanged: number;
  readonly moved: number;
  readonly removed: number;
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
  readonly embedded: number;
  readonly total: { readonly documents: number; readonly passages: number };
}

const schema = JSON.parse(readFileSync(new URL("../../docs/index-report.schema.json", import.meta.url), "utf8")) as object;
const isReport = new Ajv2020({ allErrors: true }).compile(schema);
const text = (about: string) => `# ${about}\n\nA few plain words about ${about.toLowerCase()}, so that it can be found.\n`;

let place: Workplace;

beforeAll(() => {
  place = createWorkplace();
});
afterAll(() => place.remove());

async function report(args: readonly string[], cwd = "."): Promise<ReportJson> {
  const { stdout } = expectExit(await place.rerank(["index", ...args, "--json"], { cwd }), 0);
  const value: unknown = JSON.parse(stdout);
  expect(isReport(value) ? [] : isReport.errors).toEqual([]);
  return value as ReportJson;
}

async function pathsOf(cwd: string): Promise<string[]> {
  const { stdout } = expectExit(await place.rerank(["search", "words", "--no-rerank", "-c", "50", "-n", "50", "--files"], { cwd }), 0);
  return stdout.split("\n").slice(0, -1).toSorted();
}

describe("runs one after the other on one index", () => {
  test("a dry run says what would be done and writes nothing", async () => {
    place.write({ "life/docs/a.md": text("Apples"), "life/docs/b.md": text("Bread"), "life/docs/c.txt": "Cheese keeps for weeks.\n", "life/docs/empty.md": "" });
    const { stdout } = expectExit(await place.rerank(["index", "docs", "--dry-run"], { cwd: "life" }), 0);
    expect(stdout).toMatch(/^dry run: would index 3 files/);
    expect(stdout).toMatch(/would skip 1 file[^]*1 empty +docs\/empty\.md/);
    expect(readdirSync(place.path("life"))).toEqual(["docs"]);
  });

  test("the first one indexes all, names its model, and counts what it skips by reason", async () => {
    const { stdout, stderr } = expectExit(await place.rerank(["index", "docs"], { cwd: "life" }), 0);
    expect(stderr).toMatch(/^rerank: .*bundled pair mini.*\n$/);
    expect(stdout).toMatch(/^indexed 3 files, 3 passages in .*\nskipped 1 file.*\n +1 empty +docs\/empty\.md\nindex: 3 documents, 3 passages\n$/);
  });

  test("one without paths goes over the known folders again and finds nothing to do", async () => {
    const again = await report([], "life");
    expect(again).toMatchObject({ indexed: 0, unchanged: 3, moved: 0, removed: 0, embedded: 0, total: { documents: 3, passages: 3 } });
    expect(again.skipped).toMatchObject([{ path: "docs/empty.md", reason: "empty" }]);
    const { stdout } = expectExit(await place.rerank(["status"], { cwd: "life" }), 0);
    expect(stdout).toMatch(/files +up to date\n/);
  });

  test("changed, new, moved and removed files are each counted as such", async () => {
    mkdirSync(place.path("life/docs/old"));
    renameSync(place.path("life/docs/a.md"), place.path("life/docs/old/a.md"));
    rmSync(place.path("life/docs/b.md"));
    place.write({ "life/docs/c.txt": "Cheese keeps for months.\n", "life/docs/d.md": text("Dates") });
    const status = JSON.parse(expectExit(await place.rerank(["status", "--json"], { cwd: "life/docs" }), 0).stdout) as object;
    expect(status).toMatchObject({ counts: { documents: 3 }, hnswInStep: true, staleness: { changed: 1, added: 2, gone: 2, missingRoots: [] } });
    const dry = await report(["--dry-run"], "life");
    const real = await report([], "life");
    for (const each of [dry, real]) expect(each).toMatchObject({ indexed: 2, unchanged: 0, moved: 1, removed: 1 });
    expect(real).toMatchObject({ embedded: 2, total: { documents: 3 } });
    expect(await pathsOf("life")).toEqual(["docs/c.txt", "docs/d.md", "docs/old/a.md"]);
  });

  test("from a folder below, the index above is used", async () => {
    place.write({ "life/docs/old/e.md": text("Eggs") });
    expect(await report(["e.md"], "life/docs/old")).toMatchObject({ indexed: 1, total: { documents: 4 } });
    expect(readdirSync(place.path("life/docs/old")).toSorted()).toEqual(["a.md", "e.md"]);
    expect(await pathsOf("life/docs/old")).toEqual(["../c.txt", "../d.md", "a.md", "e.md"]);
  });

  test("a rebuild reads all anew under the same model and folders", async () => {
    expect(await report(["--rebuild"], "life")).toMatchObject({ indexed: 4, unchanged: 0, embedded: 4, total: { documents: 4 } });
    expect(await pathsOf("life")).toHaveLength(4);
  });

  test("a rebuild that fails leaves the old index as it was", async () => {
    expectUserError(await place.rerank(["index", "--rebuild", "--embedder", "./nowhere"], { cwd: "life" }), /no folder .*nowhere/, /ONNX/);
    expectUserError(await place.rerank(["index", "--rebuild", "--overlap-tokens", "200"], { cwd: "life" }), /overlap of 200 tokens/, /--overlap-tokens/);
    expect(await pathsOf("life")).toHaveLength(4);
  });

  test("a folder that has gone is named, and can be forgotten", async () => {
    rmSync(place.path("life/docs"), { recursive: true });
    expectUserError(await place.rerank(["index"], { cwd: "life" }), /^rerank: docs, which the index covers, is not there any more$/, /rerank index --forget docs$/);
    expect(await pathsOf("life")).toHaveLength(4);
    const { stdout: status } = expectExit(await place.rerank(["status"], { cwd: "life" }), 0);
    expect(status).toContain("2 roots missing (docs, docs/old/e.md)");
    const { stdout } = expectExit(await place.rerank(["index", "--forget", "docs"], { cwd: "life" }), 0);
    expect(stdout).toBe("removed 4 documents from the index\n");
    expectExit(await place.rerank(["search", "words"], { cwd: "life" }), 1);
  });
});

describe("what is read", () => {
  test("--include, --exclude and --hidden decide, and hold for later runs", async () => {
    place.write({
      "pick/docs/a.md": text("Apples"),
      "pick/docs/b.txt": "Bread is baked.\n",
      "pick/docs/drafts/c.md": text("Cheese"),
      "pick/docs/.secret/d.md": text("Dates"),
    });
    await report(["docs", "--include", "*.md", "--exclude", "drafts"], "pick");
    expect(await pathsOf("pick")).toEqual(["docs/a.md"]);
    place.write({ "pick/docs/e.md": text("Eggs"), "pick/docs/f.txt": "Figs are sweet.\n" });
    expect(await report([], "pick")).toMatchObject({ indexed: 1, unchanged: 1 });
    expect(await report(["docs", "--hidden", "--exclude", "*.txt"], "pick")).toMatchObject({ indexed: 2, removed: 0 });
    expect(await pathsOf("pick")).toEqual(["docs/.secret/d.md", "docs/a.md", "docs/drafts/c.md", "docs/e.md"]);
  });

  test(".gitignore and .rerankignore are followed", async () => {
    place.write({
      "ignore/docs/.gitignore": "build/\n*.log\n",
      "ignore/docs/.rerankignore": "private.md\n",
      "ignore/docs/a.md": text("Apples"),
      "ignore/docs/private.md": text("Diaries"),
      "ignore/docs/run.log": "Nothing happened.\n",
      "ignore/docs/build/b.md": text("Bread"),
    });
    expect(await report(["docs"], "ignore")).toMatchObject({ indexed: 1, skipped: [] });
    expect(await pathsOf("ignore")).toEqual(["docs/a.md"]);
  });

  test("a file that was named itself stays, also when the folder around it is indexed again", async () => {
    place.write({ "named/docs/.gitignore": "*.log\n", "named/docs/a.md": text("Apples"), "named/docs/run.log": "Pumpkins were counted.\n" });
    expect(await report(["docs", "docs/run.log"], "named")).toMatchObject({ indexed: 2 });
    expect(await report(["docs"], "named")).toMatchObject({ indexed: 0, unchanged: 2, removed: 0 });
  });

  test("an empty folder makes an empty index, and a search in it says so", async () => {
    mkdirSync(place.path("bare/docs"), { recursive: true });
    expect(await report(["docs"], "bare")).toMatchObject({ indexed: 0, total: { documents: 0, passages: 0 } });
    expect(expectExit(await place.rerank(["search", "x"], { cwd: "bare" }), 1)).toMatchObject({ stdout: "", stderr: expect.stringMatching(/^nothing to search in/) });
  });

  test("other options than the index was built with are refused with what to do", async () => {
    expectUserError(await place.rerank(["index", "docs", "--passage-tokens", "128"], { cwd: "pick" }), /passages of 256 tokens, not 128/, /--rebuild/);
    expect(await pathsOf("pick")).toHaveLength(4);
  });

  test("a folder that may not be written is named, and nothing is lost", async () => {
    place.write({ "closed/docs/a.md": text("Apples") });
    const before = statSync(place.path("closed")).mtimeMs;
    expectUserError(await place.rerank(["index", "docs"], { cwd: "closed", unprivileged: true }), /cannot write to .*closed\/\.rerank/, /--index <folder>/);
    expect(statSync(place.path("closed")).mtimeMs).toBe(before);
    expectExit(await place.rerank(["index", "docs"], { cwd: "closed" }), 0);
    const { stdout } = expectExit(await place.rerank(["search", "apples", "--files"], { cwd: "closed", unprivileged: true }), 0);
    expect(stdout).toBe("docs/a.md\n");
    expectUserError(await place.rerank(["index"], { cwd: "closed", unprivileged: true }), /closed\/\.rerank/, /permissions/);
  });
});
