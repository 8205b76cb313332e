import { expect, test } from "vitest";
import { planRepair, type RepairPlan } from "../../src/pipeline/audit-repair.ts";
import type { AuditFindings, ContentFindings } from "../../src/pipeline/audit.ts";
import { MANIFEST } from "../support/synthetic-index.ts";

const NOTHING: RepairPlan = { rows: undefined, forget: new Map(), graph: "keep", removeLeftovers: false, compact: false };

const CONTENT: ContentFindings = {
  manifest: MANIFEST,
  rows: { strayReferences: 0, withoutTerms: 0, strayTerms: 0 },
  unusedVectors: 0,
  unreadableDocuments: [],
  passages: { passages: 5000, withoutDocument: 0, withoutVector: 0, mismatched: 0, damagedDocuments: new Map(), lexicalSamples: 200, unfound: 0 },
  vectors: { vectors: 5000, faults: new Map(), differing: [], recall: { vectors: 5000, samples: 9, recall10: { mean: 1, worst: 1 }, recall100: { mean: 1, worst: 1 } } },
  graph: { health: "in step", deletedShare: 0, usedFrom: 10_000 },
  staleness: undefined,
  stalenessFailure: undefined,
  uncovered: [],
  modelNotes: [],
};

function planOf(content: Partial<ContentFindings> | undefined, disk: Partial<AuditFindings["disk"]> = {}): RepairPlan {
  const findings: AuditFindings = {
    indexFolder: "",
    integrity: { database: [], lexical: [] },
    content: content && { ...CONTENT, ...content },
    leftovers: { useless: ["/x/CURRENT.new"], uselessBytes: 2, unfinishedRebuilds: [], unfinishedBytes: 0 },
    disk: { store: 10_000_000, log: 0, hnsw: 0, leftovers: 0, parts: undefined, ...disk },
    writer: undefined,
  };
  return planRepair(findings, { documentsOfVectors: (ids) => ids.map((id) => `${id}.md`) });
}

test("nothing is done to what is in order, nor to a store whose rows cannot be trusted", () => {
  expect(planOf({})).toEqual({ ...NOTHING, removeLeftovers: true });
  expect(planOf(undefined)).toEqual(NOTHING);
});

test("a graph of low recall is built anew, one that the rows have left behind brought in step", () => {
  const poor = { mean: 0.9, worst: 0 };
  expect(planOf({ vectors: { ...CONTENT.vectors, recall: { vectors: 5000, samples: 9, recall10: poor, recall100: poor } } }).graph).toBe("rebuild");
  expect(planOf({ graph: { ...CONTENT.graph, health: "missing" } }).graph).toBe("rebuild");
  expect(planOf({ graph: { ...CONTENT.graph, health: "out of step" } })).toMatchObject({ graph: "sync", rows: undefined });
  expect(planOf({ unusedVectors: 1 })).toMatchObject({ graph: "sync", rows: { forget: [], lexical: "keep" } });
});

test("few vectors that differ from the graph's are damaged, many say that the graph is of others", () => {
  const differing = (count: number) => ({ vectors: { ...CONTENT.vectors, differing: Array.from({ length: count }, (_, id) => id) } });
  expect(planOf(differing(50))).toMatchObject({ graph: "sync", rows: { dropVectors: expect.objectContaining({ length: 50 }) } });
  expect(planOf(differing(50)).forget.get("7.md")).toBe("a vector is damaged");
  expect(planOf(differing(51))).toMatchObject({ graph: "rebuild", rows: undefined });
});

test("free pages are given back when they are many and much of the file", () => {
  const parts = { documents: 0, passages: 0, vectors: 0, lexicalIndex: 0, other: 0 };
  expect(planOf({}, { parts: { ...parts, free: 4_000_000 } }).compact).toBe(true);
  expect(planOf({}, { parts: { ...parts, free: 3_900_000 } }).compact).toBe(false);
  expect(planOf({}, { store: 100_000_000, parts: { ...parts, free: 4_000_000 } }).compact).toBe(false);
});
