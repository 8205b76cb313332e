import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { contentDigest } from "../../../src/adapters/models/content-digest.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rerank-digest-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function digestOf(name: string, content: Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return contentDigest([path]);
}

test("depends on the content and not on the name", () => {
  const content = randomBytes(2_000_000);
  expect(digestOf("a", content)).toBe(digestOf("b", content));
});

test.each([
  ["the first byte", 0],
  ["the last byte", 1_999_999],
  ["a sampled place between", Math.floor(2_000_000 / 15) + 10],
])("changes with %s of a large file", (_what, position) => {
  const content = randomBytes(2_000_000);
  const before = digestOf("a", content);
  content[position] = (content[position] ?? 0) ^ 1;
  expect(digestOf("a", content)).not.toBe(before);
});

test("changes with any byte of a small file, and with the size of any", () => {
  const content = randomBytes(1000);
  const before = digestOf("a", content);
  content[500] = (content[500] ?? 0) ^ 1;
  expect(digestOf("a", content)).not.toBe(before);
  expect(digestOf("a", Buffer.alloc(600_000))).not.toBe(digestOf("a", Buffer.alloc(600_001)));
});

test("depends on the order of the files", () => {
  const [one, two] = ["one", "two"].map((name) => join(folder, name)) as [string, string];
  writeFileSync(one, "1");
  writeFileSync(two, "2");
  expect(contentDigest([one, two])).not.toBe(contentDigest([two, one]));
});
