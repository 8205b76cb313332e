import { expect, test } from "vitest";
import { readDocument } from "../../../src/adapters/readers/all-readers.ts";
import { fixtureBytes, outline, readFixture, skipped } from "./read-fixture.ts";

test("gives title, headings below it, lists and tables, with lines of the extracted text", async () => {
  const document = await readFixture("locks.docx");
  expect(document).toMatchObject({ title: "How locks work", format: "docx", warnings: [] });
  expect(outline(document)).toEqual([
    "heading1 1-1: How locks work",
    "paragraph 3-3: A pin tumbler lock holds a row of pins.",
    "heading2 5-5: Parts",
    "list-item 7-7: Key pins of different lengths.",
    "list-item 9-9: Driver pins with springs.",
    "table-row 11-11: Pin | Brass | Blocks the plug",
    "table-row 13-13: Spring | Steel | Pushes the pin back",
    "heading3 15-15: Picking",
    "paragraph 17-17: A tension wrench turns the plug while each pin is lifted.",
  ]);
  expect(document.blocks.find(({ kind }) => kind === "table-row")?.tableHeader).toBe("Part | Material | Purpose");
});

test("skips an encrypted document", async () => {
  await expect(readFixture("locks-encrypted.docx")).rejects.toMatchObject(skipped("password-protected"));
});

test("skips a damaged archive, one that was cut short, and an old .doc under the new name", async () => {
  const read = (bytes: Uint8Array) => readDocument({ path: "a.docx", bytes });
  await expect(read(Buffer.from("PK\x03\x04 broken"))).rejects.toMatchObject(skipped("damaged"));
  await expect(read(fixtureBytes("locks.docx").subarray(0, 9000))).rejects.toMatchObject(skipped("damaged"));
  await expect(read(Buffer.from("d0cf11e0a1b11ae1".padEnd(1024, "0"), "hex"))).rejects.toMatchObject(skipped("damaged", "97"));
  await expect(read(Buffer.alloc(0))).rejects.toMatchObject(skipped("empty"));
});
