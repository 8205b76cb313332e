import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createExactIndex } from "../../src/adapters/exact-index.ts";
import { readHnswStamp } from "../../src/adapters/hnsw-files.ts";
import { createHnswIndex, openHnswIndex, type HnswIndexOptions } from "../../src/adapters/hnsw-index.ts";
import { syncHnsw } from "../../src/adapters/sync-hnsw.ts";
import { UserError } from "../../src/domain/errors.ts";
import type { StoredVector } from "../../src/ports/vector-index.ts";
import { DIMENSIONS, createRandom, describeVectorIndex, randomVector, randomVectors } from "./vector-index.contract.ts";
import { asUnprivileged } from "./unprivileged.ts";

describeVectorIndex("hnsw-index", (vectors, dimensions) => {
  const index = createHnswIndex({ folder: tmpdir(), dimensions, fingerprint: "f" });
  index.add(vectors);
  return index;
});

let folder: string;
let options: HnswIndexOptions;
const query = randomVector(createRandom(77));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rerank-hnsw-"));
  options = { folder, dimensions: DIMENSIONS, fingerprint: "mini@1" };
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function saveIndex(vectors: readonly StoredVector[] = randomVectors(200)): Promise<void> {
  const index = createHnswIndex(options);
  index.add(vectors);
  await index.save();
}

function graphPath(): string {
  return join(folder, readHnswStamp(folder)?.file ?? "no stamp");
}

describe("hnsw-index", () => {
  test("answers after opening as it did before saving", async () => {
    const index = createHnswIndex(options);
    index.add(randomVectors(1500));
    index.remove([4, 5, 6]);
    await index.save();
    const opened = await openHnswIndex(options);
    expect(opened?.size).toBe(1497);
    expect(opened?.census).toEqual({ count: 1497, maxVectorId: 1500 });
    expect(opened?.deletedShare).toBeCloseTo(3 / 1500, 6);
    expect(await opened?.nearest(query, 20)).toEqual(await index.nearest(query, 20));
  });

  test("grows after opening, past the capacity that it was saved with", async () => {
    await saveIndex(randomVectors(1000));
    const index = await openHnswIndex(options);
    index?.add(randomVectors(5000));
    expect(index?.size).toBe(5000);
    const truth = await createExactIndex(randomVectors(5000), DIMENSIONS).nearest(query, 10);
    expect((await index?.nearest(query, 10))?.map(({ vectorId }) => vectorId)).toEqual(truth.map(({ vectorId }) => vectorId));
  });

  test("saves and opens an empty index, which can be filled", async () => {
    await saveIndex([]);
    const index = await openHnswIndex(options);
    expect(index?.size).toBe(0);
    index?.add(randomVectors(3));
    expect(await index?.nearest(query, 5)).toHaveLength(3);
  });

  test("never returns a removed vector, asked for all or for those allowed", async () => {
    const index = createHnswIndex(options);
    index.add(randomVectors(100));
    index.remove([1, 2, 3, 1, 999]);
    expect(index.size).toBe(97);
    expect(index.vectorIds.has(1)).toBe(false);
    expect(await index.nearest(query, 100)).toHaveLength(97);
    expect(await index.nearest(query, 10, new Set([1, 2, 3]))).toEqual([]);
  });

  test("takes a vector twice without keeping it twice, and takes a removed one back", async () => {
    const index = createHnswIndex(options);
    const vectors = randomVectors(10);
    index.add(vectors);
    index.add(vectors);
    index.remove([5]);
    index.add(vectors.slice(4, 5));
    expect(index.size).toBe(10);
    expect(index.deletedShare).toBe(0);
    expect(await index.nearest(query, 100)).toHaveLength(10);
  });

  test("returns all that is asked for when most of the graph is removed", async () => {
    const index = createHnswIndex(options);
    index.add(randomVectors(2000));
    index.remove(Array.from({ length: 1900 }, (_, position) => position + 1));
    const truth = await createExactIndex(randomVectors(2000).slice(1900), DIMENSIONS).nearest(query, 100);
    expect((await index.nearest(query, 100)).map(({ vectorId }) => vectorId)).toEqual(
      truth.map(({ vectorId }) => vectorId),
    );
  });

  test("writes nothing when nothing has changed", async () => {
    await saveIndex();
    const index = await openHnswIndex(options);
    rmSync(graphPath());
    await index?.save();
    expect(readdirSync(folder)).toEqual(["vectors.hnsw.json"]);
  });

  test("leaves one graph and its stamp, whatever lay there before", async () => {
    await saveIndex();
    writeFileSync(join(folder, "vectors.hnsw.4242.new"), "half of a graph, from a killed process");
    const index = await openHnswIndex(options);
    index?.add(randomVectors(210));
    await index?.save();
    const stamp = readHnswStamp(folder);
    expect(readdirSync(folder).sort()).toEqual([stamp?.file, "vectors.hnsw.json"].sort());
    expect(stamp?.census).toEqual({ count: 210, maxVectorId: 210 });
  });

  test("is opened as it was while a new state is half written", async () => {
    await saveIndex();
    const before = readFileSync(join(folder, "vectors.hnsw.json"));
    const oldGraph = readFileSync(graphPath());
    const oldPath = graphPath();
    await saveIndex(randomVectors(300));
    // As a process leaves it that is killed after the rename of the graph and before that of the stamp.
    writeFileSync(join(folder, "vectors.hnsw.json"), before);
    writeFileSync(oldPath, oldGraph);
    expect((await openHnswIndex(options))?.size).toBe(200);
  });

  test.each([
    ["cut off", () => truncateSync(graphPath(), 1000)],
    ["empty", () => truncateSync(graphPath(), 0)],
    ["missing", () => rmSync(graphPath())],
    ["changed in one bit", () => flipBit(graphPath(), 2000)],
    ["changed in its header", () => flipBit(graphPath(), 17)],
  ])("is not opened when its graph is %s", async (_, damage) => {
    await saveIndex();
    damage();
    expect(await openHnswIndex(options)).toBeUndefined();
  });

  test.each(["", "{", "null", "{}", `{"fingerprint":"mini@1","dimensions":16,"file":"../../etc/passwd"}`])(
    "is not opened when its stamp is %j",
    async (stamp) => {
      await saveIndex();
      writeFileSync(join(folder, "vectors.hnsw.json"), stamp);
      expect(await openHnswIndex(options)).toBeUndefined();
    },
  );

  test("is not opened for another embedder, or where there is none", async () => {
    expect(await openHnswIndex(options)).toBeUndefined();
    await saveIndex();
    expect(await openHnswIndex({ ...options, fingerprint: "mini@2" })).toBeUndefined();
    expect(await openHnswIndex({ ...options, dimensions: 8 })).toBeUndefined();
  });

  test("says what to do when it cannot be written, and keeps what was there", async () => {
    await saveIndex();
    const index = createHnswIndex(options);
    index.add(randomVectors(10));
    chmodSync(folder, 0o555);
    await expect(asUnprivileged(() => index.save())).rejects.toThrow(UserError);
    chmodSync(folder, 0o755);
    expect((await openHnswIndex(options))?.size).toBe(200);
  });
});

