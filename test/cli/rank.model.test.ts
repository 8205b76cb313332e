import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createWorkplace, expectExit, expectUserError, type Workplace } from "./support/workplace.ts";

const schema = JSON.parse(readFileSync(new URL("../../docs/search-result.schema.json", import.meta.url), "utf8")) as object;
const isSearch = new Ajv2020({ allErrors: true }).compile(schema);

const QUERY = "How much air does a bicycle tyre need?";
const LINES = [
  "Store red wine lying down, in the dark.",
  "A city bicycle tyre needs about four bar of air.",
  "  Foxes sleep in dens.\ttabs and spaces stay  ",
  "A city bicycle tyre needs about four bar of air.",
  "{ not JSON, but a line all the same",
];

let place: Workplace;

beforeAll(() => {
  place = createWorkplace({
    "wine.md": "# Wine\n\nStore red wine lying down, in the dark.\n",
    "tyres.txt": "A city bicycle tyre needs about four bar of air.\n",
    "empty.md": "",
    "folder/a.md": "# A\n\nText.\n",
  });
});
afterAll(() => place.remove());

describe("rank as a filter", () => {
  test("gives every line back exactly once, as it was, the best ones first", async () => {
    const { stdout, stderr } = expectExit(await place.rerank(["rank", QUERY], { stdin: `${LINES.join("\n")}\n` }), 0);
    const lines = stdout.split("\n").slice(0, -1);
    expect(lines.toSorted()).toEqual(LINES.toSorted());
    expect(lines.slice(0, 2)).toEqual([LINES[1], LINES[1]]);
    expect(stderr).toBe("rerank: using the bundled reranker mini (--models chooses another)\n");
  });

  test("also when the budget is spent before any was judged: then in the order that they came, and says so", async () => {
    const { stdout, stderr } = expectExit(await place.rerank(["rank", QUERY, "--budget", "1"], { stdin: LINES.join("\n") }), 0);
    expect(stdout).toBe(`${LINES.join("\n")}\n`);
    expect(stderr).toEqual(expect.stringMatching(/judged 0 of 5 within the budget/));
  });

  test("keeps what is relevant with --min-relevance, and the best with --limit", async () => {
    const stdin = `${LINES[0]}\n${LINES[1]}\n`;
    expect(expectExit(await place.rerank(["rank", QUERY, "--min-relevance", "0.5"], { stdin }), 0).stdout).toBe(`${LINES[1]}\n`);
    expect(expectExit(await place.rerank(["rank", QUERY, "--limit", "1"], { stdin }), 0).stdout).toBe(`${LINES[1]}\n`);
  });

  test("has nothing to give for nothing, and says so", async () => {
    expect(expectExit(await place.rerank(["rank", QUERY], { stdin: "\n" }), 1)).toMatchObject({ stdout: "", stderr: expect.stringMatching(/^nothing to rank came in/) });
  });
});

test.each([["--models", "mini"], ["--reranker", "mini"], ["--json"]])("says nothing of the model that is used where it was chosen, or is in the answer: %s %s", async (...args) => {
  expect(expectExit(await place.rerank(["rank", QUERY, ...args], { stdin: `${LINES[1]}\n` }), 0).stderr).toBe("");
});

describe("JSON lines", () => {
  const stdin = '{"id":1,"body":"Foxes sleep in dens.","text":7}\n{"id":2,"body":"A tyre needs four bar of air.","path":"a/b.md","title":"Tyres"}\n';

  test("are reordered by the field that is named, and come back unchanged", async () => {
    const { stdout } = expectExit(await place.rerank(["rank", QUERY, "--field", "body"], { stdin }), 0);
    expect(stdout).toBe(stdin.split("\n").slice(0, 2).toReversed().join("\n") + "\n");
  });

  test("give results that follow the schema, with the paths and titles that they bring", async () => {
    const { stdout } = expectExit(await place.rerank(["rank", QUERY, "--field", "body", "--json"], { stdin }), 0);
    const answer = JSON.parse(stdout) as { readonly results: readonly object[] };
    expect(isSearch(answer) ? [] : isSearch.errors).toEqual([]);
    expect(answer).toMatchObject({ models: { embedder: null }, settings: { recallMethod: "input" }, candidates: 2, judged: 2 });
    expect(answer.results[0]).toMatchObject({ path: "a/b.md", headings: ["Tyres"], recallRank: 2, movement: 1, similarity: null });
    expect(answer.results[1]).toMatchObject({ path: "<stdin>", absolutePath: null, startLine: 1 });
  });

  test("without the field are named by line", async () => {
    expectUserError(await place.rerank(["rank", QUERY, "--field", "summary"], { stdin }), /line 1 of stdin has no text in "summary"/, /--field/);
  });
});

describe("files", () => {
  test("are ranked whole, by their best passages", async () => {
    const { stdout } = expectExit(await place.rerank(["rank", QUERY, "wine.md", "tyres.txt"]), 0);
    expect(stdout).toBe("tyres.txt\nwine.md\n");
    const text = expectExit(await place.rerank(["rank", QUERY, "wine.md", "tyres.txt", "--explain"]), 0);
    expect(text.stdout).toMatch(/tyres\.txt:1/);
  });

  test("come as paths on stdin with --from-paths, and one without text is told", async () => {
    const { stdout, stderr } = expectExit(await place.rerank(["rank", QUERY, "--from-paths"], { stdin: "wine.md\nempty.md\ntyres.txt\n" }), 0);
    expect(stdout).toBe("tyres.txt\nwine.md\n");
    expect(stderr).toBe("rerank: skipped empty.md has no bytes\nrerank: using the bundled reranker mini (--models chooses another)\n");
  });

  test("that do not exist, and folders, are refused", async () => {
    expectUserError(await place.rerank(["rank", QUERY, "nowhere.md"]), /nowhere\.md does not exist/, /spelling/);
    expectUserError(await place.rerank(["rank", QUERY, "folder"]), /folder is a folder/, /rerank index/);
  });
});
