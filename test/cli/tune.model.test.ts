import { existsSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TWO_LAYERS, writeSyntheticCheckpoint } from "../support/synthetic-checkpoint.ts";
import { createWorkplace, expectExit, expectUserError, type Workplace } from "./support/workplace.ts";

interface Point {
  readonly candidates: number;
  readonly dimensions: number;
  readonly survival: number;
}

interface TuneJson {
  readonly queries: readonly { readonly text: string; readonly source: string }[];
  readonly pool: number;
  readonly passages: number;
  readonly points: readonly Point[];
  readonly outcome: string;
  readonly recommendation: Point | null;
  readonly written: readonly { readonly key: string; readonly value: number; readonly file: string }[];
  readonly notices: readonly string[];
}

const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync(new URL("../../docs/tune.schema.json", import.meta.url), "utf8")) as object,
);

function parse(json: string): TuneJson {
  const value: unknown = JSON.parse(json);
  expect(validate(value) ? [] : validate.errors).toEqual([]);
  return value as TuneJson;
}

const SUBJECTS = ["kettles", "bicycles", "wine", "foxes", "bread", "tulips", "violins", "volcanoes", "tea", "lighthouses", "bees", "glaciers", "chess", "salt"];
const DOCUMENTS = Object.fromEntries(
  SUBJECTS.map((subject, number) => [`docs/${subject}.md`, `# How to look after ${subject}\n\nA page about ${subject}. There are ${number + 2} rules, and the first one is patience.\n`]),
);

let place: Workplace;

beforeAll(async () => {
  place = createWorkplace({ ...DOCUMENTS, "small/one.md": "# One page\n\nThere is nothing else here.\n" });
  expectExit(await place.rerank(["index", "docs", "--models", "mini"]), 0);
  expectExit(await place.rerank(["index", ".", "--index", ".rerank", "--models", "mini"], { cwd: "small" }), 0);
});
afterAll(() => place.remove());

