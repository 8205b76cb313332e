import fc from "fast-check";
import { expect, test } from "vitest";
import type { DocumentBlock, ParsedDocument } from "../../src/domain/document.ts";
import { graphemesOf } from "../../src/domain/graphemes.ts";
import { type PassageDraft, passageInput } from "../../src/domain/passage.ts";
import { chunkDocument } from "../../src/stages/chunk-document.ts";
import { createWordCounter } from "../fakes/word-counter.ts";

const word = fc.constantFrom(
  "word", "Dr.", "end.", "really?", "a", "internationalization", "3.14,", "北京是首都。", "你好，", "東京「です。」と", "한국어", "👩‍👩‍👧", "e\u0301", "𠮷野家", "|", "e.g.", "x".repeat(90), "中".repeat(70), "\n", "\n\n", "  ",
);
const text = fc.array(word, { maxLength: 60 }).chain((words) => fc.constantFrom(" ", "").map((glue) => words.join(glue)));

const TABLE_HEADERS = ["name | size", "h".repeat(400)];

const block = fc.record({
  kind: fc.constantFrom<DocumentBlock["kind"]>("heading", "paragraph", "paragraph", "list-item", "code", "table-row", "record"),
  level: fc.integer({ min: 1, max: 6 }),
  text,
  tableHeader: fc.constantFrom(undefined, ...TABLE_HEADERS),
});

/** Blocks below one another, in the lines that their text takes. */
const document = fc.array(block, { maxLength: 12 }).map((drafts): ParsedDocument => {
  let line = 1;
  const blocks = drafts.map(({ kind, level, text: blockText, tableHeader }): DocumentBlock => {
    const startLine = line;
    line += blockText.split("\n").length;
    return {
      kind,
      text: blockText,
      startLine,
      endLine: line - 1,
      ...(kind === "heading" && { level }),
      ...(kind === "table-row" && tableHeader !== undefined && { tableHeader }),
    };
  });
  return { title: "The title", format: "text", blocks, warnings: [] };
});

const options = fc.record({ maxTokens: fc.integer({ min: 8, max: 80 }), overlapTokens: fc.integer({ min: 0, max: 20 }) });
const counter = createWordCounter();

function squeeze(value: string): string {
  return value.replace(/\s+/g, "");
}

function isTableHeader(line: string): boolean {
  return TABLE_HEADERS.some((header) => line === header || (line.endsWith("…") && header.startsWith(line.slice(0, -1))));
}

function lineCountOf(source: ParsedDocument): number {
  return Math.max(1, ...source.blocks.map(({ endLine }) => endLine));
}

async function chunkBoth(
  check: (passages: PassageDraft[], source: ParsedDocument, limits: { maxTokens: number; overlapTokens: number }) => Promise<void> | void,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(document, options, async (source, limits) => {
      await check(await chunkDocument(source, counter, limits), source, limits);
    }),
    { numRuns: 300 },
  );
}

test("all text of a document is in its passages, in order", async () => {
  await chunkBoth((passages, source) => {
    const shownHeadings = new Set(passages.flatMap(({ headings }) => headings.map(squeeze)));
    const bodies = squeeze(passages.map(({ text: body }) => body).join(""));
    let position = 0;
    for (const { kind, text: blockText } of source.blocks) {
      if (kind === "heading" && shownHeadings.has(squeeze(blockText))) continue;
      // Overlaps and table headers stand between: so each character is looked for from where the last one was found.
      for (const character of squeeze(blockText)) {
        const found = bodies.indexOf(character, position);
        expect(found).not.toBe(-1);
        position = found + character.length;
      }
    }
  });
});

test("no passage is over the budget, unless it is a single character", async () => {
  await chunkBoth(async (passages, _, { maxTokens }) => {
    const counts = await counter.countTokens(passages.map(passageInput));
    for (const [i, count] of counts.entries()) {
      // The last line: a table header may stand above it.
      if (count > maxTokens) expect(graphemesOf(passages[i]!.text.split("\n").at(-1)!.trim())).toHaveLength(1);
    }
  });
});

test("no passage is blank, and none breaks a character in two", async () => {
  await chunkBoth((passages) => {
    for (const { headings, text: body } of passages) {
      expect(body.trim()).not.toBe("");
      expect(`${headings.join("")}${body}`).not.toMatch(/\p{Surrogate}/u);
      expect(body).not.toMatch(/^[\u0301\u200d]/);
    }
  });
});

