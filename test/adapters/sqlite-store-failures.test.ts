import { fork, type ChildProcess } from "node:child_process";
import { chmodSync, closeSync, copyFileSync, existsSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadBetterSqlite3 } from "../../src/adapters/native-modules.ts";
import { translateSqliteError } from "../../src/adapters/sqlite-store/errors.ts";
import { openSqliteStore } from "../../src/adapters/sqlite-store/open-sqlite-store.ts";
import { FORMAT_VERSION } from "../../src/adapters/sqlite-store/schema.ts";
import { UserError } from "../../src/domain/errors.ts";
import { MANIFEST, documentOf, saveTexts } from "./stored-passages.ts";
import { asUnprivileged } from "./unprivileged.ts";
import { userErrorOf } from "../support/user-error-of.ts";

const Database = loadBetterSqlite3();
let folder: string;
let file: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rerank-store-"));
  file = join(folder, "index.sqlite");
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  chmodSync(folder, 0o755);
  rmSync(folder, { recursive: true, force: true });
});

function fillStore(): void {
  const store = openSqliteStore(file, { create: true });
  store.writeManifest(MANIFEST);
  for (let document = 0; document < 40; document++) {
    saveTexts(store, `${document}.md`, Array.from({ length: 20 }, (_, n) => `text ${document} ${n} `.repeat(20)));
  }
  store.close();
}

function contentOf(): unknown {
  const store = openSqliteStore(file, { readOnly: true });
  try {
    return [store.readManifest(), store.documents(), store.paths().map((path) => store.passagesOfDocument(path))];
  } finally {
    store.close();
  }
}

function executeSql(sql: string): void {
  const db = new Database(file);
  db.exec(sql);
  db.close();
}

describe("opening a store", () => {
  test("that is not there is the user's error, and makes no file", () => {
    for (const options of [{}, { readOnly: true }, { readOnly: true, create: true }]) {
      expect(userErrorOf(() => openSqliteStore(file, options)).hint).toContain("rerank index");
    }
    expect(existsSync(file)).toBe(false);
    expect(userErrorOf(() => openSqliteStore(join(folder, "no", "x.sqlite"), { create: true })).message).toContain("no");
  });

  test("whose first run was killed before it had made a table starts anew", () => {
    writeFileSync(file, "");
    expect(userErrorOf(() => openSqliteStore(file, { readOnly: true })).message).toContain("no index");
    openSqliteStore(file, { create: true }).close();
    openSqliteStore(file, { readOnly: true }).close();
  });

  test("of a newer program asks for an upgrade", () => {
    fillStore();
    executeSql(`PRAGMA user_version = ${FORMAT_VERSION + 1}`);
    for (const readOnly of [true, false]) {
      const error = userErrorOf(() => openSqliteStore(file, { readOnly }));
      expect(error.message).toContain("made by a newer rerank");
      expect(error.hint).toContain("upgrade");
    }
  });

  test("of format 1 is brought up to date by a writer, keeps its content, and sends a reader to `rerank index`", () => {
    fillStore();
    const before = contentOf();
    executeSql("ALTER TABLE documents DROP COLUMN skip; PRAGMA user_version = 1");
    const error = userErrorOf(() => openSqliteStore(file, { readOnly: true }));
    expect(error.message).toContain("older rerank");
    expect(error.hint).toContain("rerank index");
    openSqliteStore(file).close();
    expect(contentOf()).toEqual(before);
  });

  test("of format 1 that already has every column keeps them", () => {
    fillStore();
    const before = contentOf();
    executeSql("PRAGMA user_version = 1");
    openSqliteStore(file).close();
    expect(contentOf()).toEqual(before);
  });

  test("whose manifest is of a newer format asks for an upgrade", () => {
    const store = openSqliteStore(file, { create: true });
    store.writeManifest({ ...MANIFEST, formatVersion: FORMAT_VERSION + 1 });
    expect(userErrorOf(() => store.readManifest()).message).toContain("made by a newer rerank");
    store.close();
  });

  test("refuses a database of another program and leaves it as it is", () => {
    executeSql("CREATE TABLE recipes (name TEXT)");
    const before = readFileSync(file);
    expect(userErrorOf(() => openSqliteStore(file, { create: true })).message).toContain("not an index of rerank");
    expect(readFileSync(file)).toEqual(before);
  });

  test("that is no database offers a rebuild and deletes nothing", () => {
    writeFileSync(file, "this is not a database, however long it may be. ".repeat(100));
    for (const readOnly of [true, false]) {
      const error = userErrorOf(() => openSqliteStore(file, { readOnly, create: !readOnly }));
      expect(error.message).toContain("damaged");
      expect(error.hint).toContain("rerank index --rebuild");
    }
    expect(statSync(file).size).toBeGreaterThan(4000);
  });
});

