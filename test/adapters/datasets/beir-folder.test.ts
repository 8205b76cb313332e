import { cpSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { openBeirFolder } from "../../../src/adapters/datasets/beir-folder.ts";
import type { UserError } from "../../../src/domain/errors.ts";
import { tempFolder, writeFiles } from "../../support/temp-folder.ts";
import { userRejectionOf } from "../../support/user-error-of.ts";

const KITCHEN = resolve(import.meta.dirname, "../../fixtures/datasets/kitchen");
const HEADER = "query-id\tcorpus-id\tscore\n";

let folder: string;

beforeEach(() => {
  folder = tempFolder();
});

/** A folder of two documents and two queries; files given replace or add. */
function writeSet(files: Readonly<Record<string, string | Uint8Array>> = {}): void {
  writeFiles(folder, {
    "corpus.jsonl": '{"_id": "d1", "title": "", "text": "one"}\n{"_id": "d2", "title": "", "text": "two"}\n',
    "queries.jsonl": '{"_id": "q1", "text": "first"}\n{"_id": "q2", "text": "second"}\n',
    "qrels/test.tsv": `${HEADER}q1\td1\t1\nq2\td2\t1\n`,
    ...files,
  });
}

async function failureOf(files: Readonly<Record<string, string | Uint8Array>>, qrelsFile?: string): Promise<UserError> {
  writeSet(files);
  return userRejectionOf(openBeirFolder(folder, qrelsFile === undefined ? {} : { qrelsFile }));
}

describe("openBeirFolder", () => {
  test("gives judged queries in the order of their file, with their grades, and says what is odd", async () => {
    const { name, queries, corpus, notices } = await openBeirFolder(KITCHEN, {});
    expect(name).toBe("kitchen");
    expect(queries.map(({ id, text }) => [id, text])).toEqual([
      ["q1", "how do I remove limescale?"],
      ["q2", "function that heats water"],
      ["q3", "how long does green tea brew?"],
    ]);
    expect([...(queries[0]?.grades ?? [])]).toEqual([["howto/descale", 2], ["howto/茶 壶.md", 1], ["../con", 0]]);
    expect(corpus?.documentCount).toBe(6);
    expect(notices).toEqual([
      "1 of 4 queries have no judgments and are not asked",
      "1 of 6 documents has neither title nor text and cannot be found: empty",
    ]);
  });

  test("leaves out judged queries without text, and tells of queries that nothing can answer", async () => {
    writeSet({ "queries.jsonl": '{"_id": "q1", "text": ""}\n{"_id": "q2", "text": "second"}\n', "qrels/test.tsv": "q1 d1 1\nq2 d2 0\n" });
    const { queries, notices } = await openBeirFolder(folder, {});
    expect(queries.map(({ id }) => id)).toEqual(["q2"]);
    expect(notices).toEqual([
      "1 judged query has no text and cannot be asked: q1",
      "1 of 1 queries have no relevant document: they count as 0 in every measure",
    ]);
  });

  test("takes documents of any format from docs/ where there is no corpus.jsonl, under their paths", async () => {
    writeSet({ "docs/sub/d1.md": "# One\n\nfirst", "docs/d 2.txt": "second", "qrels/test.tsv": `${HEADER}q1\tsub/d1.md\t1\nq2\td 2.txt\t1\n` });
    rmSync(join(folder, "corpus.jsonl"));
    const { corpus, queries } = await openBeirFolder(folder, {});
    expect(queries).toHaveLength(2);
    expect(corpus?.documentCount).toBe(2);
    const paths: string[] = [];
    for await (const entry of corpus!.files.list(corpus!.roots[0]!)) {
      if (!("file" in entry)) continue;
      paths.push(entry.file.path);
      await corpus!.readDocument({ path: entry.file.path, bytes: await corpus!.files.read(entry.file) });
    }
    expect(paths).toEqual(["d 2.txt", "sub/d1.md"]);
    writeFiles(folder, { "docs/d 2.txt": "another" });
    expect((await openBeirFolder(folder, {})).corpus?.digest).not.toBe(corpus?.digest);
  });

  test("prefers test.tsv among several qrels, takes the only one, and else asks which", async () => {
    writeSet({ "qrels/dev.tsv": "q1 d2 1\n" });
    expect((await openBeirFolder(folder, {})).queries).toHaveLength(2);
    for (const qrelsFile of ["dev.tsv", "qrels/dev.tsv", join(folder, "qrels/dev.tsv")]) {
      expect((await openBeirFolder(folder, { qrelsFile })).queries.map(({ id }) => id)).toEqual(["q1"]);
    }
    rmSync(join(folder, "qrels/test.tsv"));
    expect((await openBeirFolder(folder, {})).queries).toHaveLength(1);
    writeFiles(folder, { "qrels/train.tsv": "q1 d2 1\n" });
    const error = await userRejectionOf(openBeirFolder(folder, {}));
    expect(error.message).toBe(`${join(folder, "qrels")} holds dev.tsv, train.tsv, and no test.tsv`);
    expect(error.hint).toBe(`say which one counts: --qrels ${join(folder, "qrels/dev.tsv")}`);
    expect((await userRejectionOf(openBeirFolder(folder, { qrelsFile: "tset.tsv" }))).hint).toContain("dev.tsv, train.tsv");
  });

  test("names every part that is missing, and the layout", async () => {
    const error = await userRejectionOf(openBeirFolder(folder, {}));
    expect(error.message).toBe(`${folder} has no corpus.jsonl, no queries.jsonl, no qrels/*.tsv`);
    expect(error.hint).toBe("a BEIR folder holds corpus.jsonl (or docs/ with files), queries.jsonl and qrels/test.tsv");
    expect((await userRejectionOf(openBeirFolder(join(folder, "none"), {}))).message).toBe(`there is no folder ${join(folder, "none")}`);
    cpSync(KITCHEN, folder, { recursive: true });
    rmSync(join(folder, "corpus.jsonl"));
    writeFileSync(join(folder, "corpus.jsonl.gz"), "");
    const packed = await userRejectionOf(openBeirFolder(folder, {}));
    expect([packed.message, packed.hint]).toEqual([`${folder} has no corpus.jsonl`, `unpack it first: gunzip -k ${join(folder, "corpus.jsonl.gz")}`]);
    expect((await userRejectionOf(openBeirFolder(join(folder, "queries.jsonl"), {}))).message).toMatch(/queries\.jsonl is not a folder$/);
  });

  test.each([
    ["corpus.jsonl", '{"_id": "d1", "text": "a"}\nnonsense\n', /corpus\.jsonl:2: the line is not valid JSON \(.+\)$/],
    ["corpus.jsonl", '["d1", "a"]\n', /corpus\.jsonl:1: the line is not a JSON object$/],
    ["corpus.jsonl", '{"id": "d1", "text": "a"}\n', /corpus\.jsonl:1: the record has no "_id"$/],
    ["corpus.jsonl", '{"_id": "", "text": "a"}\n', /corpus\.jsonl:1: the "_id" is neither a text nor a whole number below 2\^53$/],
    ["corpus.jsonl", '{"_id": 90071992547409931, "text": "a"}\n', /corpus\.jsonl:1: the "_id" is neither/],
    ["corpus.jsonl", '{"_id": "\\ud83d", "text": "a"}\n', /corpus\.jsonl:1: the "_id" is not valid Unicode$/],
    ["corpus.jsonl", '{"_id": "d1", "text": null}\n', /corpus\.jsonl:1: the "text" is not a string$/],
    ["corpus.jsonl", '{"_id": "d1", "body": "a"}\n', /corpus\.jsonl:1: the record has no "text"$/],
    ["corpus.jsonl", '{"_id": "d1", "text": "a", "title": 3}\n', /corpus\.jsonl:1: the "title" is not a string$/],
    ["corpus.jsonl", '{"_id": "1", "text": "a"}\n\n{"_id": 1, "text": "b"}\n', /corpus\.jsonl:3: the document "1" stands on line 1 already$/],
    ["corpus.jsonl", "\n\n", /corpus\.jsonl holds no documents$/],
    ["queries.jsonl", '{"_id": "q1", "text": "a"}\n{"_id": "q1", "text": "b"}\n', /queries\.jsonl:2: the query "q1" stands on line 1 already$/],
    ["queries.jsonl", "", /queries\.jsonl holds no queries$/],
    ["qrels/test.tsv", HEADER, /test\.tsv holds no judgments$/],
    ["qrels/test.tsv", `${HEADER}q1\td1\t1\nq9\td1\t1\n`, /test\.tsv:3: the query "q9" is not in .*queries\.jsonl$/],
    ["qrels/test.tsv", `${HEADER}q1\td1\t1\nq2\td7\t1\n`, /test\.tsv:3: the document "d7" is not in .*corpus\.jsonl$/],
    ["qrels/test.tsv", "q1 d8 1\nq2 d7 1\nq2 d9 1\n", /test\.tsv:1: the document "d8" is not in .*corpus\.jsonl \(nor are those of 2 more judgments\)$/],
  ])("refuses %s holding %j", async (file, content, message) => {
    const error = await failureOf({ [file]: content });
    expect(error.message).toMatch(message);
    expect(error.message).toContain(folder);
    expect(error.hint).toMatch(/\w/);
  });

  test("names the folder and not the path that led to it", async () => {
    writeSet();
    expect((await openBeirFolder(join(folder, "qrels", ".."), {})).name).toBe(basename(folder));
  });

  test("ends with the signal's reason", async () => {
    writeSet();
    const reason = new Error("enough");
    await expect(openBeirFolder(folder, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
