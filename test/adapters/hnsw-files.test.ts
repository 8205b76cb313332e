import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readHnswStamp, writeHnswFiles } from "../../src/adapters/hnsw-files.ts";
import { createHnswIndex, openHnswIndex } from "../../src/adapters/hnsw-index.ts";
import { DIMENSIONS, randomVectors } from "./vector-index.contract.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rerank-hnsw-files-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe("the files of an HNSW index", () => {
  test("keep the old state when the disk is full, which hnswlib does not notice", async () => {
    const options = { folder, dimensions: DIMENSIONS, fingerprint: "f" };
    const index = createHnswIndex(options);
    index.add(randomVectors(500));
    await index.save();
    const stamp = readHnswStamp(folder);
    if (stamp === undefined) throw new Error("no stamp was written");
    const graph = readFileSync(join(folder, stamp.file));
    const filesBefore = readdirSync(folder).sort();

    for (const writtenBytes of [0, 50, 96, 5000, graph.length - 1500, graph.length - 1]) {
      const writing = writeHnswFiles(folder, stamp, async (path) => {
        writeFileSync(path, graph.subarray(0, writtenBytes));
      });
      await expect(writing, `${writtenBytes} bytes`).rejects.toMatchObject({ code: "ENOSPC" });
    }
    expect(readdirSync(folder).sort()).toEqual(filesBefore);
    expect((await openHnswIndex(options))?.size).toBe(500);
  });
});
