import { mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { createHnswIndex } from "../../src/adapters/hnsw-index.ts";
import { createFileWalker } from "../../src/adapters/file-walker.ts";
import { readDocument } from "../../src/adapters/readers/all-readers.ts";
import { openAuditedStore } from "../../src/adapters/sqlite-store/open-audited-store.ts";
import { openSqliteStore } from "../../src/adapters/sqlite-store/open-sqlite-store.ts";
import { auditPassages } from "../../src/pipeline/audit-passages.ts";
import { buildIndex, planOnly, type BuildIndexOptions } from "../../src/pipeline/build-index.ts";
import { manifestOf } from "../../src/pipeline/index-manifest.ts";
import type { IndexReport } from "../../src/pipeline/index-report.ts";
import type { IndexRoot } from "../../src/ports/passage-store.ts";
import { createFakeEmbedder, type FakeEmbedder } from "../support/fake-models.ts";
import { tempFolder, writeFiles } from "../support/temp-folder.ts";

const ROOT: IndexRoot = { path: "docs", include: [], exclude: [], hidden: false, follow: false, maxFileBytes: 1_000_000 };

let base: string;
let embedder: FakeEmbedder;

beforeEach(() => {
  base = tempFolder();
  mkdirSync(join(base, "docs"));
  embedder = createFakeEmbedder();
});

async function run(options: Partial<BuildIndexOptions> & { readonly with?: FakeEmbedder } = {}): Promise<{ report: IndexReport; texts: string[] }> {
  const store = openSqliteStore(join(base, "index.sqlite"), { create: true });
  const used = options.with ?? embedder;
  const chunking = { maxTokens: 64, overlapTokens: 8 };
  const wishes = { known: undefined, embedder: used.spec, rerankerId: "fake", passageTokens: 64, overlapTokens: 8, roots: [ROOT] };
  store.writeManifest(manifestOf(wishes));
  const vectorIndex = createHnswIndex({ folder: base, dimensions: used.spec.dimensions, fingerprint: "f" });
  const report = await buildIndex(
    { store, files: createFileWalker({ baseFolder: base }), readDocument, embedder: used, vectorIndex },
    { roots: [ROOT], chunking, ...options },
  );
  const texts = store.paths().toSorted().flatMap((path) => store.passagesOfDocument(path).map(({ text }) => `${path}: ${text}`));
  expect(store.check()).toEqual([]);
  store.close();
  return { report, texts };
}

describe("buildIndex", () => {
  test("indexes every readable file and counts the others by reason", async () => {
    writeFiles(base, { "docs/a.md": "# A\n\nalpha", "docs/b.txt": "beta", "docs/empty.md": "", "docs/x.bin": new Uint8Array([0, 1, 2, 0, 0, 3]) });
    const { report, texts } = await run();
    expect(report).toMatchObject({ indexed: 2, unchanged: 0, interrupted: false, total: { documents: 2, passages: 2 } });
    expect(report.skipped.map(({ path, reason }) => [path, reason])).toEqual([["docs/empty.md", "empty"], ["docs/x.bin", "binary"]]);
    expect(texts).toEqual(["docs/a.md: alpha", "docs/b.txt: beta"]);
  });

  test("stores text as it is digested, where JSON holds half a pair of surrogates", async () => {
    writeFiles(base, {
      "docs/half.json": String.raw`{"title": "broken \udd9a heading", "text": "half \ud83e of an emoji, \ud800\ud800 and \ud83e\udd9a, which is whole"}`,
      "docs/half.ipynb": String.raw`{"cells": [{"cell_type": "markdown", "source": ["# Half \ud83e\n", "\n", "of a text"]}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}`,
    });
    const { texts } = await run();
    expect(texts.join("\n")).toContain("half \ufffd of an emoji, \ufffd\ufffd and 🦚, which is whole");
    const store = openAuditedStore(join(base, "index.sqlite"));
    const found = await auditPassages(store, { samples: 100, signal: new AbortController().signal, onProgress: () => {} });
    expect(found).toMatchObject({ mismatched: 0, unfound: 0, withoutVector: 0 });
    expect([...store.storedPassages()].flatMap(({ headings }) => headings)).toContain("Half \ufffd");
    expect(store.documents().map(({ title }) => title).join()).not.toContain("\ufffd\ufffd");
    store.close();
  });

  test("does not read files again that could not be read as they are, and still counts them", async () => {
    writeFiles(base, { "docs/a.md": "# A\n\nalpha", "docs/broken.pdf": "%PDF-1.7 and no more", "docs/headings.md": "# Only a title" });
    const { report } = await run();
    expect(report.skipped.map(({ path, reason }) => [path, reason])).toEqual([["docs/broken.pdf", "damaged"], ["docs/headings.md", "no-text"]]);
    const store = openSqliteStore(join(base, "index.sqlite"), { readOnly: true });
    const plan = await planOnly({ store, files: createFileWalker({ baseFolder: base }) }, { roots: [ROOT] });
    expect(plan).toMatchObject({ indexed: 0, unchanged: 1, removed: 0, total: { documents: 1 }, skipped: report.skipped });
    expect(store.paths()).toEqual(["docs/a.md"]);
    store.close();
    expect((await run()).report).toMatchObject({ indexed: 0, unchanged: 1, skipped: report.skipped });
    writeFiles(base, { "docs/headings.md": "# Only\n\nand now a text" });
    expect((await run()).report).toMatchObject({ indexed: 1, removed: 0, total: { documents: 2 } });
  });

  test("counts a document as removed when it becomes unreadable, once", async () => {
    writeFiles(base, { "docs/a.md": "# A\n\nalpha" });
    await run();
    writeFiles(base, { "docs/a.md": "# Nothing left" });
    expect((await run()).report).toMatchObject({ removed: 1, total: { documents: 0, passages: 0 } });
    expect((await run()).report).toMatchObject({ removed: 0, skipped: [{ path: "docs/a.md", reason: "no-text" }] });
  });

  test("does not embed anything for files of the same size and time", async () => {
    writeFiles(base, { "docs/a.md": "alpha", "docs/b.md": "beta" });
    await run();
    embedder.embedded.length = 0;
    const { report } = await run();
    expect(report).toMatchObject({ indexed: 0, unchanged: 2, embedded: 0 });
    expect(embedder.embedded).toEqual([]);
  });

  test("does not embed a file whose time changed but not its content", async () => {
    writeFiles(base, { "docs/a.md": "alpha" });
    await run();
    utimesSync(join(base, "docs/a.md"), 1, 1);
    embedder.embedded.length = 0;
    expect((await run()).report).toMatchObject({ indexed: 0, unchanged: 1 });
    expect((await run()).report).toMatchObject({ unchanged: 1 });
    expect(embedder.embedded).toEqual([]);
  });

  test("keeps the vectors of a moved file and forgets its old path", async () => {
    writeFiles(base, { "docs/a.md": "# Title\n\nalpha" });
    await run();
    mkdirSync(join(base, "docs/sub"));
    renameSync(join(base, "docs/a.md"), join(base, "docs/sub/a.md"));
    embedder.embedded.length = 0;
    const { report, texts } = await run();
    expect(report).toMatchObject({ moved: 1, indexed: 0, removed: 0 });
    expect(texts).toEqual(["docs/sub/a.md: alpha"]);
    expect(embedder.embedded).toEqual([]);
  });

  test("reads a renamed file anew when its name is its title, since models read titles", async () => {
    writeFiles(base, { "docs/kettle.txt": "alpha" });
    await run();
    renameSync(join(base, "docs/kettle.txt"), join(base, "docs/bicycle.txt"));
    expect((await run()).report).toMatchObject({ moved: 0, indexed: 1, removed: 1 });
  });

  test("replaces the passages of a changed file and embeds only the new ones", async () => {
    writeFiles(base, { "docs/a.md": "# One\n\nalpha\n\n# Two\n\nbeta" });
    await run();
    embedder.embedded.length = 0;
    writeFiles(base, { "docs/a.md": "# One\n\nalpha\n\n# Two\n\nbeta has changed" });
    const { texts } = await run();
    expect(texts.join()).toContain("beta has changed");
    expect(texts.join()).not.toMatch(/beta(?! has)/);
    expect(embedder.embedded.length).toBe(1);
  });

  test("removes files that are gone, and the vectors that nothing uses any more", async () => {
    writeFiles(base, { "docs/a.md": "alpha", "docs/b.md": "beta" });
    await run();
    rmSync(join(base, "docs/a.md"));
    const { report, texts } = await run();
    expect(report).toMatchObject({ removed: 1, total: { documents: 1 } });
    expect(texts).toEqual(["docs/b.md: beta"]);
    const store = openSqliteStore(join(base, "index.sqlite"));
    expect(store.counts().vectors).toBe(1);
    store.close();
  });

  test("leaves documents of other roots alone", async () => {
    writeFiles(base, { "docs/a.md": "alpha", "notes/n.md": "note" });
    await run();
    const { texts } = await run({ roots: [{ ...ROOT, path: "notes" }] });
    expect(texts).toEqual(["docs/a.md: alpha", "notes/n.md: note"]);
  });

  test("embeds a passage that stands in two files once", async () => {
    writeFiles(base, { "docs/a/same.md": "# Same\n\nalpha", "docs/b/same.md": "# Same\n\nalpha" });
    const { texts } = await run();
    expect(texts.length).toBe(2);
    expect(embedder.embedded.length).toBe(1);
  });

  test("keeps what is committed when it is interrupted, and goes on from there", async () => {
    for (let i = 0; i < 40; i++) writeFileSync(join(base, "docs", `${i}.md`), `# File ${i}\n\nwords of file number ${i}`);
    const stop = new AbortController();
    const interrupted = createFakeEmbedder({ onText: (done) => done === 35 && stop.abort(new Error("stopped")) });
    const first = await run({ with: interrupted, signal: stop.signal });
    expect(first.report.interrupted).toBe(true);
    const { report, texts } = await run();
    expect(report).toMatchObject({ interrupted: false, total: { documents: 40 } });
    expect(texts.length).toBe(40);
    // The first batch of 32 was committed before the interruption.
    expect(embedder.embedded.length).toBe(8);
  });

  test("a root above the base folder loses what is deleted, inside of the base and outside", async () => {
    const project = join(base, "project");
    const above: IndexRoot = { ...ROOT, path: base, exclude: ["*.sqlite*", "*.hnsw*"] };
    writeFiles(base, { "project/in.md": "# In\n\nalpha", "out.md": "# Out\n\nbeta" });
    const walker = createFileWalker({ baseFolder: project });
    const store = openSqliteStore(":memory:", { create: true });
    const vectorIndex = createHnswIndex({ folder: base, dimensions: embedder.spec.dimensions, fingerprint: "f" });
    const build = () =>
      buildIndex({ store, files: walker, readDocument, embedder, vectorIndex }, { roots: [above], chunking: { maxTokens: 64, overlapTokens: 8 } });
    await build();
    expect(store.paths().toSorted()).toEqual([join(base, "out.md"), "in.md"]);
    rmSync(join(project, "in.md"));
    rmSync(join(base, "out.md"));
    expect(await build()).toMatchObject({ removed: 2 });
    expect(store.paths()).toEqual([]);
    store.close();
  });

  test("a dry run counts what would happen and writes nothing", async () => {
    writeFiles(base, { "docs/a.md": "# A\n\nalpha", "docs/b.md": "# B\n\nbeta" });
    await run();
    writeFiles(base, { "docs/new.md": "# N\n\nnew", "docs/b.md": "# B\n\nbeta changed" });
    renameSync(join(base, "docs/a.md"), join(base, "docs/z.md"));
    const store = openSqliteStore(join(base, "index.sqlite"), { readOnly: true });
    const report = await planOnly({ store, files: createFileWalker({ baseFolder: base }) }, { roots: [ROOT] });
    expect(report).toMatchObject({ dryRun: true, indexed: 2, moved: 1, removed: 0 });
    expect(store.paths().toSorted()).toEqual(["docs/a.md", "docs/b.md"]);
    store.close();
  });
});
