import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { contentDigest } from "../../../src/adapters/models/content-digest.ts";
import { safetensorsBytes } from "../../support/synthetic-checkpoint.ts";

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

describe("of large safetensors", () => {
  const SIZE = 40_000;
  const names = Array.from({ length: 60 }, (_, layer) => `layers.${layer}.weight`);
  let fills: number[];
  beforeEach(() => {
    fills = names.map((_, layer) => layer);
  });
  const content = (): Buffer =>
    Buffer.from(safetensorsBytes(names.map((name, layer) => ({ name, dtype: "BF16", shape: [SIZE / 2], bytes: () => Buffer.alloc(SIZE, fills[layer]) }))));

  test("changes with whichever tensor was replaced in place", () => {
    const digests = new Set([digestOf("a.safetensors", content())]);
    for (const layer of names.keys()) {
      fills[layer] = 200;
      digests.add(digestOf("a.safetensors", content()));
      fills[layer] = layer;
    }
    expect(digests.size).toBe(1 + names.length);
  });

  test("changes with the second half of a tensor", () => {
    const bytes = content();
    const before = digestOf("a.safetensors", bytes);
    const end = bytes.length - 30 * SIZE;
    bytes.fill(201, end - SIZE / 2, end);
    expect(digestOf("a.safetensors", bytes)).not.toBe(before);
  });

  test.each([
    ["length", (bytes: Buffer) => bytes.writeBigUInt64LE(1n << 60n)],
    ["JSON", (bytes: Buffer) => bytes.write("[", 8)],
    ["offsets that run backwards", (bytes: Buffer) => bytes.write("[90000", bytes.indexOf(`[${SIZE},`))],
    ["offsets that lead out of the file", (bytes: Buffer) => bytes.write("9", bytes.indexOf(`${SIZE * names.length}]`))],
  ])("with a damaged header (%s) is taken as of any other file", (_what, damage) => {
    const bytes = content();
    damage(bytes);
    expect(digestOf("a.safetensors", bytes)).toBe(digestOf("a.bin", bytes));
  });
});

test("depends on the order of the files", () => {
  const [one, two] = ["one", "two"].map((name) => join(folder, name)) as [string, string];
  writeFileSync(one, "1");
  writeFileSync(two, "2");
  expect(contentDigest([one, two])).not.toBe(contentDigest([two, one]));
});