describe("bringing the index in step with the store", () => {
  function storeOf(vectors: readonly StoredVector[]) {
    return {
      vectorIds: () => vectors.map(({ vectorId }) => vectorId),
      vectors: (ids?: readonly number[]) => vectors.filter(({ vectorId }) => ids?.includes(vectorId) ?? true).values(),
    };
  }

  test("adds what is missing, removes what is gone, and reports its progress", async () => {
    const index = createHnswIndex(options);
    index.add(randomVectors(100));
    const progress: [number, number][] = [];
    await syncHnsw(index, storeOf(randomVectors(150).slice(10)), (done, total) => progress.push([done, total]));
    expect(index.census).toEqual({ count: 140, maxVectorId: 150 });
    expect(index.vectorIds.has(10)).toBe(false);
    expect(progress).toEqual([
      [32, 50],
      [50, 50],
    ]);
  });

  test("builds a new graph once a third of the old one is removed", async () => {
    const index = createHnswIndex(options);
    index.add(randomVectors(100));
    await syncHnsw(index, storeOf(randomVectors(100).slice(35)));
    expect(index.deletedShare).toBe(0);
    expect(index.size).toBe(65);
  });

  test("stops when aborted, with the signal's reason", async () => {
    const index = createHnswIndex(options);
    const controller = new AbortController();
    const reason = new Error("stopped by the user");
    const stopping = () => controller.abort(reason);
    await expect(syncHnsw(index, storeOf(randomVectors(100)), stopping, controller.signal)).rejects.toBe(reason);
    expect(index.size).toBe(32);
  });
});

function flipBit(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  writeFileSync(path, bytes);
}
