import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { givenQueries } from "../../src/cli/tune-input.ts";
import type { SampleQuery } from "../../src/pipeline/tune-queries.ts";
import { tempFolder, writeFiles } from "../support/temp-folder.ts";
import { userRejectionOf } from "../support/user-error-of.ts";

interface Given {
  readonly args?: readonly string[];
  readonly from?: string;
  readonly queryCount?: number;
  readonly stdin?: string;
  readonly files?: Readonly<Record<string, string>>;
}

async function given({ args = [], from, queryCount, stdin = "", files = {} }: Given): Promise<{ queries: SampleQuery[]; notices: string[] }> {
  const cwd = tempFolder();
  writeFiles(cwd, files);
  const notices: string[] = [];
  const context = { cwd, stdin: Readable.from([stdin]), signal: new AbortController().signal };
  return { queries: await givenQueries(args, { from, queryCount, seed: 7 }, context, (line) => notices.push(line)), notices };
}

describe("givenQueries", () => {
  test("takes each argument for a query, and a line of a file or of stdin", async () => {
    expect((await given({ args: ["remove limescale", "轮胎 气压"] })).queries).toEqual([
      { text: "remove limescale", source: "argument" },
      { text: "轮胎 气压", source: "argument" },
    ]);
    const files = { "q.jsonl": '\uFEFFplain text\r\n\n  \n{"_id": "1", "text": "a question"}\n' };
    expect((await given({ from: "q.jsonl", files })).queries).toEqual([
      { text: "plain text", source: "file" },
      { text: "a question", source: "file" },
    ]);
    expect((await given({ from: "-", stdin: "one line\n" })).queries).toEqual([{ text: "one line", source: "stdin" }]);
  });

  test("leaves stdin alone where nobody names it", async () => {
    expect((await given({ stdin: "one line\n" })).queries).toEqual([]);
  });

  test("asks a repeated query once, and says so", async () => {
    const { queries, notices } = await given({ from: "-", stdin: "red apples\ngreen pears\nred apples\n" });
    expect(queries).toHaveLength(2);
    expect(notices).toEqual(["1 of 3 queries repeat another one: each is asked once"]);
  });

  test("draws from many, the same ones every time", async () => {
    const stdin = Array.from({ length: 40 }, (_, number) => `query ${number}\n`).join("");
    const [first, second] = [await given({ from: "-", stdin, queryCount: 5 }), await given({ from: "-", stdin, queryCount: 5 })];
    expect(first.queries).toHaveLength(5);
    expect(first.queries).toEqual(second.queries);
  });

  test("says that fewer are given than were to be drawn", async () => {
    const { queries, notices } = await given({ args: ["red apples"], queryCount: 5 });
    expect(queries).toHaveLength(1);
    expect(notices).toEqual(["--queries asks for 5, and 1 query is given: no others are drawn"]);
    expect((await given({ args: ["red apples"], queryCount: 1 })).notices).toEqual([]);
    expect((await given({ queryCount: 5 })).notices).toEqual([]);
  });

  test("wonders about a question without quotes", async () => {
    expect((await given({ args: ["remove", "limescale"] })).notices).toEqual([expect.stringContaining("2 queries of one word each")]);
    expect((await given({ args: ["limescale"] })).notices).toEqual([]);
  });

  test.each<[Given, string]>([
    [{ args: ["fine", "  "] }, "the query is empty"],
    [{ from: "-", stdin: "\n \n" }, "stdin holds no query"],
    [{ from: "none.txt" }, "none.txt does not exist"],
    [{ from: "." }, "cannot read ."],
    [{ from: "q.txt", files: { "q.txt": "ok\n{broken\n" } }, "line 2 of q.txt starts like JSON and is not"],
    [{ from: "q.txt", files: { "q.txt": '{"id": 3}\n' } }, "line 1 of q.txt has no query"],
    [{ from: "q.txt", files: { "q.txt": "x".repeat(20_001) } }, "the query has 20001 characters"],
  ])("refuses %j", async (input, message) => {
    const error = await userRejectionOf(given(input));
    expect(error.message).toContain(message);
    expect(error.hint).toBeTruthy();
  });

  test("names files as the user does", async () => {
    const error = await userRejectionOf(given({ from: join("sub", "q.txt"), files: { "sub/q.txt": "" } }));
    expect(error.message).toBe(`${join("sub", "q.txt")} holds no query`);
  });
});
