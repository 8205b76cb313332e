import { describe, expect, test } from "vitest";
import type { DocumentBlock, ParsedDocument } from "../../src/domain/document.ts";
import { type PassageDraft, passageInput } from "../../src/domain/passage.ts";
import { chunkDocument, type ChunkOptions } from "../../src/stages/chunk-document.ts";
import { createWordCounter } from "../fakes/word-counter.ts";

const LIMITS: ChunkOptions = { maxTokens: 60, overlapTokens: 12 };

type BlockFields = Partial<DocumentBlock> & { readonly text: string };

/** Blocks of a text file: each starts two lines below the end of the one before, unless it says where it is. */
function documentOf(title: string, blocks: readonly BlockFields[]): ParsedDocument {
  let line = 1;
  const placed = blocks.map((block): DocumentBlock => {
    const startLine = block.startLine ?? line;
    const endLine = block.endLine ?? startLine + block.text.split("\n").length - 1;
    line = endLine + 2;
    return { kind: "paragraph", ...block, startLine, endLine };
  });
  return { title, format: "markdown", blocks: placed, warnings: [] };
}

function heading(level: number, text: string): BlockFields {
  return { kind: "heading", level, text };
}

/** A paragraph of sentences with ten words each: "Alpha1 w w ... w." */
function prose(name: string, sentenceCount: number): string {
  return Array.from({ length: sentenceCount }, (_, i) => `${name}${i + 1}${" word".repeat(9)}.`).join(" ");
}

function chunk(title: string, blocks: readonly BlockFields[], limits: Partial<ChunkOptions> = {}): Promise<PassageDraft[]> {
  return chunkDocument(documentOf(title, blocks), createWordCounter(), { ...LIMITS, ...limits });
}

describe("headings", () => {
  test("start passages and lead to them from the title down", async () => {
    const passages = await chunk("Guide", [
      { text: prose("Intro", 3) },
      heading(1, "Install"),
      heading(2, "macOS"),
      { text: prose("Mac", 3) },
      heading(2, "Linux"),
      { text: prose("Linux", 3) },
      heading(1, "Use"),
      { text: prose("Use", 3) },
    ]);
    expect(passages.map(({ headings }) => headings)).toEqual([
      ["Guide"],
      ["Guide", "Install", "macOS"],
      ["Guide", "Install", "Linux"],
      ["Guide", "Use"],
    ]);
    expect(passages.map(({ text }) => text)).toEqual([prose("Intro", 3), prose("Mac", 3), prose("Linux", 3), prose("Use", 3)]);
  });

  test("are not repeated when the title is the first heading", async () => {
    const passages = await chunk("Guide", [heading(1, "Guide"), { text: prose("A", 2) }, heading(2, "Use"), { text: prose("B", 2) }]);
    expect(passages.map(({ headings }) => headings)).toEqual([["Guide"], ["Guide", "Use"]]);
  });

  test("short neighbours under one parent share a passage, with their headings in its text", async () => {
    const passages = await chunk("Glossary", [
      heading(1, "Terms"),
      heading(2, "Cat"),
      { text: "A small animal." },
      heading(2, "Dog"),
      { text: "A loyal animal." },
      heading(1, "Other"),
      { text: prose("Other", 2) },
    ]);
    expect(passages.map(({ headings, text }) => [headings.join("/"), text])).toEqual([
      ["Glossary/Terms", "Cat\nA small animal.\n\nDog\nA loyal animal."],
      ["Glossary/Other", prose("Other", 2)],
    ]);
  });

  test("a short last section joins the one before it, but never a section under another parent", async () => {
    const passages = await chunk("T", [
      heading(1, "A"),
      heading(2, "A1"),
      { text: prose("One", 3) },
      heading(2, "A2"),
      { text: "Short." },
      heading(1, "B"),
      heading(2, "B1"),
      { text: "Also short." },
      heading(1, "C"),
      { text: prose("Three", 6) },
    ]);
    expect(passages.map(({ headings }) => headings.join("/"))).toEqual(["T/A", "T/B/B1", "T/C", "T/C"]);
    expect(passages[0]!.text).toBe(`A1\n${prose("One", 3)}\n\nA2\nShort.`);
  });

  test("without text below them are kept as text", async () => {
    const passages = await chunk("Notes", [{ text: prose("A", 3) }, heading(1, "Appendix"), heading(2, "To be written")]);
    expect(passages.at(-1)!.text).toContain("To be written");
    expect(passages.map(passageInput).join("\n")).toContain("Appendix");
  });

  test("alone make a document", async () => {
    const passages = await chunk("Notes", [heading(1, "One"), heading(1, "Two")]);
    expect(passages.map(({ text }) => text)).toEqual(["One\nTwo"]);
  });

  test("take a third of the budget at most: the nearest and the title stay, the rest becomes text", async () => {
    const passages = await chunk("Title", [
      heading(1, "far far far far far far far far"),
      heading(2, "mid mid mid mid mid mid mid mid"),
      heading(3, "near near near near near near near near"),
      { text: prose("A", 5) },
    ]);
    expect(passages[0]!.headings).toEqual(["Title", "…", "near near near near near near near near"]);
    const all = passages.map(passageInput).join("\n");
    expect(all).toContain("far far far far far far far far");
    expect(all).toContain("mid mid mid mid mid mid mid mid");
  });

  test("a monstrous one is cut in the path and kept whole as text", async () => {
    const monster = Array.from({ length: 500 }, (_, i) => `m${i}`).join(" ");
    const passages = await chunk("Title", [heading(1, monster), { text: "The text." }]);
    for (const passage of passages) {
      expect(passage.headings.join(" ").split(" ").length).toBeLessThanOrEqual(22);
      expect(passage.headings[0]).toMatch(/^m0 m1 .*…$/);
    }
    const text = passages.map((passage) => passage.text).join(" ");
    for (let i = 0; i < 500; i += 1) expect(text).toContain(`m${i} `.trim());
  });
});

