import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { Ajv2020 } from "ajv/dist/2020.js";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createHnswIndex } from "../../../src/adapters/hnsw-index.ts";
import { readHnswStamp } from "../../../src/adapters/hnsw-files.ts";
import { acquireIndexLock } from "../../../src/adapters/index-lock.ts";
import { loadBetterSqlite3 } from "../../../src/adapters/native-modules.ts";
import { openRepairableStore } from "../../../src/adapters/sqlite-store/open-repairable-store.ts";
import { openSqliteStore } from "../../../src/adapters/sqlite-store/open-sqlite-store.ts";
import { runAudit } from "../../../src/cli/commands/audit.ts";
import { createRandom } from "../../../src/domain/seeded-random.ts";
import { createOutput, type OutputStream } from "../../../src/reporters/output.ts";
import { asUnprivileged } from "../../adapters/unprivileged.ts";
import { changeStore, DIMENSIONS, MANIFEST, notePath, PASSAGES_A_NOTE, unitVector, writeSyntheticIndex, type SyntheticIndex } from "../../support/synthetic-index.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { userRejectionOf } from "../../support/user-error-of.ts";

const NOTES = 30;
const PASSAGES = NOTES * PASSAGES_A_NOTE;
const schema = JSON.parse(readFileSync(new URL("../../../docs/audit.schema.json", import.meta.url), "utf8")) as object;
const isReport = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }).compile(schema);

interface Report {
  readonly healthy: boolean;
  readonly checks: readonly { readonly name: string; readonly verdict: string; readonly detail: string; readonly remedy: string | null; readonly documents: readonly string[] }[];
  readonly hnsw: { readonly vectors: number; readonly samples: number; readonly recall10: { readonly mean: number; readonly worst: number } } | null;
  readonly disk: { readonly leftoverBytes: number };
  readonly problems: readonly string[];
  readonly repaired: readonly string[];
}

/** Made once, copied for each test. */
let whole: string;
let index: SyntheticIndex;

beforeAll(async () => {
  whole = mkdtempSync(join(tmpdir(), "rerank-audit-"));
  await writeSyntheticIndex(whole, NOTES);
  return () => rmSync(whole, { recursive: true, force: true });
});

beforeEach(() => {
  const folder = tempFolder();
  cpSync(whole, folder, { recursive: true, preserveTimestamps: true });
  const generation = join(folder, ".rerank", "generation-1");
  index = { folder, generation, storeFile: join(generation, "index.sqlite") };
});

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(flags: Readonly<Record<string, unknown>> = {}, signal = new AbortController().signal): Promise<Ran> {
  const texts = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof texts): OutputStream => ({
    write(text, onWritten) {
      texts[name] += text;
      onWritten();
      return true;
    },
    on: () => undefined,
  });
  const output = createOutput({ stdout: stream("stdout"), stderr: stream("stderr") });
  const code = await runAudit(flags, { cwd: index.folder, environment: {}, output, signal, stdin: Readable.from([]), expectStop() {} });
  return { code, ...texts };
}

async function report(flags: Readonly<Record<string, unknown>> = {}): Promise<Report> {
  const { code, stdout } = await run({ ...flags, json: true });
  const parsed = JSON.parse(stdout) as Report;
  expect(isReport(parsed), JSON.stringify(isReport.errors)).toBe(true);
  expect(code).toBe(parsed.healthy ? 0 : 1);
  return parsed;
}

function checkOf({ checks }: Report, name: string) {
  const check = checks.find((each) => each.name === name);
  if (check === undefined) throw new Error(`there is no check ${name}`);
  return check;
}

/** Verdicts that are not ok. The synthetic vectors are of no model that is here. */
function findings({ checks }: Report): string[] {
  return checks.filter(({ name, verdict }) => verdict !== "ok" && name !== "models").map(({ name, verdict }) => `${verdict}: ${name}`);
}

function graphPath(): string {
  return join(index.generation, readHnswStamp(index.generation)?.file ?? "no stamp");
}

function flipBit(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 4, at);
  writeFileSync(path, bytes);
}

const PAGE_BYTES = 8192;

/** Numbers of the pages of a table or index, from 1. */
function pagesOf(name: string): number[] {
  const db = new (loadBetterSqlite3())(index.storeFile, { readonly: true });
  const pages = db.prepare("SELECT pageno FROM dbstat WHERE name = ? ORDER BY pageno").pluck().all(name) as number[];
  db.close();
  return pages;
}

