import { describe, expect, test } from "vitest";
import { outline, readText, skipped } from "./read-fixture.ts";

describe("JSON", () => {
  test("gives a record for plain entries together, for each nested entry, and for each object of a list", async () => {
    const text = `{
  "title": "Screens",
  "year": 2024,
  "draft": null,
  "maker": { "name": "Ada", "places": ["Paris", "Rome"] },
  "types": [
    { "name": "LCD", "parts": [{ "id": 1 }, { "id": 2 }] },
    { "name": "OLED",
      "note": "line, with [brackets] and \\"quotes\\"" }
  ],
  "2": "a key like a number",
  "vector": [${Array.from({ length: 100 }, (_, position) => position).join(",")}]
}`;
    const document = await readText("screens.json", text);
    expect(document).toMatchObject({ title: "Screens", format: "json", warnings: [] });
    expect(outline(document)).toEqual([
      "record 2-11: 2: a key like a number\ntitle: Screens\nyear: 2024",
      "record 5-5: maker.name: Ada\nmaker.places: Paris, Rome",
      "record 7-7: types.name: LCD\ntypes.parts[0].id: 1\ntypes.parts[1].id: 2",
      'record 8-9: types.name: OLED\ntypes.note: line, with [brackets] and "quotes"',
      "record 12-12: vector: 100 numbers",
    ]);
  });

  test("gives a row per element of a list", async () => {
    const { blocks } = await readText("a.json", '[\n{"a": 1},\n\n{"a": "x\\ny",\n"b": {}},\n"plain"\n]');
    expect(blocks).toEqual([
      { kind: "record", text: "a: 1", startLine: 2, endLine: 2, row: 1 },
      { kind: "record", text: "a: x\ny", startLine: 4, endLine: 5, row: 2 },
      { kind: "record", text: "plain", startLine: 6, endLine: 6, row: 3 },
    ]);
    expect(outline(await readText("b.json", '["a",\n"b"]'))).toEqual(["record 1-2: a, b"]);
    expect(outline(await readText("c.json", '"only a string"'))).toEqual(["record 1-1: only a string"]);
  });

  test("reads JSON with comments, or cut short, as text and says so", async () => {
    const { blocks, warnings } = await readText("tsconfig.json", '{\n  // Strict.\n  "strict": true,\n}\n');
    expect(blocks[0]?.text).toContain("// Strict.");
    expect(warnings).toEqual([expect.stringContaining("no valid JSON")]);
  });

  test("survives nesting beyond the call stack", async () => {
    const { blocks } = await readText("deep.json", `{"a":${"[".repeat(50_000)}1${"]".repeat(50_000)}}`);
    expect(blocks[0]?.text).toContain("nested deeper");
  });

  test("skips a file without a value that says something", async () => {
    await expect(readText("a.json", '{"a": null, "b": []}')).rejects.toMatchObject(skipped("no-text"));
  });
});

describe("JSON lines", () => {
  test("gives a record per line, and goes on after a broken one, naming it", async () => {
    const { blocks, warnings } = await readText("faq.jsonl", '{"q": "Why?", "a": "So."}\r\n\r\n{"q": broken}\r\n{"q": "When?"}\r\n');
    expect(blocks).toEqual([
      { kind: "record", text: "q: Why?\na: So.", startLine: 1, endLine: 1, row: 1 },
      { kind: "record", text: "q: When?", startLine: 4, endLine: 4, row: 3 },
    ]);
    expect(warnings).toEqual([expect.stringMatching(/^faq\.jsonl:3: left out, no valid JSON/)]);
  });

  test("names a few broken lines and counts the others", async () => {
    const { warnings } = await readText("a.ndjson", `${"{\n".repeat(20)}{"a": 1}`);
    expect(warnings).toHaveLength(6);
    expect(warnings.at(-1)).toBe("a.ndjson: 15 more lines left out, no valid JSON");
  });

  test("is damaged when no line is valid", async () => {
    await expect(readText("a.jsonl", "{\n[\n")).rejects.toMatchObject(skipped("damaged"));
  });
});

describe("Jupyter notebooks", () => {
  const notebook = JSON.stringify(
    {
      cells: [
        { cell_type: "markdown", source: ["# Descent\n", "\n", "Follow the *slope*."] },
        {
          cell_type: "code",
          source: ["import math\n", "\n", "def f(x):\n", "    return x ** 2"],
          outputs: [
            { output_type: "execute_result", data: { "text/plain": ["42"], "image/png": "iVBOR" } },
            { output_type: "stream", name: "stdout", text: "x".repeat(5000) },
          ],
        },
        { cell_type: "raw", source: "as it is" },
      ],
      metadata: {},
      nbformat: 4,
    },
    null,
    1,
  );

  test("give Markdown and code by cell, short outputs, and the lines of the file", async () => {
    const document = await readText("descent.ipynb", notebook);
    expect(document).toMatchObject({ title: "Descent", format: "notebook" });
    expect(document.blocks.map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
      "heading: Descent",
      "paragraph: Follow the slope.",
      "code: import math",
      "code: def f(x):\n    return x ** 2",
      "code: 42",
      "paragraph: as it is",
    ]);
    const lines = notebook.split("\n");
    const [heading, paragraph, , definition] = document.blocks;
    expect(lines[heading!.startLine - 1]).toContain("# Descent");
    expect(lines[paragraph!.startLine - 1]).toContain("slope");
    expect(lines[definition!.endLine - 1]).toContain("return x ** 2");
  });

  test("are damaged when they are no JSON, or no notebook", async () => {
    await expect(readText("a.ipynb", notebook.slice(0, 100))).rejects.toMatchObject(skipped("damaged"));
    await expect(readText("a.ipynb", "{}")).rejects.toMatchObject(skipped("damaged", "no cells"));
    await expect(readText("a.ipynb", '{"cells": []}')).rejects.toMatchObject(skipped("no-text"));
  });
});
