import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { readDocument } from "../../../src/adapters/readers/all-readers.ts";
import { fixtureBytes, outline, readFixture, skipped } from "./read-fixture.ts";

const written = { stdout: vi.spyOn(process.stdout, "write"), stderr: vi.spyOn(process.stderr, "write"), warn: vi.spyOn(console, "warn") };
beforeEach(() => Object.values(written).forEach((spy) => spy.mockClear()));
afterEach(() => {
  for (const spy of Object.values(written)) expect(spy).not.toHaveBeenCalled();
});

test("gives headings by their print, paragraphs with pages, and no running header or page number", async () => {
  const document = await readFixture("tides.pdf");
  expect(document).toMatchObject({ title: "Tides explained", format: "pdf", warnings: [] });
  expect(document.blocks.map(({ kind, level, page, text }) => `${kind}${level ?? ""} p${page}: ${text.slice(0, 30)}`)).toEqual([
    "heading1 p1: Tides explained",
    "heading2 p1: Two bulges",
    "paragraph p1: The Moon pulls the water of th",
    "paragraph p1: When Sun and Moon stand in one",
    "heading2 p2: Spring and neap",
    "paragraph p2: When Sun and Moon stand in one",
    "heading2 p3: Sources",
    "paragraph p3: Written for the tests of reran",
  ]);
  const [, , bulges, spring] = document.blocks;
  expect(bulges?.text).toMatch(/^The Moon pulls .* both in a day\.$/);
  expect(bulges!.endLine).toBeGreaterThan(bulges!.startLine);
  expect(spring!.startLine).toBe(bulges!.endLine + 1);
});

test("joins lines, mends words parted at a line's end, and keeps hyphens that are written elsewhere", async () => {
  expect(outline(await readFixture("hyphens.pdf"))).toEqual([
    "paragraph 1-3: The old lighthouse keeper was a well-known storyteller, and the well-known stories of the harbour began with him.",
    "paragraph 4-5: A second paragraph stands below a wider gap.",
  ]);
});

test("reads Chinese set in a font that is not embedded, and joins its lines without spaces", async () => {
  const document = await readFixture("chinese.pdf");
  expect(document.title).toBe("潮汐的成因");
  expect(outline(document)).toEqual(["heading1 1-1: 潮汐的成因", "paragraph 2-3: 月球的引力使海水向它隆起，地球另一侧也会出现一个隆起，所以一天之内有两次涨潮。"]);
});

test("skips a PDF that needs a password, and reads one that only forbids printing", async () => {
  await expect(readFixture("encrypted.pdf")).rejects.toMatchObject(skipped("password-protected"));
  expect(outline(await readFixture("restricted.pdf"))).toEqual(["paragraph 1-1: Printing is forbidden, reading is not."]);
});

test("skips pages without text, naming the remedy", async () => {
  await expect(readFixture("scanned.pdf")).rejects.toMatchObject(skipped("no-text", "OCR"));
});

test("skips what is no PDF, and what is left of one", async () => {
  await expect(readDocument({ path: "a.pdf", bytes: Buffer.from("not a pdf") })).rejects.toMatchObject(skipped("damaged"));
  await expect(readDocument({ path: "a.pdf", bytes: fixtureBytes("tides.pdf").subarray(0, 200) })).rejects.toMatchObject(skipped("damaged"));
  await expect(readDocument({ path: "a.pdf", bytes: Buffer.alloc(0) })).rejects.toMatchObject(skipped("empty"));
});

test("leaves the caller's bytes alone", async () => {
  const bytes = new Uint8Array(fixtureBytes("hyphens.pdf"));
  await readDocument({ path: "a.pdf", bytes });
  expect(bytes.byteLength).toBe(fixtureBytes("hyphens.pdf").byteLength);
});
