import iconv from "iconv-lite";
import { describe, expect, test } from "vitest";
import { readDocument } from "../../../src/adapters/readers/all-readers.ts";
import { readText } from "./read-fixture.ts";

const rows = async (path: string, text: string) => (await readText(path, text)).blocks.map(({ row, startLine, endLine, text: content }) => ({ row, lines: [startLine, endLine], content }));

test("gives a record per row: the column's name and the value, line by line", async () => {
  const document = await readText("cities.csv", "city,country,people\r\nTokyo,Japan,14\r\nParis,,2\r\n");
  expect(document).toMatchObject({ title: "cities", format: "csv", warnings: [] });
  expect(document.blocks).toEqual([
    { kind: "record", text: "city: Tokyo\ncountry: Japan\npeople: 14", startLine: 2, endLine: 2, row: 1 },
    { kind: "record", text: "city: Paris\npeople: 2", startLine: 3, endLine: 3, row: 2 },
  ]);
});

test.each([
  ["a;b\n1,5;2,5\n3,5;4,5", ";"],
  ["a\tb\n1, 2\t3, 4\n5, 6\t7", "tab"],
  ["a|b\nx, y|z\nu|v", "|"],
])("finds the delimiter of %j", async (text) => {
  for (const { content } of await rows("data.csv", text)) expect(content).toMatch(/^a: .+\nb: .+$/);
});

test("reads a .tsv by its tabs, though commas are more frequent", async () => {
  expect(await rows("a.tsv", "name\tnote\nA\tone, two, three\n")).toEqual([{ row: 1, lines: [2, 2], content: "name: A\nnote: one, two, three" }]);
});

test("counts lines through quoted line breaks and empty lines", async () => {
  expect(await rows("a.csv", 'name,note\n\n"A","first\nsecond ""quoted"""\n,\nB,last')).toEqual([
    { row: 1, lines: [3, 4], content: 'name: A\nnote: first\nsecond "quoted"' },
    { row: 2, lines: [6, 6], content: "name: B\nnote: last" },
  ]);
});

describe("header", () => {
  test.each([
    ["numbers", "1,2\n3,4"],
    ["dates", "2024-01-02,open\n2024-01-03,closed"],
    ["a value of its own column", "red,apple\nblue,sky\nred,rose"],
    ["a sentence", `${"This is a long sentence about something. ".repeat(3)},x\nshort,y`],
    ["a name twice", "a,a\nb,c"],
  ])("is not a first row with %s", async (_, text) => {
    const [first] = await rows("a.csv", text);
    expect(first).toMatchObject({ row: 1, lines: [1, 1] });
    expect(first?.content.split("\n")).toEqual(text.split("\n")[0]!.split(",").map((cell) => cell.trim()));
  });

  test("may hold years", async () => {
    expect(await rows("a.csv", "country,2020,2021\nJapan,1,2")).toMatchObject([{ content: "country: Japan\n2020: 1\n2021: 2" }]);
  });
});

test("keeps ragged rows, and says how many there are", async () => {
  const { blocks, warnings } = await readText("a.csv", "a,b\n1,2\nx\ny,z,extra\n");
  expect(blocks.map(({ text }) => text)).toEqual(["a: 1\nb: 2", "a: x", "a: y\nb: z\nextra"]);
  expect(warnings).toEqual(["a.csv: 2 rows have more or fewer cells than the header, the first on line 3"]);
});

test("loses nothing behind a quotation mark that is never closed", async () => {
  const { blocks, warnings } = await readText("a.csv", 'name,inch\nscreen,"27\nphone,6\n');
  expect(blocks.map(({ text }) => text)).toEqual(['name: screen\ninch: "27', "name: phone\ninch: 6"]);
  expect(warnings).toEqual(["a.csv: a quotation mark is never closed, so quotation marks were read as text"]);
});

test("reads a table from a Chinese Excel", async () => {
  const { encoding, blocks } = await readDocument({ path: "a.csv", bytes: iconv.encode("城市,国家\n东京,日本\n", "gb18030") });
  expect(encoding).toBe("gb18030");
  expect(blocks[0]?.text).toBe("城市: 东京\n国家: 日本");
});
