import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createWorkplace, expectExit, expectUserError, type Run, type Workplace } from "./support/workplace.ts";

interface SearchJson {
  readonly query: string;
  readonly queryId?: string;
  readonly candidates: number;
  readonly judged: number;
  readonly partial: boolean;
  readonly notices: readonly string[];
  readonly settings: { readonly recallMethod: string };
  readonly recallOrder?: readonly number[];
  readonly results: readonly {
    readonly rank: number;
    readonly recallRank: number;
    readonly relevance: number | null;
    readonly similarity: number;
    readonly path: string;
    readonly absolutePath: string;
  }[];
}

const schema = JSON.parse(readFileSync(new URL("../../docs/search-result.schema.json", import.meta.url), "utf8")) as object;
const ajv = new Ajv2020({ allErrors: true });
const isSearch = ajv.compile(schema);
const isResult = ajv.compile({ $ref: "search-result.schema.json#/$defs/result" });

const QUESTION = "How do I get limescale out of a kettle?";
let place: Workplace;
/** Of QUESTION, with --explain. */
let answer: SearchJson;

beforeAll(async () => {
  place = createWorkplace({
    "docs/kettle.md": "# Kettle\n\nBoil vinegar or citric acid in the kettle, wait, and rinse: the limescale is gone.\n\n## Filters\n\nA filter jug keeps limescale out of the kettle.\n",
    "docs/tyres.md": "# Tyres\n\nA city bicycle needs about four bar of air in its tyres.\n",
    "docs/capital.txt": "中国的首都是北京。北京有两千多万人口。\n",
    "notes/wine.md": "# Wine\n\nStore red wine lying down, in the dark, at twelve degrees.\n",
    "notes/odd\nname 🦊.md": "# Foxes\n\nFoxes sleep in dens and hunt mice at night.\n",
    "empty/.keep": "",
  });
  // Passages this small make two of the kettle's sections.
  expectExit(await place.rerank(["index", "docs", "notes", "--passage-tokens", "32", "--overlap-tokens", "0"]), 0);
  answer = await search([QUESTION, "--explain"]);
});
afterAll(() => place.remove());

async function search(args: readonly string[], cwd = "."): Promise<SearchJson> {
  const { stdout } = expectExit(await place.rerank(["search", "-c", "5", ...args, "--json"], { cwd }), 0);
  return parse(stdout);
}

function parse(json: string): SearchJson {
  const value: unknown = JSON.parse(json);
  expect(isSearch(value) ? [] : isSearch.errors).toEqual([]);
  return value as SearchJson;
}

function lines({ stdout }: Run): string[] {
  return stdout.split("\n").slice(0, -1);
}