describe("paragraphs", () => {
  test("that fit are not cut", async () => {
    const passages = await chunk("T", [{ text: prose("A", 4) }, { text: prose("B", 4) }, { text: prose("C", 4) }], { overlapTokens: 0 });
    expect(passages.map(({ text }) => text)).toEqual([prose("A", 4), prose("B", 4), prose("C", 4)]);
  });

  test("share a passage with a blank line between them", async () => {
    const passages = await chunk("T", [{ text: prose("A", 2) }, { text: prose("B", 2) }]);
    expect(passages.map(({ text }) => text)).toEqual([`${prose("A", 2)}\n\n${prose("B", 2)}`]);
  });

  test("that are long are cut between sentences, with whole sentences of overlap", async () => {
    const passages = await chunk("T", [{ text: prose("S", 9) }]);
    expect(passages.map(({ text }) => text.match(/S\d+/g))).toEqual([
      ["S1", "S2", "S3", "S4", "S5"],
      ["S5", "S6", "S7", "S8", "S9"],
    ]);
    for (const { text } of passages) expect(text).toMatch(/^S\d.*word\.$/);
  });

  test("do not end in a passage of a few words when a sentence can move there", async () => {
    const passages = await chunk("T", [{ text: `${prose("S", 5)} Done.` }], { maxTokens: 52, overlapTokens: 0 });
    expect(passages.map(({ text }) => text.match(/S\d+|Done/g))).toEqual([["S1", "S2", "S3", "S4"], ["S5", "Done"]]);
  });

  test("without a full stop are cut at commas, without commas at spaces, without spaces between characters", async () => {
    const clauses = Array.from({ length: 40 }, (_, i) => `c${i} and more of it,`).join(" ");
    for (const { text } of await chunk("T", [{ text: clauses }], { overlapTokens: 0 })) expect(text).toMatch(/^c.*it,$/);
    const words = Array.from({ length: 200 }, (_, i) => `w${i}`).join(" ");
    const cut = await chunk("T", [{ text: words }], { overlapTokens: 0 });
    expect(cut.map(({ text }) => text).join(" ")).toBe(words);
    const blob = "中😀é".repeat(200);
    const cutBlob = await chunk("T", [{ text: blob }], { overlapTokens: 0 });
    expect(cutBlob.map(({ text }) => text).join("")).toBe(blob);
    for (const { text } of cutBlob) expect(text).not.toMatch(/\p{Surrogate}/u);
  });

  test("in Chinese and Japanese are cut at their own full stops and commas", async () => {
    const chinese = "北京是中华人民共和国的首都，也是全国的政治中心和文化中心。".repeat(8);
    for (const { text } of await chunk("北京", [{ text: chinese }])) expect(text).toMatch(/^北京.*。$/);
    const oneSentence = `${"京都は昔の都であり、".repeat(20)}今も人が多い。`;
    const passages = await chunk("京都", [{ text: oneSentence }], { overlapTokens: 0 });
    for (const { text } of passages.slice(0, -1)) expect(text).toMatch(/^京都.*、$/);
  });
});