describe("a damaged store", () => {
  test("offers a rebuild when its end is missing", () => {
    fillStore();
    truncateSync(file, Math.floor(statSync(file).size / 2));
    const error = userErrorOf(() => readEverything());
    expect(error.message).toContain("damaged");
    expect(error.hint).toContain("nothing was deleted");
  });

  test("offers a rebuild when its middle is overwritten, and its check says so", () => {
    fillStore();
    const { size } = statSync(file);
    const handle = openSync(file, "r+");
    for (let page = 3; page * 8192 < size; page++) writeSync(handle, Buffer.alloc(8192, 0xa5), 0, 8192, page * 8192);
    closeSync(handle);
    expect(userErrorOf(() => readEverything()).message).toContain("damaged");
    const store = openSqliteStore(file, { readOnly: true });
    expect(store.check().join()).toContain("damaged");
    store.close();
  });

  test("is told apart by its check: passages that nothing points to, or that cannot be found by terms", () => {
    fillStore();
    executeSql("PRAGMA foreign_keys = OFF; DELETE FROM documents WHERE path = '3.md'; DELETE FROM passage_terms WHERE rowid = 5");
    executeSql("INSERT INTO passage_terms (rowid, terms) VALUES (999999, 'ghost')");
    const store = openSqliteStore(file, { readOnly: true });
    expect(store.check()).toEqual([
      "20 rows point at a document or vector that is not there",
      "1 passages are missing from the lexical index",
      "1 entries of the lexical index belong to no passage",
    ]);
    store.close();
  });

  function readEverything(): void {
    const store = openSqliteStore(file, { readOnly: true });
    try {
      for (const path of store.paths()) store.passagesOfDocument(path);
      store.lexicalSearch(["text"], 10);
      Array.from(store.vectors());
    } finally {
      store.close();
    }
  }
});

