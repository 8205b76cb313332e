import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { readLines, readTextLines, readWholeText, type TextLine } from "../../../src/adapters/datasets/read-lines.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { userRejectionOf } from "../../support/user-error-of.ts";

let file: string;

beforeEach(() => {
  file = join(tempFolder(), "lines.txt");
});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

async function linesOf(content: string | Uint8Array): Promise<TextLine[]> {
  writeFileSync(file, content);
  return collect(readTextLines(file));
}

describe("readLines", () => {
  test("numbers every line, skips blank ones, and pays no heed to how lines end", async () => {
    expect(await linesOf("\uFEFFone\r\n\r\n  \t\ntwo\n\nthree")).toEqual([
      { number: 1, text: "one" },
      { number: 4, text: "two" },
      { number: 6, text: "three" },
    ]);
    expect(await linesOf("")).toEqual([]);
    expect(await linesOf("\n\n")).toEqual([]);
  });

  test("tells where each line stands in the file", async () => {
    const content = Buffer.from("\uFEFF一\r\n\nzwei\n三");
    writeFileSync(file, content);
    for await (const { offset, bytes } of readLines(file)) expect(content.subarray(offset, offset + bytes.length)).toEqual(bytes);
  });

  test("reads lines that are longer than a chunk of the file, and characters that lie across two chunks", async () => {
    const long = "水".repeat(4_000_000);
    const lines = await linesOf(`first\n${long}\nlast`);
    expect(lines.map(({ number, text }) => [number, text.length])).toEqual([[1, 5], [2, 4_000_000], [3, 4]]);
    expect(lines[1]?.text).toBe(long);
  });

  test("shows all bytes as they are read", async () => {
    writeFileSync(file, "a\n\nb\n");
    const seen: string[] = [];
    for await (const _ of readLines(file, { onBytes: (bytes) => void seen.push(bytes.toString()) }));
    expect(seen.join("")).toBe("a\n\nb\n");
  });

  test("names the line that is not UTF-8", async () => {
    const error = await userRejectionOf(linesOf(Buffer.from("fine\ncaf\xe9\n", "latin1")));
    expect(error.message).toBe(`${file}:2: the line is not UTF-8`);
    expect(error.hint).toContain("UTF-8");
    expect((await userRejectionOf(readWholeText(file))).message).toBe(error.message);
  });

  test("names what a packed file is, and the remedy", async () => {
    const error = await userRejectionOf(linesOf(Buffer.from([0x1f, 0x8b, 8, 0, 0])));
    expect(error.message).toBe(`${file} is a gzip archive, not a file of lines`);
    expect(error.hint).toBe(`unpack it first: gunzip -k ${file}`);
    expect((await userRejectionOf(readWholeText(file))).message).toBe(error.message);
  });

  test("names a file that is not there, and a folder", async () => {
    expect((await userRejectionOf(collect(readLines(file)))).message).toBe(`there is no ${file}`);
    expect((await userRejectionOf(readWholeText(file))).message).toBe(`there is no ${file}`);
    const folder = tempFolder();
    expect((await userRejectionOf(collect(readLines(folder)))).message).toBe(`${folder} is a folder, not a file of lines`);
  });

  test("ends with the signal's reason", async () => {
    writeFileSync(file, "a\n");
    const reason = new Error("enough");
    await expect(collect(readLines(file, { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
  });
});