describe("lines", () => {
  test("are those of the text that the passage holds, its overlap included", async () => {
    const lines = Array.from({ length: 9 }, (_, i) => `S${i + 1}${" word".repeat(9)}.`);
    const passages = await chunk("T", [{ text: lines.join("\n"), startLine: 11 }]);
    expect(passages.map(({ location }) => location)).toEqual([
      { startLine: 11, endLine: 15 },
      { startLine: 15, endLine: 19 },
    ]);
  });

  test("of a block that its reader has unwrapped are the block's", async () => {
    const passages = await chunk("T", [{ text: prose("S", 9), startLine: 3, endLine: 9 }]);
    expect(passages.map(({ location }) => location)).toEqual([
      { startLine: 3, endLine: 9 },
      { startLine: 3, endLine: 9 },
    ]);
  });

  test("of fenced code leave the fences out", async () => {
    const [passage] = await chunk("T", [{ kind: "code", text: "let answer = 42;\nprint(answer);", startLine: 5, endLine: 8 }]);
    expect(passage!.location).toEqual({ startLine: 6, endLine: 7 });
  });

  test("that start anew on the next page end with the first page", async () => {
    const [passage] = await chunk("T", [
      { text: "End of a page.", startLine: 40, endLine: 40, page: 3 },
      { text: "Begin of a page.", startLine: 1, endLine: 1, page: 4 },
    ]);
    expect(passage!.location).toEqual({ startLine: 40, endLine: 40, page: 3 });
  });
});

describe("code", () => {
  const method = (name: string, lines: number, indent = "") =>
    [`${indent}function ${name}() {`, ...Array.from({ length: lines }, (_, i) => `${indent}  step ${name}${i} of many;`), `${indent}}`].join("\n");

  test("is cut between functions, and keeps its indentation", async () => {
    const code = [method("one", 4), method("two", 4), method("three", 4)].join("\n\n");
    const passages = await chunk("main.js", [{ kind: "code", text: code }], { maxTokens: 35 });
    expect(passages.map(({ text }) => text)).toEqual([
      `${method("one", 4)}`,
      `${method("two", 4)}`,
      `${method("three", 4)}`,
    ]);
  });

  test("prefers a blank line at the top level to one within a function", async () => {
    const code = `${method("one", 5)}\n\nfunction two() {\n  step a b c;\n\n  step d e f;\n  step g h i j k l m n o p q r s;\n}`;
    const passages = await chunk("main.js", [{ kind: "code", text: code }], { overlapTokens: 0, maxTokens: 45 });
    expect(passages.map(({ text }) => text.split("\n")[0])).toEqual(["function one() {", "function two() {"]);
  });

  test("without blank lines is cut between lines", async () => {
    const code = Array.from({ length: 40 }, (_, i) => `  call number ${i} here;`).join("\n");
    const passages = await chunk("main.js", [{ kind: "code", text: code }], { overlapTokens: 0 });
    expect(passages.length).toBeGreaterThan(2);
    expect(passages.map(({ text }) => text).join("\n")).toBe(code);
  });
});

