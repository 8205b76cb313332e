import { join } from "node:path";
import { expect, test } from "vitest";
import { createExactIndex } from "../../src/adapters/exact-index.ts";
import { createExactScan } from "../../src/adapters/exact-scan.ts";
import { openAuditedStore } from "../../src/adapters/sqlite-store/open-audited-store.ts";
import { openSqliteStore } from "../../src/adapters/sqlite-store/open-sqlite-store.ts";
import { createRandom } from "../../src/domain/seeded-random.ts";
import { auditVectors, type VectorFindings } from "../../src/pipeline/audit-vectors.ts";
import type { AuditedGraph, StoredVector } from "../../src/ports/vector-index.ts";
import { changeStore, DIMENSIONS, MANIFEST, unitVector } from "../support/synthetic-index.ts";
import { tempFolder } from "../support/temp-folder.ts";

const COUNT = 600;

function storeOf(vectors: readonly Float32Array[]): { readonly file: string; readonly stored: readonly StoredVector[] } {
  const file = join(tempFolder(), "index.sqlite");
  const store = openSqliteStore(file, { create: true });
  store.writeManifest(MANIFEST);
  const stored = store.saveVectors(vectors.map((vector, position) => ({ vectorKey: `${position}`, vector })));
  store.close();
  return { file, stored };
}

function randomVectors(): Float32Array[] {
  const random = createRandom(1);
  return Array.from({ length: COUNT }, () => unitVector(random));
}

/** Finds exactly, among those of its vectors that `finds` lets through. */
function graphOf(stored: readonly StoredVector[], finds: (vectorId: number) => boolean = () => true): AuditedGraph {
  const byId = new Map(stored.map(({ vectorId, vector }) => [vectorId, vector]));
  const { nearest } = createExactIndex(stored.filter(({ vectorId }) => finds(vectorId)), DIMENSIONS);
  return { method: "fake", size: stored.length, deletedShare: 0, vectorIds: new Set(byId.keys()), vectorOf: (id) => byId.get(id) ?? new Float32Array(), nearest };
}

async function audit(file: string, graph: AuditedGraph | undefined, samples = 50, signal = new AbortController().signal): Promise<VectorFindings> {
  const store = openAuditedStore(file);
  try {
    return await auditVectors(store, { dimensions: DIMENSIONS, graph, createScan: createExactScan, samples, seed: 7, signal, onProgress: () => {} });
  } finally {
    store.close();
  }
}

test("a graph that finds everything has a recall of one", async () => {
  const { file, stored } = storeOf(randomVectors());
  const whole = { mean: 1, worst: 1 };
  expect((await audit(file, graphOf(stored))).recall).toEqual({ vectors: COUNT, samples: 50, recall10: whole, recall100: whole });
});

test("a graph that never finds half of the vectors has a recall of a half, and the worst query less", async () => {
  const { file, stored } = storeOf(randomVectors());
  const { recall, differing } = await audit(file, graphOf(stored, (vectorId) => vectorId % 2 === 0), 200);
  expect(recall?.recall10.mean).toBeGreaterThan(0.4);
  expect(recall?.recall10.mean).toBeLessThan(0.6);
  expect(recall?.recall10.worst).toBeLessThan(0.3);
  expect(recall?.recall100.mean).toBeCloseTo(0.5, 1);
  expect(differing).toEqual([]);
});

test("which of many equally near vectors a graph finds makes no difference", async () => {
  const [same] = randomVectors();
  if (same === undefined) throw new Error("no vector was made");
  const { file, stored } = storeOf(Array.from({ length: COUNT }, () => same));
  const { recall } = await audit(file, graphOf(stored, (vectorId) => vectorId > COUNT / 2));
  expect(recall?.recall100).toEqual({ mean: 1, worst: 1 });
});

test("a vector with a fault is named, and is neither a query nor a neighbour", async () => {
  const { file, stored } = storeOf(randomVectors());
  changeStore(file, "UPDATE vectors SET vector = zeroblob(64) WHERE id = 9");
  changeStore(file, "UPDATE vectors SET vector = x'00' WHERE id = 300");
  const { faults, recall } = await audit(file, graphOf(stored, (vectorId) => vectorId !== 9 && vectorId !== 300), COUNT);
  expect([...faults]).toEqual([[9, "length 0, not 1"], [300, "0.25 dimensions, not 16"]]);
  expect(recall).toMatchObject({ vectors: COUNT - 2, samples: COUNT - 2, recall10: { mean: 1 } });
});

test("few vectors are compared with as many as there are, and one alone with none", async () => {
  const three = storeOf(randomVectors().slice(0, 3));
  expect((await audit(three.file, graphOf(three.stored))).recall).toMatchObject({ vectors: 3, samples: 3, recall100: { mean: 1 } });
  const one = storeOf(randomVectors().slice(0, 1));
  expect(await audit(one.file, graphOf(one.stored))).toMatchObject({ vectors: 1, recall: undefined });
  expect(await audit(three.file, undefined)).toMatchObject({ vectors: 3, recall: undefined, differing: [] });
});

test("it stops when it is aborted, with the signal's reason", async () => {
  const { file, stored } = storeOf(randomVectors());
  const reason = new Error("Ctrl-C");
  await expect(audit(file, graphOf(stored), 5, AbortSignal.abort(reason))).rejects.toBe(reason);
});
