import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import stringWidth from "string-width";
import { describe, expect, test } from "vitest";
import type { AuditFindings, ContentFindings } from "../../src/pipeline/audit.ts";
import { auditChecks } from "../../src/reporters/audit-checks.ts";
import { auditJson, auditText, isHealthy } from "../../src/reporters/audit-report.ts";
import { MANIFEST } from "../support/synthetic-index.ts";
import { plainTerminal } from "./sample-result.ts";

const CONTENT: ContentFindings = {
  manifest: { ...MANIFEST, dimensions: 384 },
  rows: { strayReferences: 0, withoutTerms: 0, strayTerms: 0 },
  unusedVectors: 0,
  unreadableDocuments: [],
  passages: { passages: 15_000, withoutDocument: 0, withoutVector: 0, mismatched: 0, damagedDocuments: new Map(), lexicalSamples: 200, unfound: 0 },
  vectors: {
    vectors: 15_000,
    faults: new Map(),
    differing: [],
    recall: { vectors: 15_000, samples: 200, recall10: { mean: 0.9995, worst: 0.9 }, recall100: { mean: 0.997, worst: 0.95 } },
  },
  graph: { health: "in step", deletedShare: 0.124, usedFrom: 10_000 },
  staleness: { unchanged: 1500, changed: 0, added: 0, gone: 0, missingRoots: [] },
  stalenessFailure: undefined,
  uncovered: [],
  modelNotes: [],
};

const HEALTHY: AuditFindings = {
  indexFolder: "/notes/.rerank",
  integrity: { database: [], lexical: [] },
  content: CONTENT,
  leftovers: { useless: [], uselessBytes: 0, unfinishedRebuilds: [], unfinishedBytes: 0 },
  disk: {
    store: 57_000_000,
    log: 0,
    hnsw: 25_000_000,
    leftovers: 0,
    parts: { documents: 150_000, passages: 16_000_000, vectors: 25_000_000, lexicalIndex: 16_000_000, other: 25_000, free: 377_000 },
  },
  writer: undefined,
};

const DAMAGED: AuditFindings = {
  ...HEALTHY,
  content: {
    ...CONTENT,
    passages: { ...CONTENT.passages, mismatched: 2, damagedDocuments: new Map([["笔记/茶壶的保养与清洁.md", "x"], ["docs/evil\u001b[2J.md", "x"]]) },
    staleness: { unchanged: 1, changed: 2, added: 3, gone: 0, missingRoots: [] },
  },
};

function withRecall(mean: number, vectors = 15_000): AuditFindings {
  const recall = { vectors, samples: 200, recall10: { mean, worst: 0.1 }, recall100: { mean, worst: 0.1 } };
  return { ...HEALTHY, content: { ...CONTENT, vectors: { ...CONTENT.vectors, vectors, recall } } };
}

const text = (findings: AuditFindings, columns = 80, repaired: readonly string[] = []) =>
  auditText({ findings, repaired, elapsedMs: 16_400 }, { ...plainTerminal(columns), isTerminal: true });

describe("the report of an audit", () => {
  test("is a line for each check, the parts of the disk and the sum of it", () => {
    expect(text(HEALTHY, 120).split("\n")).toEqual([
      "ok  database       whole, as SQLite sees it",
      "ok  rows           every passage has its document and its vector",
      "ok  texts          15,000 passages match the digest that their vector is stored under",
      "ok  vectors        15,000 of 384 dimensions and unit length, the same as in the HNSW file",
      "ok  lexical index  holds every passage; 200 looked up by their own words",
      "ok  HNSW file      checksum right; holds exactly the index's vectors, and 12 % removed ones",
      "ok  HNSW recall    recall@10 0.999 (worst 0.900), recall@100 0.997 (worst 0.950) on 200 samples",
      "ok  files          1,500 files unchanged since the last run",
      "ok  models         mini is here",
      "ok  leftovers      none",
      "ok  disk           82 MB: store 57 MB, HNSW 25 MB",
      "",
      "vectors        25 MB",
      "HNSW file      25 MB",
      "passages       16 MB",
      "lexical index  16 MB",
      "free pages     377 kB",
      "documents      150 kB",
      "other tables   25 kB",
      "",
      "healthy · 16.4 s",
      "",
    ]);
  });

  test("names the documents and the remedy of a problem, and what was repaired", () => {
    const report = text(DAMAGED, 100, ["built the HNSW file anew from 15,000 vectors"]);
    expect(report).toContain("PROBLEM  texts          2 passages are not what the vector was made of\n");
    expect(report).toContain("→ rerank audit --repair\n");
    expect(report).toContain("note     files          3 not in the index, 2 changed\n");
    expect(report).toContain("repaired  built the HNSW file anew from 15,000 vectors\n");
    expect(report).toMatch(/\n1 problem, 1 note · 16\.4 s\n$/);
    expect(isHealthy({ findings: DAMAGED })).toBe(false);
  });

  test("obeys no control character of a path", () => {
    expect(text(DAMAGED)).toContain("docs/evil\\x1b[2J.md");
    expect(text(DAMAGED)).not.toContain("\u001b");
  });

  test.each([40, 80, 120])("fits into %i columns", (columns) => {
    for (const findings of [HEALTHY, DAMAGED, withRecall(0.5)]) {
      for (const line of text(findings, columns, ["dropped docs/a.md from the index: a vector is damaged"]).split("\n")) {
        expect(stringWidth(line), line).toBeLessThanOrEqual(columns);
      }
    }
  });

  test("shows the first of very many repairs", () => {
    const report = text(HEALTHY, 80, Array.from({ length: 25 }, (_, place) => `dropped ${place}.md`));
    expect(report).toContain("dropped 19.md");
    expect(report).not.toContain("dropped 20.md");
    expect(report).toContain("and 5 more, which --json lists");
  });

  test("is described by its schema", () => {
    const schema = JSON.parse(readFileSync(new URL("../../docs/audit.schema.json", import.meta.url), "utf8")) as object;
    const isReport = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }).compile(schema);
    for (const findings of [HEALTHY, DAMAGED, { ...HEALTHY, content: undefined, disk: { ...HEALTHY.disk, parts: undefined } }]) {
      const report = JSON.parse(auditJson({ findings, repaired: ["x"], elapsedMs: 1 })) as { readonly problems: readonly string[] };
      expect(isReport(report), JSON.stringify(isReport.errors)).toBe(true);
    }
    expect(JSON.parse(auditJson({ findings: DAMAGED, repaired: [], elapsedMs: 1 }))).toMatchObject({
      version: 1,
      index: "/notes/.rerank",
      healthy: false,
      problems: ["texts: 2 passages are not what the vector was made of"],
      disk: { totalBytes: 82_000_000 },
    });
  });
});

describe("a low recall of the HNSW file", () => {
  const verdictOf = (findings: AuditFindings) => auditChecks(findings).find(({ name }) => name === "HNSW recall");

  test("is a problem where searches use the file", () => {
    expect(verdictOf(withRecall(0.951))).toMatchObject({ verdict: "ok" });
    expect(verdictOf(withRecall(0.949))).toMatchObject({ verdict: "problem", remedy: expect.stringContaining("rerank audit --repair") });
  });

  test("is a note where searches scan exactly", () => {
    expect(verdictOf(withRecall(0.5, 9999))).toMatchObject({ verdict: "note", remedy: null });
  });
});
