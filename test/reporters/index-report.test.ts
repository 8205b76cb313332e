import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { SKIP_REASONS } from "../../src/domain/errors.ts";
import type { IndexReport } from "../../src/pipeline/index-report.ts";
import { indexReportJson, indexReportText } from "../../src/reporters/index-report.ts";
import { plainTerminal } from "./sample-result.ts";

const BASE: IndexReport = {
  indexed: 120,
  unchanged: 1400,
  moved: 2,
  removed: 1,
  skipped: [],
  warnings: [],
  passages: 3120,
  embedded: 3020,
  truncated: 0,
  total: { documents: 1522, passages: 12_301 },
  elapsedMs: 14_900.1234,
  dryRun: false,
  interrupted: false,
};

const SKIPPED: IndexReport["skipped"] = [
  { path: "a.bin", reason: "binary", detail: "null bytes" },
  { path: "图/照片一.png", reason: "binary", detail: "PNG image" },
  { path: "evil\u001b[2J.dat", reason: "binary", detail: "null bytes" },
  { path: "d.so", reason: "binary", detail: "ELF" },
  { path: "e.so", reason: "binary", detail: "ELF" },
  { path: "locked.pdf", reason: "password-protected", detail: "the file asks for a password" },
];

const text = (overrides: Partial<IndexReport>, columns = 80, verbose = false) =>
  indexReportText({ ...BASE, ...overrides }, { terminal: plainTerminal(columns), verbose });

describe("indexReportText", () => {
  test("sums up a run", () => {
    expect(text({})).toBe(
      `indexed 120 files, 3,120 passages (100 known already) in 14.9 s
  1,400 unchanged · 2 moved · 1 removed
index: 1,522 documents, 12,301 passages
`,
    );
  });

  test("is short when nothing was to be done", () => {
    expect(text({ indexed: 0, unchanged: 66, moved: 0, removed: 0, passages: 0, embedded: 0, elapsedMs: 42 })).toBe(
      `indexed 0 files in 42 ms
  66 unchanged
index: 1,522 documents, 12,301 passages
`,
    );
  });

  test("groups skipped files by reason, the most frequent first, with the first few names", () => {
    expect(text({ skipped: SKIPPED, unchanged: 0, moved: 0, removed: 0 })).toBe(
      `indexed 120 files, 3,120 passages (100 known already) in 14.9 s
skipped 6 files (--verbose says more)
  5 binary              a.bin, 图/照片一.png, evil\\x1b[2J.dat, and 2 more
  1 password-protected  locked.pdf
index: 1,522 documents, 12,301 passages
`,
    );
  });

  test("cuts long lists of names at the edge of a narrow terminal, and not in a log", () => {
    expect(text({ skipped: SKIPPED }, 40)).toContain("  5 binary              a.bin, 图/照片…\n");
    const log = indexReportText({ ...BASE, skipped: SKIPPED }, { terminal: plainTerminal(40, { isTerminal: false }), verbose: false });
    expect(log).toContain("a.bin, 图/照片一.png, evil\\x1b[2J.dat, and 2 more\n");
  });

  test("names every skipped file and its trouble when verbose", () => {
    expect(text({ skipped: SKIPPED, unchanged: 0, moved: 0, removed: 0 }, 80, true)).toBe(
      `indexed 120 files, 3,120 passages (100 known already) in 14.9 s
skipped 6 files
  5 binary
      a.bin: null bytes
      图/照片一.png: PNG image
      evil\\x1b[2J.dat: null bytes
      d.so: ELF
      e.so: ELF
  1 password-protected
      locked.pdf: the file asks for a password
index: 1,522 documents, 12,301 passages
`,
    );
  });

  test("shows the first warnings, and all when verbose", () => {
    const warnings = Array.from({ length: 7 }, (_, position) => ({ path: "faq.jsonl", warning: `line ${position + 1} is not JSON` }));
    const short = text({ warnings });
    expect(short).toContain("7 warnings: parts that were left out\n  faq.jsonl: line 1 is not JSON\n");
    expect(short).toContain("  faq.jsonl: line 5 is not JSON\n  and 2 more (--verbose lists them)\n");
    expect(text({ warnings }, 80, true)).toContain("  faq.jsonl: line 7 is not JSON\nindex:");
  });

  test("marks truncated passages, dry runs and interruptions", () => {
    expect(text({ truncated: 3 })).toContain(" · 3 passages longer than the embedder reads\n");
    expect(text({ dryRun: true, skipped: SKIPPED })).toMatch(/^dry run: would index 120 files in 14\.9 s\n[^]*would skip 6 files/);
    expect(text({ interrupted: true })).toMatch(/^interrupted: what is done is kept, the next run goes on from there\nindexed /);
  });
});

describe("indexReportJson", () => {
  const schema = JSON.parse(readFileSync(new URL("../../docs/index-report.schema.json", import.meta.url), "utf8")) as {
    properties: { skipped: { items: { properties: { reason: { enum: string[] } } } } };
  };
  const validate = new Ajv2020({ allErrors: true, strict: true }).compile(schema);

  test("is what the schema publishes", () => {
    const report = { ...BASE, skipped: SKIPPED, warnings: [{ path: "a", warning: "b" }] };
    const record: unknown = JSON.parse(indexReportJson(report));
    validate(record);
    expect(validate.errors ?? []).toEqual([]);
    expect(record).toEqual({ version: 1, ...report, elapsedMs: 14_900.123 });
  });

  test("has every reason for skipping in its schema", () => {
    expect(schema.properties.skipped.items.properties.reason.enum).toEqual([...SKIP_REASONS]);
  });
});