describe("rerank tune", () => {
  test("draws queries from headings, and finds a setting that keeps the reranker's top 10", async () => {
    const { stdout, stderr } = expectExit(await place.rerank(["tune", "--queries", "4", "--json"]), 0);
    const tuning = parse(stdout);
    expect(tuning.queries).toHaveLength(4);
    for (const { text, source } of tuning.queries) expect([source, text]).toEqual(["heading", expect.stringMatching(/^How to look after \w+$/)]);
    expect([tuning.pool, tuning.passages]).toEqual([14, 14]);
    expect(tuning.points.map(({ candidates }) => candidates)).toEqual([5, 10, 14]);
    expect(tuning.points.at(-1)?.survival).toBe(1);
    expect(tuning.recommendation?.survival).toBeGreaterThanOrEqual(0.95);
    expect(stderr).toContain("rerank: 4 queries drawn from the index's own headings and sentences;");
    expect(tuning.notices).toContainEqual("mini (embedder) is not trained for shorter vectors: only its own 384 numbers are tried");
  });

  test("asks the given queries, prints a table, and marks the setting found in it", async () => {
    const { stdout, stderr } = expectExit(await place.rerank(["tune", "how often do bees need water?", "salt on bread"]), 0);
    expect(stdout).toMatch(/^2 queries · all 14 passages judged for each · mini\n\ncandidates +kept +95 % interval +mean +p95/);
    expect(stdout).toMatch(/^→ +1\d/m);
    expect(stdout).toMatch(/^1\d candidates.* keep .* of the reranker's top 10 \[\d+, \d+\] in .*\nnote: 2 queries are few: /m);
    expect(stderr).not.toContain("drawn");
  });

  test("takes queries from stdin", async () => {
    const { stdout } = expectExit(await place.rerank(["tune", "--from", "-", "--json"], { stdin: "wine in the cellar\n\n" }), 0);
    expect(parse(stdout).queries).toEqual([{ text: "wine in the cellar", source: "stdin" }]);
  });

  test("within a budget that nothing fits, exit code 1, and nothing is written", async () => {
    const run = expectExit(await place.rerank(["tune", "wine", "--budget", "1ms", "--write", "--project"]), 1);
    expect(run.stdout).toContain("Not even 5 candidates are judged within 1 ms");
    expect(run.stderr).toContain("rerank: nothing was written");
    expect(existsSync(place.path(".rerankrc.json"))).toBe(false);
  });

  test("does not write the end of a pool that is too small, which keeps all by construction", async () => {
    const run = expectExit(await place.rerank(["tune", "wine in the cellar", "--max-candidates", "11", "--keep", "1", "--write", "--project"]), 1);
    expect(run.stdout).toContain("Only all 11 candidates keep 100 % of a top 10 that was taken from them");
    expect(run.stdout).toContain("--max-candidates 14.");
    expect(run.stderr).toMatch(/\nrerank: nothing was written: no setting was found\n$/);
    expect(existsSync(place.path(".rerankrc.json"))).toBe(false);
  });

  test("writes what it finds into the project's file, where searches read it", async () => {
    const { stdout } = expectExit(await place.rerank(["tune", "wine in the cellar", "--keep", "1", "--write", "--project", "--json"]), 0);
    const { written, recommendation } = parse(stdout);
    expect(written).toEqual([{ key: "candidates", value: recommendation?.candidates, file: expect.any(String) as unknown }]);
    expect(JSON.parse(readFileSync(written[0]?.file ?? "", "utf8"))).toEqual({ candidates: recommendation?.candidates });
    expect(written[0]?.file.startsWith(place.folder)).toBe(true);
    const next = parse(expectExit(await place.rerank(["tune", "wine in the cellar", "--json"]), 0).stdout);
    expect(next).toMatchObject({ current: { candidates: recommendation?.candidates }, written: [] });
    expectExit(await place.rerank(["config", "unset", "candidates", "--project"]), 0);
  });

  test("writes into the user's file, and says that another source goes before it", async () => {
    const run = expectExit(await place.rerank(["tune", "wine in the cellar", "--write"], { env: { RERANK_CANDIDATES: "60" } }), 0);
    expect(run.stdout).toMatch(/\ncandidates 1\d: wrote \/.*config\.json\n$/);
    expect(run.stderr).toMatch(/rerank: candidates comes from RERANK_CANDIDATES for now, which goes before \/.*config\.json\n$/);
    expectExit(await place.rerank(["config", "unset", "candidates"]), 0);
  });

  test("says that the project's file goes before the user's, and how to write that one", async () => {
    expectExit(await place.rerank(["config", "set", "candidates", "13", "--project"]), 0);
    const run = expectExit(await place.rerank(["tune", "wine in the cellar", "--write", "--json"]), 0);
    const notice = /^candidates comes from \/.*\.rerankrc\.json for now, which goes before \/.*config\.json: to change that one, add --project$/;
    expect(parse(run.stdout).notices.at(-1)).toMatch(notice);
    expect(run.stderr.trimEnd().split("\n").at(-1)).toMatch(/^rerank: candidates comes from .*, add --project$/);
    expectExit(await place.rerank(["config", "unset", "candidates"]), 0);
    expectExit(await place.rerank(["config", "unset", "candidates", "--project"]), 0);
  });

  test("a file that is edited by hand costs nothing of what was measured", async () => {
    place.write({ "by-hand/.rerankrc.yaml": "# mine\nlimit: 5\n" });
    const run = await place.rerank(["tune", "wine in the cellar", "--write", "--project"], { cwd: "by-hand" });
    expect(run).toMatchObject({ exitCode: 2, stdout: expect.stringContaining("of the reranker's top 10") });
    expect(run.stderr).toMatch(/rerank: .*\.rerankrc\.yaml is YAML, .*\n {2}hint: edit it by hand: add the line: candidates: 1\d\n$/);
  });

  test("an index of one page has nothing to tune", async () => {
    const run = expectExit(await place.rerank(["tune"], { cwd: "small" }), 1);
    expect(run.stdout).toContain("1 passage and a top 10: the index is too small for anything to get lost.");
    expect(run.stderr).toContain("2 queries, all that there are, drawn from the index's own headings and sentences;");
  });

  test("refuses what makes no sense, before any model loads", async () => {
    expectUserError(await place.rerank(["tune", "--keep", "0"]), '--keep is "0"', "top 10");
    expectUserError(await place.rerank(["tune", ""]), "the query is empty", "rerank tune");
    expectUserError(await place.rerank(["tune", "--from", "none.txt"]), "none.txt does not exist", "--from");
    expectUserError(await place.rerank(["tune", "--index", "nowhere"]), /nowhere/, /rerank index/);
  });
});

describe("rerank tune with a Qwen3 embedder", () => {
  test("tries its Matryoshka sizes; a shorter one is written for the next rebuild", async () => {
    writeSyntheticCheckpoint(place.path("tiny-embedding"), TWO_LAYERS);
    expectExit(await place.rerank(["index", "docs", "--index", "qwen/.rerank", "--models", "mini", "--embedder", "./tiny-embedding:fp32"]), 0);
    const args = ["tune", "wine in the cellar", "bees", "--index", "qwen/.rerank", "--keep", "0.01", "--write"];
    const { stdout, stderr } = expectExit(await place.rerank([...args, "--json"]), 0);
    const { points, written, notices } = parse(stdout);
    expect(points.map(({ candidates, dimensions }) => [candidates, dimensions])).toEqual([[5, 64], [5, 32], [10, 64], [10, 32], [14, 64], [14, 32]]);
    expect(points.slice(-2).map(({ survival }) => survival)).toEqual([1, 1]);
    expect(notices.join()).not.toContain("not trained");
    expect(written.map(({ key, value }) => [key, value])).toEqual([["candidates", 5], ["dimensions", 32]]);
    expect(stderr).toContain("rerank: searches show 10 results, and 5 candidates give no more than 5");
    expect(stderr).toContain("rerank: the index keeps its vectors until it is built anew: rerank index --rebuild\n");
    expectExit(await place.rerank(["index", "--index", "qwen/.rerank", "--rebuild"]), 0);
    expect(expectExit(await place.rerank(["status", "--index", "qwen/.rerank"]), 0).stdout).toContain("14 of 32 dimensions");
    const again = parse(expectExit(await place.rerank(["tune", "wine in the cellar", "--index", "qwen/.rerank", "--json"]), 0).stdout);
    expect(new Set(again.points.map(({ dimensions }) => dimensions))).toEqual(new Set([32]));
    expect(again.notices).toContainEqual("vectors of 32 numbers are too short to be cut");
  });
});
