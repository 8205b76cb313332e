import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { readOwnQueries } from "../../../src/adapters/datasets/own-queries.ts";
import { tempFolder, writeFiles } from "../../support/temp-folder.ts";
import { userRejectionOf } from "../../support/user-error-of.ts";

const PATHS = ["docs/faq.md", "docs/howto/descale kettle.md", "docs/howto/除水垢.md", "notes/[draft].md", "notes/faq.md", "/elsewhere/a.md"];

let base: string;

beforeEach(() => {
  base = tempFolder();
});

async function read(content: string, name = "mine.yaml") {
  writeFiles(base, { [name]: content });
  return readOwnQueries(join(base, name), { paths: PATHS, baseFolder: base });
}

async function gradesOf(content: string, name?: string): Promise<[string, number][]> {
  return [...((await read(content, name)).queries[0]?.grades ?? [])];
}

describe("readOwnQueries", () => {
  test("reads a path, a list of paths and grades by path; ids are places", async () => {
    const { name, queries, corpus, notices } = await read(`
# how we ask
- query: how do I descale the kettle?
  expect: docs/howto/descale kettle.md
- query: "水垢"
  expect: [docs/howto/除水垢.md, docs/faq.md]
- query: 404
  id: not-found
  expect:
    docs/faq.md: 2
    notes/faq.md: 0
`);
    expect(name).toBe("mine.yaml");
    expect(corpus).toBeUndefined();
    expect(notices).toEqual([]);
    expect(queries.map(({ id, text, grades }) => [id, text, [...grades]])).toEqual([
      ["1", "how do I descale the kettle?", [["docs/howto/descale kettle.md", 1]]],
      ["2", "水垢", [["docs/howto/除水垢.md", 1], ["docs/faq.md", 1]]],
      ["not-found", "404", [["docs/faq.md", 2], ["notes/faq.md", 0]]],
    ]);
  });

  test.each([
    ["mine.yml", "queries:\n  - { query: a, expect: docs/faq.md }\n"],
    ["mine.json", '[\n\t{ "query": "a", "expect": { "docs/faq.md": 1 } }\n]'],
    ["mine.json", '\uFEFF{"queries": [{ "query": "a", "expect": "docs/faq.md" }]}'],
    ["mine.jsonl", '{"query": "a", "expect": ["docs/faq.md"]}\r\n\r\n'],
    ["mine.yaml", "- query: &q a\n  expect: &faq docs/faq.md\n- query: *q\n  expect: [*faq]\n"],
  ])("reads %s holding %j", async (name, content) => {
    expect(await gradesOf(content, name)).toEqual([["docs/faq.md", 1]]);
  });

  test("a path is as stored, relative to the file of queries, or absolute", async () => {
    expect(await gradesOf("- { query: a, expect: ./faq.md }", "docs/mine.yaml")).toEqual([["docs/faq.md", 1]]);
    expect(await gradesOf("- { query: a, expect: ../notes/faq.md }", "docs/mine.yaml")).toEqual([["notes/faq.md", 1]]);
    expect(await gradesOf("- { query: a, expect: docs/faq.md }", "docs/mine.yaml")).toEqual([["docs/faq.md", 1]]);
    expect(await gradesOf(`- { query: a, expect: ${JSON.stringify(join(base, "docs/faq.md"))} }`)).toEqual([["docs/faq.md", 1]]);
    expect(await gradesOf("- { query: a, expect: /elsewhere/a.md }")).toEqual([["/elsewhere/a.md", 1]]);
  });

  test("a glob grades all that it matches; a path in so many words has the last say", async () => {
    expect(await gradesOf('- { query: a, expect: "docs/howto/*" }')).toEqual([["docs/howto/descale kettle.md", 1], ["docs/howto/除水垢.md", 1]]);
    expect(await gradesOf('- { query: a, expect: "howto/*.md" }', "docs/mine.yaml")).toHaveLength(2);
    expect(await gradesOf('- { query: a, expect: { docs/faq.md: 0, "docs/**": 1, "**/faq.md": 2 } }')).toEqual([
      ["docs/faq.md", 0],
      ["docs/howto/descale kettle.md", 1],
      ["docs/howto/除水垢.md", 1],
      ["notes/faq.md", 2],
    ]);
    expect(await gradesOf('- { query: a, expect: "notes/[draft].md" }')).toEqual([["notes/[draft].md", 1]]);
  });

  test("names the line of a path that the index does not have, and the nearest one", async () => {
    const expectHint = async (path: string, hint: string) => {
      const error = await userRejectionOf(read(`- query: a\n  expect:\n    - docs/faq.md\n    - ${path}\n`));
      expect(error.message).toBe(`${join(base, "mine.yaml")}:4: no document of the index is ${path}`);
      expect(error.hint).toBe(hint);
    };
    await expectHint("docs/howto/faq.md", "did you mean docs/faq.md?");
    await expectHint("docs/fqa.md", "did you mean docs/faq.md?");
    await expectHint("src/**", "`rerank status` shows what the index covers; `rerank index` brings it up to date");
  });

  test.each([
    ["", " holds no queries"],
    ["# nothing yet\n", " holds no queries"],
    ["queries: []\n", " holds no queries"],
    ["- query: a\n  expected: docs/faq.md\n", ':2: there is no key "expected" here', 'did you mean "expect"?'],
    ["- query: a\n  relevant: docs/faq.md\n", ':2: there is no key "relevant" here'],
    ["querys:\n  - query: a\n", ':1: there is no key "querys" here', 'did you mean "queries"?'],
    ["queries: docs/faq.md\n", ':1: "queries" is not a list'],
    ["docs/faq.md\n", ":1: there is no list of queries"],
    ["- query: a\n  expect: docs/faq.md\n- just text\n", ":3: the entry has no query"],
    ["- expect: docs/faq.md\n", ':1: the entry has no "query"'],
    ["- query: a\n", ':1: the entry has no "expect"'],
    ["- query: ' '\n  expect: docs/faq.md\n", ":1: the query is empty"],
    ["- query: a\n  expect:\n    []\n", ':3: "expect" names no path'],
    ["- query: a\n  expect: ['']\n", ":2: the path is empty"],
    ["- query: a\n  expect: [[docs/faq.md]]\n", ":2: the path is not a text"],
    ["- query: a\n  expect:\n    docs/faq.md: high\n", ":3: the grade of docs/faq.md is not a whole number from 0"],
    ["- query: a\n  expect:\n    docs/faq.md: -1\n", ":3: the grade of docs/faq.md is not a whole number from 0"],
    ["- query: a\n  expect:\n    docs/faq.md:\n", ":3: the grade of docs/faq.md is not a whole number from 0"],
    ["- query: a\n  expect: *.md\n", ":2: *.md is a YAML alias of nothing", 'put globs in quotation marks: "*.md"'],
    ["- query: a: b\n  expect: docs/faq.md\n", ":1: not valid YAML: Nested mappings are not allowed in compact mappings"],
    ["- query: a\n  query: b\n", ":2: not valid YAML: Map keys must be unique"],
    ["- { query: a, expect: docs/faq.md }\n- { query: b, expect: docs/faq.md, id: 1 }\n", ':2: the id "1" is that of line 1, too'],
  ])("refuses %j", async (content, problem, hint?: string) => {
    const error = await userRejectionOf(read(content));
    expect(error.message).toBe(join(base, "mine.yaml") + problem);
    if (hint === undefined) expect(error.hint).toMatch(/\w/);
    else expect(error.hint).toBe(hint);
  });

  test("names the line of a JSONL file", async () => {
    const error = await userRejectionOf(read('{"query": "a", "expect": "docs/faq.md"}\n\n{"query": "b"\n', "mine.jsonl"));
    expect(error.message).toMatch(/mine\.jsonl:3: not valid JSON: /);
    const unknown = await userRejectionOf(read('{"query": "a", "expect": "docs/faq.md"}\n{"text": "b"}\n', "mine.jsonl"));
    expect(unknown.message).toMatch(/mine\.jsonl:2: there is no key "text" here$/);
  });
});