describe("formats", () => {
  test("text shows rank, movement, relevance, similarity, place, heading and the part that answers", async () => {
    const { stdout, stderr } = expectExit(await place.rerank(["search", QUESTION, "-c", "5"]), 0);
    expect(stdout).toMatch(/^1 +(=|↑\d|↓\d) +0\.\d+ +0\.\d+ +docs\/kettle\.md:\d\S* +Kettle/);
    expect(stdout).toContain("limescale");
    expect(stderr).toBe("");
  });

  test("JSON follows its schema, its ranks and movements are one order, and --explain adds the first stage's", () => {
    const { results, candidates, judged, partial, query, recallOrder } = answer;
    expect({ query, candidates, judged, partial }).toEqual({ query: QUESTION, candidates: 5, judged: 5, partial: false });
    expect(results.map(({ rank }) => rank)).toEqual([1, 2, 3, 4, 5]);
    expect(results.map(({ recallRank }) => recallRank).toSorted()).toEqual([1, 2, 3, 4, 5]);
    expect(results[0]).toMatchObject({ path: "docs/kettle.md", absolutePath: place.path("docs/kettle.md") });
    const relevances = results.map(({ relevance }) => relevance ?? -1);
    expect(relevances).toEqual(relevances.toSorted((a, b) => b - a));
    expect(recallOrder).toHaveLength(5);
  });

  test("JSONL gives a line per result", async () => {
    const results = lines(expectExit(await place.rerank(["search", QUESTION, "-c", "5", "-n", "3", "--jsonl"]), 0)).map((line) => JSON.parse(line) as object);
    expect(results).toHaveLength(3);
    for (const result of results) expect(isResult(result) ? [] : isResult.errors).toEqual([]);
  });

  test("CSV, Markdown and --explain show the same results", async () => {
    const [csv, markdown, explained] = await Promise.all(
      ["--csv", "--markdown", "--explain"].map(async (flag) => expectExit(await place.rerank(["search", QUESTION, "-c", "5", "-n", "2", flag]), 0).stdout),
    );
    expect(csv).toMatch(/^query,rank,recallRank,.*\nHow do I/);
    expect(markdown).toContain("(docs/kettle.md");
    expect(explained).toMatch(/first stage, by similarity[^]*after reranking/);
    expect(explained).toMatch(/timings +embed .* recall .* rerank .* total/);
  });

  test("paths come each once, and raw with a null byte", async () => {
    const plain = expectExit(await place.rerank(["search", "kettle", "-c", "6", "--files", "--path", "docs/**"]), 0);
    expect(lines(plain).toSorted()).toEqual(["docs/capital.txt", "docs/kettle.md", "docs/tyres.md"]);
    const raw = expectExit(await place.rerank(["search", "foxes", "-c", "5", "-n", "1", "--files", "-0"]), 0);
    expect(raw.stdout).toBe("notes/odd\nname 🦊.md\0");
  });

  // What it is in JSON stands with --path.
  test("a file name with a line break is one line of text", async () => {
    const { stdout } = expectExit(await place.rerank(["search", "foxes", "-c", "5", "-n", "1"]), 0);
    expect(stdout.split("\n")[0]).toMatch(/notes\/odd\S+name 🦊\.md/);
  });

  test.each([
    ["--explain", "--csv", /--explain has no place in --csv/],
    ["--null", "--csv", /--null ends paths/],
  ])("%s with %s is refused instead of ignored", async (first, second, message) => {
    expectUserError(await place.rerank(["search", "x", first, second]), message, /\S/);
  });

  test("a reader that has seen enough is a normal end", async () => {
    const { stderr } = expectExit(await place.rerank(["search", QUESTION, "-c", "5"], { closeAfterFirstOutput: true }), 0);
    expect(stderr).toBe("");
  });
});

