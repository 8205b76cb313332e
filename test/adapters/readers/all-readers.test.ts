import { describe, expect, test } from "vitest";
import { readDocument, SUPPORTED_FORMATS } from "../../../src/adapters/readers/all-readers.ts";
import { readText, skipped } from "./read-fixture.ts";

describe("the choice of a reader", () => {
  test.each([
    ["README", "text"],
    ["docs/README.MD", "markdown"],
    ["README.zh-CN.md", "markdown"],
    ["LICENSE", "text"],
    ["Makefile", "code"],
    ["docker/Dockerfile.dev", "code"],
    ["A.PY", "code"],
    ["notes.unknown", "text"],
    ["no-extension", "text"],
    [".bashrc", "text"],
  ])("reads %s as %s", async (path, format) => {
    expect((await readText(path, "some = text\n")).format).toBe(format);
  });

  test("goes by the first bytes where the name says nothing", async () => {
    expect((await readText("run", "#!/bin/sh\necho hello\n")).format).toBe("code");
    expect((await readText("page", "<!DOCTYPE html><p>hello</p>")).format).toBe("html");
  });

  test("refuses unknown files that are no text", async () => {
    await expect(readDocument({ path: "data.unknown", bytes: Buffer.from([1, 0, 2, 0, 0, 0]) })).rejects.toMatchObject(skipped("binary"));
    await expect(readDocument({ path: "photo.md", bytes: Buffer.from("\x89PNG\r\n\x1a\n\0", "latin1") })).rejects.toMatchObject(skipped("binary", "PNG"));
  });

  test("knows every extension once", () => {
    const extensions = SUPPORTED_FORMATS.flatMap((format) => [...format.extensions]);
    expect(new Set(extensions).size).toBe(extensions.length);
    for (const extension of extensions) expect(extension).toMatch(/^\.[a-z0-9]+$/);
  });
});

const TEXT_FORMATS = SUPPORTED_FORMATS.filter(({ format }) => format !== "pdf" && format !== "docx").map(({ extensions }) => `file${extensions[0]}`);

describe.each(TEXT_FORMATS)("%s", (path) => {
  test("is empty without a byte, and has no text with white space only", async () => {
    await expect(readText(path, "")).rejects.toMatchObject(skipped("empty"));
    await expect(readText(path, " \r\n\t\u00A0\n")).rejects.toMatchObject(skipped("no-text"));
  });

  test("is binary with null bytes", async () => {
    await expect(readText(path, "text\0text\0\0.")).rejects.toMatchObject(skipped("binary"));
  });

  test("reads a line of 10 MB", async () => {
    const line = "word ".repeat(2_000_000);
    const texts: Readonly<Record<string, string>> = { "file.json": JSON.stringify({ line }), "file.jsonl": JSON.stringify({ line }) };
    const cell = { cell_type: "markdown", source: line };
    const { blocks } = await readText(path, path === "file.ipynb" ? JSON.stringify({ cells: [cell] }) : (texts[path] ?? line));
    expect(blocks).toHaveLength(1);
    expect(blocks[0]!.text.length).toBeGreaterThan(9_900_000);
  });
});

test("every title falls back to the file's name", async () => {
  for (const path of TEXT_FORMATS.filter((candidate) => !/ipynb|ada/.test(candidate))) {
    const { title } = await readText(`folder/${path}`, path.endsWith("json") || path.endsWith("jsonl") ? '{"a": 1}' : "a,b\n1,2");
    expect(title).toBe("file");
  }
});
