import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { readQrels, readTrecRun } from "../../../src/adapters/datasets/trec-files.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { userRejectionOf } from "../../support/user-error-of.ts";

let file: string;

beforeEach(() => {
  file = join(tempFolder(), "file.txt");
});

function qrelsOf(content: string) {
  writeFileSync(file, content);
  return readQrels(file);
}

function runOf(content: string) {
  writeFileSync(file, content);
  return readTrecRun(file);
}

describe("readQrels", () => {
  test.each([
    ["BEIR with its header", "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\nq2\td1\t1\n"],
    ["BEIR without a header", "q1\td1\t2\nq1\td2\t0\nq2\td1\t1\n"],
    ["spaces for tabs, and a blank line", "q1   d1 2\n\n q1 d2  0 \nq2 d1 1"],
    ["TREC", "q1 0 d1 2\nq1 0 d2 0\nq2 Q0 d1 1\n"],
    ["TREC with tabs and a header", "qid\titer\tdocno\trel\r\nq1\t0\td1\t2\r\nq1\t0\td2\t0\r\nq2\t0\td1\t1\r\n"],
    ["whole numbers with a fraction, and a line that stands there twice", "q1 d1 2.0\nq1 d1 2\nq1 d2 0.00\nq2 d1 +1\n"],
  ])("reads %s", async (_form, content) => {
    expect(await qrelsOf(content)).toEqual(new Map([["q1", new Map([["d1", 2], ["d2", 0]])], ["q2", new Map([["d1", 1]])]]));
  });

  test("ids hold spaces where tabs part the columns", async () => {
    expect(await qrelsOf("q 1\tdocs/a b.md\t-1\n")).toEqual(new Map([["q 1", new Map([["docs/a b.md", -1]])]]));
  });

  test.each([
    ["", " holds no judgments"],
    ["query-id\tcorpus-id\tscore\n", " holds no judgments"],
    ["q1,d1,1\n", ":1: the line has 1 column instead of 3 or 4"],
    ["q1 d1 1\nq1 d 2 1\n", ":2: the line has 4 columns instead of 3, as line 1 has"],
    ["q1 0 d1 1\nq1 d2 1\n", ":2: the line has 3 columns instead of 4, as line 1 has"],
    ["q1 d1 1\nq1 d2 high\n", ':2: the grade "high" is not a whole number'],
    ["q1 d1 0.5\n", ':1: the grade "0.5" is not a whole number'],
    ["q1\t\t1\n", ":1: a column is empty"],
    ["q1 d1 1\nquery-id corpus-id score\n", ':2: the grade "score" is not a whole number'],
    ["\nq1 d1 1\nq1 d2 1\n\nq1 d1 2\n", ':5: "d1" has grade 2 for query "q1", and grade 1 on line 2'],
  ])("refuses %j", async (content, problem) => {
    const error = await userRejectionOf(qrelsOf(content));
    expect(error.message).toBe(file + problem);
    expect(error.hint).toMatch(/\w/);
  });
});

describe("readTrecRun", () => {
  test("orders documents by score alone, ties by descending id, whatever ranks and lines say", async () => {
    const { tag, answers } = await runOf("q1 Q0 d1 1 0.5 bm25\nq1 Q0 d2 2 9.5e0 bm25\nq2 Q0 x 1 -3 other\nq1 Q0 d10 3 .5 bm25\n");
    expect(tag).toBe("bm25");
    expect([...answers].map(([id, documents]) => [id, documents.map(({ documentId }) => documentId)])).toEqual([
      ["q1", ["d2", "d10", "d1"]],
      ["q2", ["x"]],
    ]);
    expect(answers.get("q2")).toEqual([{ documentId: "x", similarity: null, relevance: null }]);
  });

  test("ids hold spaces where tabs part the columns", async () => {
    const { answers, tag } = await runOf("q 1\tQ0\ta b.md\t1\t2\tmy run\n");
    expect([tag, answers.get("q 1")?.[0]?.documentId]).toEqual(["my run", "a b.md"]);
  });

  test.each([
    ["\n\n", " holds no lines of a run"],
    ["q1 Q0 d1 1 0.5\n", ":1: the line has 5 columns instead of 6"],
    ["q1 Q0 a b 1 0.5 tag\n", ":1: the line has 7 columns instead of 6"],
    ["q1 Q0 d1 1 nan tag\n", ':1: the score "nan" is not a number'],
    ["q1 Q0 d1 1 0x10 tag\n", ':1: the score "0x10" is not a number'],
    ["q1 Q0 d1 1 2 t\nq2 Q0 d1 1 2 t\nq1 Q0 d1 2 1 t\n", ':3: "d1" stands twice under query "q1" (first on line 1)'],
  ])("refuses %j", async (content, problem) => {
    const error = await userRejectionOf(runOf(content));
    expect(error.message).toBe(file + problem);
    expect(error.hint).toMatch(/\w/);
  });
});