describe("what is found", () => {
  test("--no-rerank keeps the first stage's order and judges nothing", async () => {
    const { results, judged } = await search([QUESTION, "--no-rerank"]);
    expect(judged).toBe(0);
    expect(results.map(({ recallRank }) => recallRank)).toEqual([1, 2, 3, 4, 5]);
    const similarities = results.map(({ similarity }) => similarity);
    expect(similarities).toEqual(similarities.toSorted((a, b) => b - a));
    expect(results.every(({ relevance }) => relevance === null)).toBe(true);
  });

  test("--min-relevance leaves the rest out, and nothing left is exit code 1", async () => {
    const { results } = await search([QUESTION, "--min-relevance", "0.5"]);
    expect(results.length).toBeGreaterThan(0);
    expect(results.every(({ relevance }) => (relevance ?? 0) >= 0.5)).toBe(true);
    const none = expectExit(await place.rerank(["search", QUESTION, "-c", "5", "--min-relevance", "1"]), 1);
    expect(none).toMatchObject({ stdout: "", stderr: expect.stringContaining("none of 5 candidates is 1 relevant or more") });
    expect(parse(expectExit(await place.rerank(["search", QUESTION, "-c", "5", "--min-relevance", "1", "--json"]), 1).stdout).results).toEqual([]);
  });

  test("--path filters inside the recall, also from a folder below, and says when nothing matches", async () => {
    const inNotes = await search([QUESTION, "--path", "notes/**"]);
    expect(inNotes.results.map(({ path }) => path).toSorted()).toEqual(["notes/odd\nname 🦊.md", "notes/wine.md"]);
    const nothing = expectExit(await place.rerank(["search", QUESTION, "--path", "nowhere/**"]), 1);
    expect(nothing).toMatchObject({ stdout: "", stderr: expect.stringContaining("nothing to search in at nowhere/**") });
  });

  test("--per-document keeps the best passage of each file", async () => {
    const once = await search([QUESTION, "--per-document"]);
    expect(answer.results.filter(({ path }) => path === "docs/kettle.md")).toHaveLength(2);
    expect(once.results.filter(({ path }) => path === "docs/kettle.md")).toHaveLength(1);
  });

  test("--hybrid finds a Chinese passage by its words too", async () => {
    expect((await search(["中国的首都是哪里", "--hybrid", "-n", "1"])).results[0]?.path).toBe("docs/capital.txt");
  });

  test("a budget that is spent at once gives the first stage's order, marked", async () => {
    const { partial, judged, candidates, results } = await search([QUESTION, "--budget", "1"]);
    expect({ partial, isCut: judged < candidates }).toEqual({ partial: true, isCut: true });
    expect(results).toHaveLength(5);
    const text = expectExit(await place.rerank(["search", QUESTION, "-c", "5", "--budget", "1"]), 0);
    expect(text.stdout).toContain("not reranked");
    expect(text.stderr).toMatch(/judged \d of 5 within the budget/);
  });

  test("more candidates than the index holds are all of them", async () => {
    const { stdout } = expectExit(await place.rerank(["search", QUESTION, "-c", "500", "-n", "500", "--json"]), 0);
    expect(parse(stdout)).toMatchObject({ candidates: 6, judged: 6 });
  });

  test("a query of 20,000 characters is taken, and its truncation is told", async () => {
    const { notices, results } = await search(["limescale ".repeat(2000).slice(0, 20_000), "-c", "1"]);
    expect(results).toHaveLength(1);
    expect(notices.join()).toContain("the query is longer than the embedder reads");
  });

  test("from a folder below, the index above answers with paths as they are typed there", async () => {
    const { results } = await search([QUESTION, "-n", "5"], "notes");
    expect(results[0]?.path).toBe("../docs/kettle.md");
    expect(results.map(({ path }) => path)).toContain("wine.md");
  });
});

describe("queries from stdin", () => {
  test("come as lines and JSON lines, and are answered in order with the ids that they bring", async () => {
    const stdin = `${QUESTION}\n\n{"_id":"q7","text":"how much air in a tyre"}\n{"id":8,"query":"wine"}\n`;
    const answers = lines(expectExit(await place.rerank(["search", "-c", "5", "-n", "1"], { stdin }), 0)).map(parse);
    expect(answers.map(({ query, queryId }) => [query, queryId])).toEqual([
      [QUESTION, undefined],
      ["how much air in a tyre", "q7"],
      ["wine", "8"],
    ]);
    expect(answers.map(({ results }) => results[0]?.path)).toEqual(["docs/kettle.md", "docs/tyres.md", "notes/wine.md"]);
  });

  test("that are none are told", async () => {
    expect(expectExit(await place.rerank(["search"], { stdin: "\n\n" }), 1)).toMatchObject({ stdout: "", stderr: "rerank: no query came in on stdin\n" });
  });

  test("that are broken JSON name their line, after the answers before it", async () => {
    const { exitCode, stdout, stderr } = await place.rerank(["search", "-c", "5", "-n", "1"], { stdin: 'wine\n{"query": wine}\n' });
    expect(exitCode).toBe(2);
    expect(stdout.split("\n")).toHaveLength(2);
    expect(stderr).toMatch(/^rerank: line 2 of stdin starts like JSON and is not: .*\n {2}hint: .*\n$/);
  });

  test("are not answered in a format for one query", async () => {
    expectUserError(await place.rerank(["search", "--csv"], { stdin: "x\n" }), /many queries are answered in JSONL, not in csv/, /one query/);
  });
});