function overwritePage(page: number, bytes: Buffer = Buffer.alloc(PAGE_BYTES)): void {
  const whole = readFileSync(index.storeFile);
  bytes.copy(whole, (page - 1) * PAGE_BYTES);
  writeFileSync(index.storeFile, whole);
}

function vectorBytes(vector: Float32Array): Buffer {
  return Buffer.from(vector.buffer);
}

function changeVector(vectorId: number, change: (vector: Float32Array) => Float32Array): void {
  const store = openSqliteStore(index.storeFile);
  const [stored] = store.vectors([vectorId]);
  store.close();
  if (stored === undefined) throw new Error(`there is no vector ${vectorId}`);
  changeStore(index.storeFile, "UPDATE vectors SET vector = ? WHERE id = ?", vectorBytes(change(stored.vector)), vectorId);
}

/** What an index has to hold after a repair: no passage but those that were there, each found by HNSW and by its words. */
function documentsNow(): string[] {
  const store = openSqliteStore(index.storeFile, { readOnly: true });
  try {
    expect(store.check()).toEqual([]);
    return store.paths().toSorted();
  } finally {
    store.close();
  }
}

const ALL = Array.from({ length: NOTES }, (_, note) => notePath(note));

describe("a whole index", () => {
  test("is healthy in every respect", async () => {
    const found = await report();
    expect(findings(found)).toEqual([]);
    expect(found.problems).toEqual([]);
    expect(found.repaired).toEqual([]);
    expect(found.hnsw).toEqual({ vectors: PASSAGES, samples: PASSAGES, recall10: { mean: 1, worst: 1 }, recall100: { mean: 1, worst: 1 } });
    expect(checkOf(found, "HNSW file").detail).toContain("not used below 10,000 vectors");
    expect(checkOf(found, "models")).toMatchObject({ verdict: "note", detail: expect.stringMatching(/^the index was built with vectors of 16 numbers/) });
  });

  test("is not changed by an audit, nor by a repair that has nothing to do", async () => {
    const before = contentOf(index.generation);
    expect((await report()).healthy).toBe(true);
    const { code, stderr } = await run({ repair: true });
    expect([code, stderr.includes("repairing")]).toEqual([0, false]);
    expect((await report({ repair: true })).repaired).toEqual([]);
    expect(contentOf(index.generation)).toEqual(before);
  });

  test("gives the same numbers for the same seed, and takes fewer samples when asked", async () => {
    const flags = { samples: "20", seed: "3" };
    const { hnsw } = await report(flags);
    expect(hnsw?.samples).toBe(20);
    expect((await report(flags)).hnsw).toEqual(hnsw);
    expect((await userRejectionOf(run({ samples: "0" }))).message).toContain("--samples");
    expect((await userRejectionOf(run({ seed: "x" }))).message).toContain("--seed");
  });

  test("is audited in a folder that cannot be written", async () => {
    for (const folder of [index.folder, join(index.folder, ".rerank"), index.generation]) chmodSync(folder, 0o555);
    const found = await asUnprivileged(() => report());
    for (const folder of [index.folder, join(index.folder, ".rerank"), index.generation]) chmodSync(folder, 0o755);
    expect(findings(found)).toEqual([]);
  });

  test("is not there: exit code 2, as every error of the user's", async () => {
    rmSync(join(index.folder, ".rerank"), { recursive: true });
    expect((await userRejectionOf(run())).message).toMatch(/^there is no index in/);
  });

  test("ends with the signal's reason when it is stopped", async () => {
    const stop = new AbortController();
    const reason = new Error("Ctrl-C");
    stop.abort(reason);
    await expect(run({}, stop.signal)).rejects.toBe(reason);
    await expect(run({ repair: true }, stop.signal)).rejects.toBe(reason);
    expect((await report()).healthy).toBe(true);
  });
});

