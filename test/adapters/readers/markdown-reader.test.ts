import { expect, test } from "vitest";
import { outline, readText } from "./read-fixture.ts";

test("gives headings, paragraphs, lists, code and tables with their lines", async () => {
  const document = await readText(
    "guide.md",
    [
      "# Guide *to* `tea`", // 1
      "",
      "Hard-wrapped text", // 3
      "with a [link](https://x.y) and ![a picture](p.png).",
      "",
      "- green", // 6
      "- black",
      "  - assam", // 8
      "",
      "3. pour", // 10
      "4. wait",
      "",
      "- [x] done", // 13
      "",
      "```js", // 15
      "const a = 1;",
      "```",
      "",
      "| tea | time |", // 19
      "|---|---|",
      "| green | 2 min |",
      "| black | 4 min |",
      "",
      "> quoted", // 24
      "<!-- never shown -->",
    ].join("\n"),
  );
  expect(document.title).toBe("Guide to tea");
  expect(outline(document)).toEqual([
    "heading1 1-1: Guide to tea",
    "paragraph 3-4: Hard-wrapped text\nwith a link and a picture.",
    "list-item 6-6: green",
    "list-item 7-7: black",
    "list-item 8-8: assam",
    "list-item 10-10: 3. pour",
    "list-item 11-11: 4. wait",
    "list-item 13-13: [x] done",
    "code 15-17: const a = 1;",
    "table-row 21-21: green | 2 min",
    "table-row 22-22: black | 4 min",
    "paragraph 24-24: quoted",
  ]);
  expect(document.blocks.find(({ kind }) => kind === "table-row")?.tableHeader).toBe("tea | time");
});

test("takes title, description and tags from the front matter, and the line numbers with it", async () => {
  const document = await readText("post.md", '---\ntitle: "Brewing"\nlayout: post\ntags:\n- tea\n- water\ndescription: >\n  How long\n  it takes\n---\n\n# Other\n');
  expect(document.title).toBe("Brewing");
  expect(outline(document)).toEqual(["record 1-10: description: How long it takes\ntags: tea, water", "heading1 12-12: Other"]);
  expect((await readText("post.md", '+++\ntitle = "TOML"\n+++\n\ntext\n')).title).toBe("TOML");
});

test("is called by its file's name when nothing in it is a title", async () => {
  expect((await readText("notes/My notes.v2.md", "## Only a second level\n\ntext")).title).toBe("My notes.v2");
});

test("drops HTML comments, and reads HTML blocks for their text with their lines", async () => {
  const document = await readText("readme.md", "# A\n\n<div align=center>\n<p>Centred <b>text</b></p>\n</div>\n\n<!-- a\ncomment -->\n\nEnd\n");
  expect(outline(document)).toEqual(["heading1 1-1: A", "paragraph 4-4: Centred text", "paragraph 10-10: End"]);
});

test("keeps line numbers with CRLF", async () => {
  expect(outline(await readText("a.md", "# A\r\n\r\ntext\r\nmore\r\n"))).toEqual(["heading1 1-1: A", "paragraph 3-4: text\nmore"]);
});

test("reads a long document in sections without losing a line, a row's header or a fence", async () => {
  const rows = Array.from({ length: 2500 }, (_, row) => `| key ${row} | value ${row} |`);
  const code = Array.from({ length: 2500 }, (_, line) => `# line ${line} of the code`);
  const items = Array.from({ length: 5000 }, (_, item) => `- item ${item}`);
  const lines = ["# Long", "", "| a | b |", "|---|---|", ...rows, "", "```sh", ...code, "```", "", ...items, "", "end"];
  const { blocks } = await readText("long.md", lines.join("\n"));
  const tableRows = blocks.filter(({ kind }) => kind === "table-row");
  expect(tableRows).toHaveLength(2500);
  expect(tableRows.every(({ tableHeader }) => tableHeader === "a | b")).toBe(true);
  expect(tableRows[2400]).toMatchObject({ text: "key 2400 | value 2400", startLine: 2405 });
  expect(blocks.filter(({ kind }) => kind === "heading")).toHaveLength(1);
  expect(blocks.filter(({ kind }) => kind === "code")).toHaveLength(1);
  const listItems = blocks.filter(({ kind }) => kind === "list-item");
  expect(listItems).toHaveLength(5000);
  for (const { text, startLine } of listItems) expect(lines[startLine - 1]).toBe(`- ${text}`);
  expect(blocks.at(-1)).toMatchObject({ kind: "paragraph", text: "end", startLine: lines.length });
});

test("leaves pictures inside the text out of it", async () => {
  const document = await readText("a.md", `before ![dot](data:image/png;base64,${"iVBORw0KGgo".repeat(50_000)}) after`);
  expect(outline(document)).toEqual(["paragraph 1-1: before dot after"]);
});

test("reads an endless line as plain text, and what stands around it as Markdown", async () => {
  const document = await readText("a.md", `# A\n\n${"[word ".repeat(500_000)}\n\n## B`);
  expect(document.blocks.map(({ kind, startLine }) => `${kind} ${startLine}`)).toEqual(["heading 1", "paragraph 3", "heading 5"]);
});