describe("a store that cannot be written", () => {
  test("is read in a folder that is read-only, beside no one", async () => {
    fillStore();
    chmodSync(folder, 0o555);
    const leftBefore = temporaryCopies();
    await asUnprivileged(() => {
      const store = openSqliteStore(file, { readOnly: true });
      expect(store.counts().documents).toBe(40);
      expect(store.lexicalSearch(["text"], 3)).toHaveLength(3);
      expect([...store.vectors()]).toHaveLength(store.counts().vectors);
      store.close();
    });
    expect(temporaryCopies()).toEqual(leftBefore);
  });

  test("gives what a killed writer had committed, from a folder that is read-only", async () => {
    fillStore();
    const writer = openSqliteStore(file);
    saveTexts(writer, "in-the-log.md", ["committed"]);
    // The state of a killed process: the log lies beside the database, its shared memory is gone.
    const killed = join(folder, "killed.sqlite");
    copyFileSync(file, killed);
    copyFileSync(`${file}-wal`, `${killed}-wal`);
    writer.close();
    chmodSync(folder, 0o555);
    await asUnprivileged(() => {
      const store = openSqliteStore(killed, { readOnly: true });
      expect(store.passagesOfDocument("in-the-log.md")).toHaveLength(1);
      store.close();
    });
  });

  test("says so when it is to be written", async () => {
    fillStore();
    chmodSync(folder, 0o555);
    chmodSync(file, 0o444);
    const error = await asUnprivileged(() => userErrorOf(() => openSqliteStore(file)));
    expect(error.message).toMatch(/cannot be (written|opened)|no permission/);
  });

  test("says so when it may not even be read", async () => {
    fillStore();
    chmodSync(file, 0o000);
    const error = await asUnprivileged(() => userErrorOf(() => openSqliteStore(file, { readOnly: true })));
    expect(error.message).toContain("no permission");
  });

  test("refuses writes when it is opened for reading", () => {
    fillStore();
    const store = openSqliteStore(file, { readOnly: true });
    expect(userErrorOf(() => store.removeDocuments(["1.md"])).message).toContain("cannot be written");
    store.close();
  });

  test("says that the disk is full, and keeps what was committed", () => {
    fillStore();
    const db = new Database(file);
    db.pragma(`max_page_count = ${Number(db.pragma("page_count", { simple: true }))}`);
    const fill = db.prepare("INSERT INTO vectors (vector_key, vector) VALUES ('big', zeroblob(1000000))");
    const error = userErrorOf(() => {
      try {
        fill.run();
      } catch (cause) {
        throw translateSqliteError(cause, file);
      }
    });
    expect(error.message).toMatch(/^the disk is full.*nothing that was committed is lost$/);
    db.close();
    const store = openSqliteStore(file);
    expect(store.check()).toEqual([]);
    store.close();
  });

  function temporaryCopies(): string[] {
    return readdirSync(tmpdir()).filter((name) => name.startsWith("rerank-read-only-"));
  }
});

describe("a store beside other processes", () => {
  test("is read while another connection writes, and shows each commit", () => {
    fillStore();
    const writer = openSqliteStore(file);
    const reader = openSqliteStore(file, { readOnly: true });
    saveTexts(writer, "new.md", ["fresh words"]);
    expect(reader.lexicalSearch(["fresh"], 1).map(({ path }) => path)).toEqual(["new.md"]);
    reader.close();
    writer.close();
  });

  test("says that it is in use when another process keeps writing", () => {
    const busy = Object.assign(new Error("database is locked"), { code: "SQLITE_BUSY" });
    expect(translateSqliteError(busy, file)).toBeInstanceOf(UserError);
  });

  test("holds every document that was saved before the process was killed", async () => {
    const store = openSqliteStore(file, { create: true });
    store.writeManifest(MANIFEST);
    saveTexts(store, "vectors.md", ["text"]);
    store.close();
    const script = join(folder, "writer.cjs");
    writeFileSync(script, WRITER_SCRIPT);
    const module = loadPath();
    const child = fork(script, [module, file], { stdio: "inherit" });
    children.push(child);
    let lastCommitted = -1;
    await new Promise<void>((done) => {
      child.on("message", (position) => {
        lastCommitted = Number(position);
        if (lastCommitted === 200) child.kill("SIGKILL");
      });
      child.on("exit", () => done());
    });
    const reopened = openSqliteStore(file);
    const paths = new Set(reopened.paths());
    for (let position = 0; position <= lastCommitted; position++) expect(paths.has(`killed-${position}.md`)).toBe(true);
    expect(reopened.check()).toEqual([]);
    reopened.saveDocument(documentOf("after.md"), []);
    reopened.close();
  });
});

/** Commits one document after another until it is killed, and tells each commit. */
const WRITER_SCRIPT = `
const db = new (require(process.argv[2]))(process.argv[3]);
db.pragma("journal_mode = WAL");
const insert = db.prepare("INSERT INTO documents (path, size_bytes, mtime_ms, content_hash, format, title) VALUES (?, 1, 1, 'x', 'text', 't')");
for (let position = 0; ; position++) {
  insert.run("killed-" + position + ".md");
  process.send(position);
}
`;

function loadPath(): string {
  return join(import.meta.dirname, "..", "..", "node_modules", "better-sqlite3");
}
