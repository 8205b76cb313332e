import { appendFileSync, utimesSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { openCorpusFile } from "../../../src/adapters/datasets/corpus-file.ts";
import { textReader } from "../../../src/adapters/readers/text-reader.ts";
import type { ParsedDocument } from "../../../src/domain/document.ts";
import { SkippedDocument } from "../../../src/domain/errors.ts";
import type { Corpus } from "../../../src/ports/dataset.ts";
import type { FoundFile } from "../../../src/ports/file-source.ts";
import { chunkDocument } from "../../../src/stages/chunk-document.ts";
import { createWordCounter } from "../../fakes/word-counter.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { userRejectionOf } from "../../support/user-error-of.ts";

const KITCHEN = resolve(import.meta.dirname, "../../fixtures/datasets/kitchen/corpus.jsonl");

async function filesOf({ files, roots }: Corpus): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  for await (const entry of files.list(roots[0]!)) if ("file" in entry) found.push(entry.file);
  return found;
}

async function documentsOf(corpus: Corpus): Promise<Map<string, ParsedDocument | string>> {
  const documents = new Map<string, ParsedDocument | string>();
  for (const file of await filesOf(corpus)) {
    const bytes = await corpus.files.read(file);
    expect(bytes.length).toBe(file.sizeBytes);
    documents.set(
      file.path,
      await corpus.readDocument({ path: file.path, bytes }).catch((error: unknown) => {
        expect(error).toBeInstanceOf(SkippedDocument);
        return (error as SkippedDocument).reason;
      }),
    );
  }
  return documents;
}

async function corpusOf(records: readonly unknown[]): Promise<Corpus> {
  const file = join(tempFolder(), "corpus.jsonl");
  writeFileSync(file, records.map((record) => JSON.stringify(record)).join("\n"));
  return (await openCorpusFile(file)).corpus;
}

describe("openCorpusFile", () => {
  test("lists every document once, sorted by id, whatever ids look like", async () => {
    const { corpus, has } = await openCorpusFile(KITCHEN);
    const files = await filesOf(corpus);
    expect(files.map(({ path }) => path)).toEqual(["../con", "7", "empty", "howto/descale", "howto/茶 壶.md", "title-only"]);
    expect(files.every(({ absolutePath }) => absolutePath === KITCHEN)).toBe(true);
    expect([has("../con"), has("7"), has("con")]).toEqual([true, true, false]);
    expect(corpus.files.covers(corpus.roots[0]!.path, "../con")).toBe(true);
  });

  test("reads a record as a plain text under its title, and nothing but its text where it has none", async () => {
    const documents = await documentsOf((await openCorpusFile(KITCHEN)).corpus);
    expect(documents.get("howto/descale")).toMatchObject({
      title: "Descaling a kettle",
      format: "text",
      blocks: [
        { kind: "paragraph", text: "Limescale is chalk. Fill the kettle with water and citric acid.", startLine: 1, endLine: 1 },
        { kind: "paragraph", text: "Boil it, wait for twenty minutes and rinse it twice.", startLine: 3, endLine: 3 },
      ],
    });
    expect(documents.get("howto/茶 壶.md")).toMatchObject({ title: "", blocks: [{ text: "水壶里的水垢可以用柠檬酸除去。" }] });
    expect(documents.get("title-only")).toMatchObject({ title: "", blocks: [{ kind: "paragraph", text: "Brewing green tea" }] });
    expect(documents.get("empty")).toBe("no-text");
  });

  test("a document without a title is embedded as its text alone", async () => {
    const documents = await documentsOf((await openCorpusFile(KITCHEN)).corpus);
    const passages = await chunkDocument(documents.get("howto/茶 壶.md") as ParsedDocument, createWordCounter(), { maxTokens: 100, overlapTokens: 0 });
    expect(passages.map(({ headings, text }) => [headings, text])).toEqual([[[], "水壶里的水垢可以用柠檬酸除去。"]]);
  });

  test("cuts paragraphs as the reader of plain text does", async () => {
    const text = "One line,\r\nand another.  \n \n\n\nA second paragraph.\n";
    const documents = await documentsOf(await corpusOf([{ _id: "a", text }]));
    const plain = await textReader.read({ path: "a.txt", bytes: Buffer.from(text) });
    expect(documents.get("a")).toMatchObject({ blocks: plain.blocks });
  });

  test("code keeps its indentation after blank lines, prose with indented first lines stays prose", async () => {
    const code = 'def boil(kettle):\n    kettle.fill()\n\n    while kettle.degrees < 100:\n        kettle.heat("\\\n99")\n\n    return kettle';
    const prose = "First paragraph.\n\n    Second paragraph\nthat goes on.";
    const documents = await documentsOf(await corpusOf([{ _id: "code", text: code }, { _id: "prose", text: prose }]));
    const passages = await chunkDocument(documents.get("code") as ParsedDocument, createWordCounter(), { maxTokens: 100, overlapTokens: 0 });
    expect(passages.map(({ text }) => text)).toEqual([code]);
    expect((documents.get("prose") as ParsedDocument).blocks.map(({ kind }) => kind)).toEqual(["paragraph", "paragraph"]);
  });

  test("a digest that changes with the documents and not with the file's time", async () => {
    const file = join(tempFolder(), "corpus.jsonl");
    writeFileSync(file, '{"_id": "a", "text": "one"}\n');
    const { digest } = (await openCorpusFile(file)).corpus;
    utimesSync(file, 1, 1);
    expect((await openCorpusFile(file)).corpus.digest).toBe(digest);
    writeFileSync(file, '{"_id": "a", "text": "two"}\n');
    expect((await openCorpusFile(file)).corpus.digest).not.toBe(digest);
  });

  test("refuses to read out of a file that has changed since it was opened", async () => {
    const file = join(tempFolder(), "corpus.jsonl");
    writeFileSync(file, '{"_id": "a", "text": "one"}\n');
    const { corpus } = await openCorpusFile(file);
    const [found] = await filesOf(corpus);
    appendFileSync(file, '{"_id": "b", "text": "two"}\n');
    expect((await userRejectionOf(corpus.files.read(found!))).message).toBe(`${file} changed while it was being read`);
  });

  test("an id that the corpus does not have has vanished", async () => {
    const { files } = await corpusOf([{ _id: "a", text: "one" }]);
    await expect(files.read({ path: "b", absolutePath: "", sizeBytes: 1, mtimeMs: 0 })).rejects.toThrow('the corpus has no document "b"');
  });
});