test("lines lie within the document, and never go back beyond an overlap", async () => {
  await chunkBoth((passages, source) => {
    let previousStart = 1;
    for (const { location } of passages) {
      expect(location.startLine).toBeGreaterThanOrEqual(previousStart);
      expect(location.endLine).toBeGreaterThanOrEqual(location.startLine);
      expect(location.endLine).toBeLessThanOrEqual(lineCountOf(source));
      previousStart = location.startLine;
    }
  });
});

test("the text of a passage stands in the lines that it names", async () => {
  await chunkBoth((passages, source) => {
    const lines = source.blocks.flatMap(({ text: blockText }) => blockText.split("\n"));
    for (const { location, text: body } of passages) {
      const named = squeeze(lines.slice(location.startLine - 1, location.endLine).join("\n"));
      const own = body.split("\n").filter((line) => !isTableHeader(line));
      expect(named).toContain(squeeze(own[0] ?? ""));
      expect(named).toContain(squeeze(own.at(-1) ?? ""));
    }
  });
});

test("passages overlap by no more than asked for", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 80 }), options, async (sentenceCount, limits) => {
      const body = Array.from({ length: sentenceCount }, (_, i) => `S${i} one two three${i % 3 === 0 ? " four five six" : ""}.`).join(" ");
      const source: ParsedDocument = {
        title: "",
        format: "text",
        blocks: [{ kind: "paragraph", text: body, startLine: 1, endLine: 1 }],
        warnings: [],
      };
      const passages = await chunkDocument(source, counter, limits);
      for (const [i, { text: own }] of passages.entries()) {
        const previous = passages[i - 1]?.text ?? "";
        let overlap = Math.min(previous.length, own.length);
        while (overlap > 0 && !previous.endsWith(own.slice(0, overlap))) overlap -= 1;
        const [count] = await counter.countTokens([own.slice(0, overlap)]);
        // "S1" at a cut may match by chance.
        expect(count).toBeLessThanOrEqual(limits.overlapTokens + 1);
      }
    }),
  );
});

const MEGABYTE = 1_000_000;
test.each([
  ["one line without a space", "paragraph", "a".repeat(MEGABYTE)],
  ["one line of words", "paragraph", "word ".repeat(MEGABYTE / 5)],
  ["one line of Chinese", "paragraph", "北京是中国的首都，".repeat(MEGABYTE / 9)],
  ["one line of emoji", "paragraph", "👩‍👩‍👧".repeat(MEGABYTE / 8)],
  ["one line of commas", "code", "1,".repeat(MEGABYTE / 2)],
  ["short lines", "code", "a\n".repeat(MEGABYTE / 2)],
  ["short sentences", "paragraph", "Go. ".repeat(MEGABYTE / 4)],
  ["one row", "table-row", "cell | ".repeat(MEGABYTE / 7)],
  ["spaces", "paragraph", `a${" ".repeat(MEGABYTE)}b`],
] as const)("a megabyte as %s is cut within the budget", async (_, kind, body) => {
  const endLine = body.trimEnd().split("\n").length;
  const source = { title: "Big", format: "text", blocks: [{ kind, text: body, startLine: 1, endLine }], warnings: [] };
  const passages = await chunkDocument(source, counter, { maxTokens: 256, overlapTokens: 0 });
  const counts = await counter.countTokens(passages.map(passageInput));
  expect(Math.max(...counts)).toBeLessThanOrEqual(256);
  expect(squeeze(passages.map(({ text: own }) => own).join(""))).toBe(squeeze(body));
});

test("100,000 rows and a header are cut into passages that each hold whole rows", async () => {
  const blocks = Array.from({ length: 100_000 }, (_, i): DocumentBlock => {
    return { kind: "table-row", text: `${i} | some | cells`, tableHeader: "n | a | b", startLine: i + 2, endLine: i + 2, row: i + 1 };
  });
  const passages = await chunkDocument({ title: "Rows", format: "csv", blocks, warnings: [] }, counter, { maxTokens: 256, overlapTokens: 32 });
  const rows = passages.flatMap(({ text: own }) => own.split("\n").slice(1));
  expect(rows).toHaveLength(100_000);
  expect(rows[99_999]).toBe("99999 | some | cells");
});