describe("what is derived", () => {
  test.each([
    ["changed in one bit", () => flipBit(graphPath(), 2000), /^damaged/],
    ["cut off", () => truncateSync(graphPath(), 1000), /^damaged/],
    ["missing", () => rmSync(graphPath()), /^missing/],
    ["without its stamp", () => rmSync(join(index.generation, "vectors.hnsw.json")), /^missing/],
    ["behind the store", () => saveOneMore(), /^out of step/],
    ["made of other vectors", () => saveOtherGraph(), /of its vectors are not the index's/],
  ])("is built anew: an HNSW file %s", async (_what, damage, detail) => {
    await damage();
    const found = await report();
    expect(checkOf(found, "HNSW file")).toMatchObject({ verdict: "problem", detail: expect.stringMatching(detail), remedy: "rerank audit --repair" });
    const mended = await report({ repair: true });
    expect(mended.repaired).toContainEqual(expect.stringMatching(/HNSW file/));
    expect(findings(mended)).toEqual([]);
    expect(mended.hnsw?.recall10).toEqual({ mean: 1, worst: 1 });
    expect(findings(await report())).toEqual([]);
    expect(documentsNow()).toEqual(expect.arrayContaining(ALL));
  });

  test.each([
    ["lacks a passage", "DELETE FROM passage_terms WHERE rowid = 3", /^1 passage missing/],
    ["has an entry of no passage", "INSERT INTO passage_terms (rowid, terms) VALUES (9999, 'stray')", /^1 entry of no passage/],
    ["holds other words", "UPDATE passage_terms SET terms = 'other words' WHERE rowid = 1", /^1 of 120 passages not found by their own words/],
    ["is damaged", "UPDATE passage_terms_data SET block = x'00ff00ff' WHERE id > 10", /damaged: .*passage_terms/],
  ])("is built anew: a lexical index that %s", async (_what, sql, detail) => {
    changeStore(index.storeFile, sql);
    const found = await report();
    expect(findings(found)).toEqual(["problem: lexical index"]);
    expect(checkOf(found, "lexical index").detail).toMatch(detail);
    const mended = await report({ repair: true });
    expect(mended.repaired[0]).toBe("built the lexical index anew");
    expect(findings(await report())).toEqual([]);
    expect(documentsNow()).toEqual(ALL);
  });
});

describe("rows that are damaged", () => {
  const second = notePath(1);
  test.each([
    ["a text changed in one character", "texts", () => changeStore(index.storeFile, "UPDATE passages SET text = replace(text, 'kettle1 ', 'kettle7 ') WHERE id = 6")],
    ["headings that are no JSON", "texts", () => changeStore(index.storeFile, "UPDATE passages SET headings = '[\"Note' WHERE id = 6")],
    ["a key changed in one digit", "texts", () => changeStore(index.storeFile, "UPDATE vectors SET vector_key = 'x' || substr(vector_key, 2) WHERE id = 6")],
    ["a vector that is no number", "vectors", () => changeVector(6, (vector) => vector.fill(Number.NaN, 2, 3))],
    ["a vector of another length", "vectors", () => changeStore(index.storeFile, "UPDATE vectors SET vector = substr(vector, 1, 20) WHERE id = 6")],
    ["a vector of half a number", "vectors", () => changeStore(index.storeFile, "UPDATE vectors SET vector = substr(vector, 1, 21) WHERE id = 6")],
    ["a vector of length 2", "vectors", () => changeVector(6, (vector) => vector.map((value) => value * 2))],
    ["a vector with one sign turned", "vectors", () => changeVector(6, (vector) => vector.fill(-(vector[4] ?? 0), 4, 5))],
    ["a passage without a vector", "rows", () => changeStore(index.storeFile, "DELETE FROM vectors WHERE id = 6")],
  ])("are dropped with their document, which the next run reads again: %s", async (_what, name, damage) => {
    damage();
    const found = await report();
    expect(checkOf(found, name)).toMatchObject({ verdict: "problem", remedy: "rerank audit --repair" });
    const mended = await report({ repair: true });
    expect(mended.repaired).toContainEqual(expect.stringContaining(`dropped ${second} from the index`));
    expect(mended.healthy).toBe(true);
    // What is left to do is the user's, and said. What is whole of the document waits to be used again.
    expect(findings(mended)).toEqual(["note: rows", "note: files"]);
    expect(checkOf(mended, "rows")).toMatchObject({ detail: expect.stringMatching(/^[34] vectors that no passage uses$/), remedy: expect.stringMatching(/^rerank index uses them again/) });
    expect(checkOf(mended, "files")).toMatchObject({ detail: "1 not in the index", remedy: "rerank index" });
    expect(documentsNow()).toEqual(ALL.filter((path) => path !== second));
    expect(readFileSync(join(index.folder, second), "utf8")).toContain("kettle1");
    expect((await report()).healthy).toBe(true);
  });

  test("are named, all of them in JSON and the first in text", async () => {
    changeStore(index.storeFile, "UPDATE passages SET text = text || '!'");
    const found = await report();
    expect(checkOf(found, "texts")).toMatchObject({ detail: `${PASSAGES} passages are not what the vector was made of`, documents: ALL });
    const { stdout } = await run();
    expect(stdout).toContain(notePath(4));
    expect(stdout).not.toContain(notePath(5));
    expect(stdout).toContain("and 25 more documents");
  });

  test("are dropped: passages of no document, and vectors that no passage uses", async () => {
    changeStore(index.storeFile, "DELETE FROM documents WHERE path = ?", second);
    expect(checkOf(await report(), "rows")).toMatchObject({ verdict: "problem", detail: "4 passages of no document" });
    const mended = await report({ repair: true });
    expect(mended.repaired).toEqual(["dropped 4 passages of no document", "dropped 4 vectors that no passage uses", "brought the HNSW file in step with the store"]);
    expect(findings(mended)).toEqual(["note: files"]);
    expect(documentsNow()).toEqual(ALL.filter((path) => path !== second));
  });

  test("are no problem where an interrupted run has left vectors that it will use", async () => {
    await saveOneMore(true);
    const found = await report();
    expect(findings(found)).toEqual(["note: rows"]);
    expect(checkOf(found, "rows").detail).toBe("1 vector that no passage uses");
    expect((await report({ repair: true })).repaired).toContain("dropped 1 vector that no passage uses");
    expect(findings(await report())).toEqual([]);
  });

  test("are dropped where the record of a document cannot be read", async () => {
    changeStore(index.storeFile, "UPDATE documents SET skip = '{' WHERE path = ?", second);
    expect((await report()).healthy).toBe(false);
    expect((await report({ repair: true })).repaired).toContainEqual(expect.stringContaining(`dropped ${second}`));
    expect(findings(await report())).toEqual(["note: rows", "note: files"]);
  });
});

describe("a store that SQLite calls malformed", () => {
  test.each([
    ["in its first page", (file: string) => writeFileSync(file, Buffer.alloc(200, 0xa5), { flag: "r+" })],
    ["behind it", (file: string) => writeFileSync(file, Buffer.concat([readFileSync(file).subarray(0, 8192), Buffer.alloc(200_000, 0xa5)]))],
    ["at its end, which is missing", (file: string) => truncateSync(file, 30_000)],
  ])("is reported and left as it is: %s", async (_where, damage) => {
    damage(index.storeFile);
    const before = contentOf(index.generation);
    for (const flags of [{}, { repair: true }]) {
      const found = await report(flags);
      expect(found.healthy).toBe(false);
      expect(found.hnsw).toBeNull();
      expect(checkOf(found, "database")).toMatchObject({ verdict: "problem", remedy: expect.stringMatching(/^rerank index --rebuild/) });
      expect(found.repaired).toEqual([]);
    }
    expect(contentOf(index.generation)).toEqual(before);
  });

  test("is told from one that has lost its manifest, and from an empty one", async () => {
    changeStore(index.storeFile, "DELETE FROM manifest");
    expect(checkOf(await report(), "database").detail).toBe("the manifest is missing");
    changeStore(index.storeFile, "DELETE FROM documents");
    expect((await userRejectionOf(run())).message).toMatch(/is empty$/);
  });
});

describe("a page that cannot be read", () => {
  test.each(["passage_terms_data", "passage_terms_idx", "passage_terms_docsize", "passage_terms_config"])("in the lexical index is mended: %s", async (table) => {
    for (const page of pagesOf(table)) {
      overwritePage(page);
      const found = await report();
      expect(findings(found)).toEqual(["problem: lexical index"]);
      expect(checkOf(found, "lexical index")).toMatchObject({ detail: expect.stringMatching(/^damaged: .*passage_terms/), remedy: "rerank audit --repair" });
      const mended = await report({ repair: true });
      expect(mended.repaired).toEqual(["built the lexical index anew", expect.stringMatching(/^compacted the store/)]);
      expect(findings(mended)).toEqual([]);
      expect(documentsNow()).toEqual(ALL);
      const store = openSqliteStore(index.storeFile, { readOnly: true });
      expect(store.lexicalSearch(["kettle7"], 100).map(({ path }) => path)).toEqual(Array(PASSAGES_A_NOTE).fill(notePath(7)));
      store.close();
    }
  });

  test.each(["manifest", "documents", "vectors", "sqlite_autoindex_vectors_1", "passages", "passages_of_vector", "sqlite_sequence"])(
    "in what the rows lie in is reported, with what is whole around it: %s",
    async (table) => {
      const [page = 0] = pagesOf(table);
      overwritePage(page);
      const before = contentOf(index.generation);
      for (const flags of [{}, { repair: true }]) {
        const found = await report(flags);
        expect(findings(found).filter((line) => line !== "note: files")).toEqual(["problem: database"]);
        expect(checkOf(found, "database")).toMatchObject({
          detail: expect.stringMatching(`^damaged: ${table} page ${page}: `),
          remedy: expect.stringMatching(/^rerank index --rebuild/),
        });
        expect(checkOf(found, "HNSW file")).toMatchObject({ verdict: "ok", detail: expect.stringMatching(/^checksum right/) });
        const isComparable = table !== "manifest" && table !== "documents";
        expect(checkOf(found, "files").detail).toBe(isComparable ? `${NOTES} files unchanged since the last run` : "not compared: records of the index cannot be read");
        expect(found.checks.some(({ name }) => name === "models")).toBe(table !== "manifest");
        expect(found.repaired).toEqual([]);
      }
      expect(contentOf(index.generation)).toEqual(before);
    },
  );

  test("does not hide that the HNSW file is damaged too", async () => {
    overwritePage(pagesOf("vectors")[0] ?? 0);
    flipBit(graphPath(), 2000);
    expect(checkOf(await report(), "HNSW file")).toMatchObject({ verdict: "note", detail: "damaged", remedy: null });
  });

  test("in both: nothing is mended that would have to be built anew", async () => {
    for (const table of ["vectors", "passage_terms_docsize"]) overwritePage(pagesOf(table)[0] ?? 0);
    expect(findings(await report({ repair: true }))).toEqual(["problem: database"]);
  });

  test("in the lexical index is mended after all where the first repair ended before its old pages were given back", async () => {
    const store = openRepairableStore(index.storeFile);
    await store.repairRows({ forget: [], dropVectors: [], lexical: "replace" }, () => {}, new AbortController().signal);
    expect(store.lexicalSearch(["kettle7"], 100)).toHaveLength(PASSAGES_A_NOTE);
    store.close();
    expect(findings(await report())).toEqual(["problem: lexical index"]);
    expect(findings(await report({ repair: true }))).toEqual([]);
  });

  test("anywhere, with any bytes, is no end of the report; what is left of a repair is healthy or to be built anew", async () => {
    const random = createRandom(8);
    const sound = readFileSync(index.storeFile);
    for (let page = 2; page <= sound.length / PAGE_BYTES; page++) {
      writeFileSync(index.storeFile, sound);
      overwritePage(page, Buffer.from(Array.from({ length: PAGE_BYTES }, () => Math.floor(random() * 256))));
      const found = await report();
      expect(found.healthy).toBe(false);
      const mended = await report({ repair: true });
      expect(mended.healthy || checkOf(mended, "database").remedy?.startsWith("rerank index --rebuild")).toBe(true);
    }
  });
});

describe("what is around it", () => {
  test("notes files that are new, changed or gone, and folders that are missing", async () => {
    writeFileSync(join(index.folder, notePath(0)), "changed");
    writeFileSync(join(index.folder, "docs", "new.md"), "new");
    rmSync(join(index.folder, notePath(2)));
    expect(checkOf(await report(), "files")).toMatchObject({ verdict: "note", detail: "1 not in the index, 1 changed, 1 gone", remedy: "rerank index" });
    rmSync(join(index.folder, "docs"), { recursive: true });
    expect(checkOf(await report(), "files").detail).toBe("1 root missing (docs)");
  });

  test("notes documents that lie below none of the index's folders", async () => {
    changeStore(index.storeFile, "UPDATE manifest SET json = json_set(json, '$.roots[0].path', ?)", notePath(0));
    const { verdict, detail, documents } = checkOf(await report(), "files");
    expect([verdict, detail, documents.length]).toEqual(["note", "29 documents below none of the index's folders", 29]);
  });

  test("notes what stopped processes have left, and a repair removes it, but no unfinished rebuild", async () => {
    const rerank = join(index.folder, ".rerank");
    cpSync(index.generation, join(rerank, "generation-0"), { recursive: true });
    mkdirSync(join(rerank, "generation-2"));
    writeFileSync(join(rerank, "generation-2", "index.sqlite"), "half");
    writeFileSync(join(rerank, "CURRENT.new"), "2\n");
    writeFileSync(join(index.generation, "vectors.hnsw.4242.new"), "half");
    writeFileSync(join(index.generation, "vectors-00000000.hnsw"), "old");
    const found = await report();
    expect(findings(found)).toEqual(["note: leftovers", "note: leftovers"]);
    expect(found.disk.leftoverBytes).toBeGreaterThan(10_000);
    const mended = await report({ repair: true });
    expect(mended.repaired).toEqual(["removed what stopped processes had left"]);
    expect(findings(mended)).toEqual(["note: leftovers"]);
    expect(readdirSync(rerank).filter((name) => !name.startsWith("lock"))).toEqual(["generation-1", "generation-2"]);
    expect(contentOf(index.generation).map(([name]) => name)).toEqual(["index.sqlite", readHnswStamp(index.generation)?.file, "vectors.hnsw.json"].toSorted());
  });

  test("gives back free pages where they are much of the store", async () => {
    changeStore(index.storeFile, "CREATE TABLE ballast (data)");
    changeStore(index.storeFile, "INSERT INTO ballast VALUES (zeroblob(8000000))");
    changeStore(index.storeFile, "DROP TABLE ballast");
    expect(checkOf(await report(), "disk")).toMatchObject({ verdict: "note", detail: expect.stringMatching(/8\.0 MB are free pages/) });
    const mended = await report({ repair: true });
    expect(mended.repaired).toEqual([expect.stringMatching(/^compacted the store from 8\.\d MB to \d+ kB$/)]);
    expect(findings(mended)).toEqual([]);
  });

  test("waits for no writer, and explains by it what is unfinished", async () => {
    const lock = await acquireIndexLock(join(index.folder, ".rerank"), { command: "rerank index docs", wait: false });
    await saveOneMore();
    writeFileSync(join(index.generation, "vectors.hnsw.4242.new"), "being written");
    const found = await report();
    lock.release();
    expect(found.healthy).toBe(true);
    expect(checkOf(found, "HNSW file")).toMatchObject({ verdict: "note", detail: "behind the store while `rerank index docs` runs" });
    expect(checkOf(found, "leftovers").detail).toBe("none");
  });

  test("is mended with a word before, in a log too", async () => {
    rmSync(graphPath());
    expect((await run()).stderr).not.toContain("repairing");
    expect((await run({ repair: true })).stderr).toContain("rerank: repairing; it can be stopped and begun again\n");
  });

  test("repairs only when no other process writes", async () => {
    const lock = await acquireIndexLock(join(index.folder, ".rerank"), { command: "rerank index docs", wait: false });
    rmSync(graphPath());
    const repairing = run({ repair: true, json: true });
    setTimeout(() => lock.release(), 400);
    const { code, stderr } = await repairing;
    expect(code).toBe(0);
    expect(stderr).toMatch(/waiting for process \d+ \(rerank index docs\)/);
  });
});

/** A vector as a killed run leaves it: committed, and not in the HNSW file yet unless `isSaved`. */
async function saveOneMore(isSaved = false): Promise<void> {
  const store = openSqliteStore(index.storeFile);
  store.saveVectors([{ vectorKey: "of a text that comes next", vector: unitVector(createRandom(5)) }]);
  if (isSaved) await saveGraph([...store.vectors()]);
  store.close();
}

/** A graph of the same ids whose vectors are others, with a stamp that says it is the index's. */
async function saveOtherGraph(): Promise<void> {
  const random = createRandom(99);
  await saveGraph(Array.from({ length: PASSAGES }, (_, position) => ({ vectorId: position + 1, vector: unitVector(random) })));
}

async function saveGraph(vectors: readonly { readonly vectorId: number; readonly vector: Float32Array }[]): Promise<void> {
  const hnsw = createHnswIndex({ folder: index.generation, dimensions: DIMENSIONS, fingerprint: MANIFEST.embedderFingerprint });
  hnsw.add(vectors);
  await hnsw.save();
}

/** Names and bytes of what lies in a folder; the log and its shared memory come and go. */
function contentOf(folder: string): (readonly [string, string])[] {
  const names = readdirSync(folder).filter((name) => !/-(wal|shm)$/.test(name));
  return names.toSorted().map((name) => [name, readFileSync(join(folder, name)).toString("base64")] as const);
}