describe("tables and records", () => {
  const row = (i: number, extra: Partial<DocumentBlock> = {}): BlockFields => ({
    kind: "table-row",
    text: `r${i} | some | cells | of | row | ${i}`,
    tableHeader: "name | a | b | c | d | number",
    startLine: i + 2,
    endLine: i + 2,
    ...extra,
  });

  test("the header is repeated in each passage that a table is cut into, and rows are not repeated", async () => {
    const passages = await chunk("T", Array.from({ length: 30 }, (_, i) => row(i)));
    expect(passages.length).toBeGreaterThan(2);
    for (const { text } of passages) expect(text.split("\n")[0]).toBe("name | a | b | c | d | number");
    const rows = passages.flatMap(({ text }) => text.split("\n").slice(1));
    expect(rows).toEqual(Array.from({ length: 30 }, (_, i) => row(i).text));
  });

  test("a reader that gives the header as a row gets it once", async () => {
    const header = row(0, { text: "name | a | b | c | d | number" });
    const [passage] = await chunk("T", [header, row(1)]);
    expect(passage!.text).toBe(`${header.text}\n${row(1).text}`);
  });

  test("a table in running text stands with what introduces it", async () => {
    const passages = await chunk("T", [{ text: "The table:" }, row(1), row(2), { text: "The end." }]);
    expect(passages.map(({ text }) => text)).toEqual([
      `The table:\n\nname | a | b | c | d | number\n${row(1).text}\n${row(2).text}\n\nThe end.`,
    ]);
  });

  test("two tables in a row keep apart", async () => {
    const [passage] = await chunk("T", [row(1), row(2, { tableHeader: "other | header" })]);
    expect(passage!.text).toBe(`name | a | b | c | d | number\n${row(1).text}\n\nother | header\n${row(2).text}`);
  });

  test("numbered rows and records are kept apart, but for short ones", async () => {
    const long = (i: number): BlockFields => ({ kind: "record", text: `R${i} ${"word ".repeat(20).trim()}`, row: i, startLine: i, endLine: i });
    const passages = await chunk("T", [long(1), long(2), long(3)]);
    expect(passages.map(({ location }) => location)).toEqual([1, 2, 3].map((i) => ({ startLine: i, endLine: i, row: i })));
    const short = (i: number): BlockFields => ({ kind: "record", text: `R${i}`, row: i, startLine: i, endLine: i });
    const together = await chunk("T", [1, 2, 3, 4, 5, 6].map(short));
    expect(together.map(({ text }) => text)).toEqual(["R1\nR2\nR3\nR4", "R5\nR6"]);
    const lines = await chunk("T", [1, 2].map((i) => ({ ...short(i), text: `a: ${i}\nb:` })), { maxTokens: 90 });
    expect(lines.map(({ text }) => text)).toEqual(["a: 1\nb:\n\na: 2\nb:"]);
  });

  test("a row is cut only when it alone is over the budget", async () => {
    const fifty = (i: number): BlockFields => row(i, { text: `r${i} ${"cell ".repeat(35).trim()}` });
    const whole = await chunk("T", [row(1), fifty(2), fifty(3)]);
    for (const { text } of whole) for (const line of text.split("\n").slice(1)) expect(line).toMatch(/^r\d.*(cell|1)$/);
    const huge = await chunk("T", [row(1, { text: `big ${"cell ".repeat(200).trim()}` })]);
    expect(huge.length).toBeGreaterThan(3);
    for (const { text } of huge) expect(text).toMatch(/^name \| a/);
  });
});

describe("the counter", () => {
  test("is asked twice for a document of ordinary units", async () => {
    const counter = createWordCounter();
    await chunkDocument(documentOf("T", [heading(1, "A"), { text: prose("S", 50) }]), counter, LIMITS);
    expect(counter.calls).toBe(2);
  });

  test("that counts the whole as more than its parts is believed", async () => {
    const counter = createWordCounter({ wholeCostsMore: 1.7 });
    const passages = await chunkDocument(documentOf("T", [{ text: prose("S", 30) }]), counter, LIMITS);
    for (const count of await counter.countTokens(passages.map(passageInput))) expect(count).toBeLessThanOrEqual(60);
    expect(new Set(passages.flatMap(({ text }) => text.match(/S\d+/g) ?? [])).size).toBe(30);
  });
});

test("a document without text has no passages", async () => {
  expect(await chunk("Empty", [])).toEqual([]);
  expect(await chunk("Blank", [{ text: " \n\t" }, heading(1, "  ")])).toEqual([]);
});

test("the same document gives the same passages", async () => {
  const blocks = [heading(1, "A"), { text: prose("S", 20) }, { kind: "code" as const, text: "a\n\nb" }];
  expect(await chunk("T", blocks)).toEqual(await chunk("T", blocks));
});
