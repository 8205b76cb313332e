import { describe, expect, test } from "vitest";
import { outline, readText } from "./read-fixture.ts";

describe("plain text", () => {
  test("gives paragraphs parted by blank lines, with their line breaks", async () => {
    const document = await readText("poem.txt", "\nRoses are red\nViolets are blue  \n\n \nSugar\r\n");
    expect(document).toMatchObject({ title: "poem", format: "text", encoding: "utf-8", warnings: [] });
    expect(outline(document)).toEqual(["paragraph 2-3: Roses are red\nViolets are blue", "paragraph 6-6: Sugar"]);
  });

  test.each([".rst", ".org", ".adoc", ".tex", ".log", ".TXT"])("is what %s files are read as", async (extension) => {
    expect((await readText(`a${extension}`, "text")).format).toBe("text");
  });
});

describe("source code", () => {
  test("is cut between definitions, each with the comment above it", async () => {
    const source = [
      "// Licence of the file.", // 1
      "",
      'import a from "a";', // 3
      'import b from "b";',
      "",
      "/** Adds. */", // 6
      "function add(x, y) {",
      "  const sum = x + y;",
      "",
      "  return sum;",
      "}", // 11
      "// Takes away.",
      "function subtract(x, y) {",
      "  return x - y;",
      "}", // 15
      "",
      "// Far above its constant.",
      "",
      "const TWO = add(1, 1);", // 19
    ];
    const { title, blocks } = await readText("src/sums.js", source.join("\n"));
    expect(title).toBe("sums.js");
    expect(blocks.map(({ kind, startLine, endLine }) => `${kind} ${startLine}-${endLine}`)).toEqual(["code 1-1", "code 3-4", "code 6-11", "code 12-15", "code 17-19"]);
    for (const { text, startLine, endLine } of blocks) expect(text).toBe(source.slice(startLine - 1, endLine).join("\n"));
  });

  test("keeps a short class whole, and cuts a long one between its methods", async () => {
    const method = (name: string, lines: number) => [`    def ${name}(self):`, `        """Does ${name}."""`, ...Array.from({ length: lines }, (_, line) => `        step(${line})`), ""];
    const short = ["class Short:", ...method("a", 3), ...method("b", 3)];
    expect((await readText("a.py", short.join("\n"))).blocks).toHaveLength(1);
    const long = ["class Long(Base):", '    """A long class."""', "", ...method("first", 20), "    @cached", ...method("second", 20), "    # About the third.", ...method("third", 20)];
    const { blocks } = await readText("b.py", long.join("\n"));
    expect(blocks.map(({ text }) => text.split("\n")[0])).toEqual(["class Long(Base):", "    def first(self):", "    @cached", "    # About the third."]);
    expect(blocks.flatMap(({ text }) => text.split("\n")).filter((line) => line !== "")).toEqual(long.filter((line) => line !== ""));
  });

  test("does not part an else or a closing bracket from what it belongs to", async () => {
    const source = "if (a) {\n  b();\n}\n\nelse {\n  c();\n}\n\ncall(\n  x\n);\n";
    const { blocks } = await readText("a.c", source);
    expect(blocks.map(({ startLine, endLine }) => [startLine, endLine])).toEqual([[1, 7], [9, 11]]);
  });

  test("keeps indentation, in every language and in YAML", async () => {
    const { blocks } = await readText("ci.yaml", "jobs:\n  build:\n    runs-on: linux\n\n  test:\n    needs: build\n");
    expect(blocks.map(({ text }) => text)).toEqual(["jobs:\n  build:\n    runs-on: linux\n\n  test:\n    needs: build"]);
  });
});
