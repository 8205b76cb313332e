import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openSqliteStore } from "../../src/adapters/sqlite-store/open-sqlite-store.ts";
import { lexicalTerms } from "../../src/domain/lexical-terms.ts";
import type { PassageStore } from "../../src/ports/passage-store.ts";
import { MANIFEST, documentOf, keyOf, passageDraft, saveTexts, unitVector } from "./stored-passages.ts";

let folder: string;
let store: PassageStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rerank-store-"));
  store = openSqliteStore(join(folder, "index.sqlite"), { create: true });
  store.writeManifest(MANIFEST);
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("documents", () => {
  test("come back as they were saved, with their passages in reading order", () => {
    const passages = [
      { ...passageDraft("first"), headings: ["Guide", "Install"], location: { startLine: 1, endLine: 3 } },
      { ...passageDraft("second"), location: { startLine: 4, endLine: 9, page: 2 } },
      { ...passageDraft("third"), location: { startLine: 10, endLine: 10, row: 7 } },
    ];
    store.saveVectors(passages.map(({ vectorKey }, position) => ({ vectorKey, vector: unitVector(position) })));
    store.saveDocument(documentOf("docs/a.md"), passages);
    expect(store.documents()).toEqual([documentOf("docs/a.md")]);
    expect(store.paths()).toEqual(["docs/a.md"]);
    const stored = store.passagesOfDocument("docs/a.md");
    expect(stored.map(({ headings, location, text, path }) => ({ headings, location, text, path }))).toEqual(
      passages.map(({ headings, location, text }) => ({ headings, location, text, path: "docs/a.md" })),
    );
    expect(store.passagesById(stored.map(({ id }) => id))).toEqual(stored);
    expect(store.counts()).toEqual({ documents: 1, passages: 3, vectors: 3 });
  });

  test("keep names and text of any characters", () => {
    const path = "docs/line\nbreak 🍵 'quote\".md";
    saveTexts(store, path, ["emoji 🍵, zero \0, half a pair \ud83c done"]);
    expect(store.paths()).toEqual([path]);
    expect(store.passagesOfDocument(path)[0]?.text).toContain("emoji 🍵");
  });

  test("are replaced as a whole when they are saved again", () => {
    saveTexts(store, "a.md", ["old one", "old two"]);
    saveTexts(store, "a.md", ["new"]);
    expect(store.passagesOfDocument("a.md").map(({ text }) => text)).toEqual(["new"]);
    expect(store.lexicalSearch(["old"], 10)).toEqual([]);
    expect(store.counts().documents).toBe(1);
  });

  test("are not changed at all when one of their passages has no vector", () => {
    saveTexts(store, "a.md", ["old"]);
    expect(() => store.saveDocument(documentOf("a.md"), [passageDraft("old"), passageDraft("never embedded")])).toThrow(
      "before its vector",
    );
    expect(store.passagesOfDocument("a.md").map(({ text }) => text)).toEqual(["old"]);
    expect(store.lexicalSearch(["old"], 10)).toHaveLength(1);
    expect(store.check()).toEqual([]);
  });

  test("take a new size and time without losing their passages", () => {
    saveTexts(store, "a.md", ["text"]);
    store.touchDocuments([{ path: "a.md", sizeBytes: 5, mtimeMs: 1234.5678 }]);
    expect(store.documents()).toEqual([{ ...documentOf("a.md"), sizeBytes: 5, mtimeMs: 1234.5678 }]);
    expect(store.passagesOfDocument("a.md")).toHaveLength(1);
  });

  test("keep passages and vectors when they move", () => {
    saveTexts(store, "a.md", ["text"]);
    const [before] = store.passagesOfDocument("a.md");
    store.moveDocument("a.md", { ...documentOf("b.md"), title: "B" });
    expect(store.passagesOfDocument("b.md")).toEqual([{ ...before, path: "b.md" }]);
    expect(store.documents()).toEqual([{ ...documentOf("b.md"), title: "B" }]);
    expect(store.lexicalSearch(["text"], 10).map(({ path }) => path)).toEqual(["b.md"]);
  });

  test("take the place of what is stored where they move to", () => {
    saveTexts(store, "a.md", ["moves"]);
    saveTexts(store, "b.md", ["is replaced"]);
    store.moveDocument("a.md", documentOf("b.md"));
    expect(store.passagesOfDocument("b.md").map(({ text }) => text)).toEqual(["moves"]);
    expect(store.counts()).toEqual({ documents: 1, passages: 1, vectors: 2 });
    expect(() => store.moveDocument("missing.md", documentOf("c.md"))).toThrow("not stored");
  });

  test("leave nothing but their vectors behind when they are removed", () => {
    saveTexts(store, "a.md", ["one"]);
    saveTexts(store, "b.md", ["two"]);
    store.removeDocuments(["a.md", "never-there.md"]);
    expect(store.paths()).toEqual(["b.md"]);
    expect(store.lexicalSearch(["one"], 10)).toEqual([]);
    expect(store.counts()).toEqual({ documents: 1, passages: 1, vectors: 2 });
    expect(store.check()).toEqual([]);
  });
});

describe("vectors", () => {
  test("keep their value and id when their key is saved again", () => {
    const [first] = store.saveVectors([{ vectorKey: keyOf("x"), vector: unitVector(1) }]);
    const [again] = store.saveVectors([{ vectorKey: keyOf("x"), vector: unitVector(2) }]);
    expect(again).toEqual(first);
    expect([...store.vectors()]).toEqual([first]);
  });

  test("are known by their keys", () => {
    store.saveVectors([{ vectorKey: keyOf("x"), vector: unitVector(1) }]);
    expect(store.knownVectorKeys([keyOf("x"), keyOf("y")])).toEqual(new Set([keyOf("x")]));
  });

  test("go when no passage uses them, and their ids never come back", () => {
    saveTexts(store, "a.md", ["kept", "dropped"]);
    const before = store.vectorCensus();
    expect(before).toEqual({ count: 2, maxVectorId: 2 });
    saveTexts(store, "a.md", ["kept"]);
    store.pruneVectors();
    expect(store.vectorCensus()).toEqual({ count: 1, maxVectorId: 1 });
    saveTexts(store, "b.md", ["new"]);
    expect(store.vectorIds()).toEqual([1, 3]);
    expect(store.vectorCensus()).not.toEqual(before);
  });

  test("are shared by passages that read the same", () => {
    saveTexts(store, "a.md", ["same"]);
    saveTexts(store, "b.md", ["same", "other"]);
    expect(store.counts()).toEqual({ documents: 2, passages: 3, vectors: 2 });
    const [vectorId = 0] = store.vectorIdsOfDocuments(["a.md"]);
    expect(store.passagesOfVectors([vectorId]).map(({ path }) => path).sort()).toEqual(["a.md", "b.md"]);
    expect(store.vectorIdsOfDocuments(["a.md", "b.md", "missing.md"]).size).toBe(2);
  });

  test("stream in id order, all or some, while other methods are called", () => {
    const saved = store.saveVectors(
      Array.from({ length: 1300 }, (_, position) => ({ vectorKey: keyOf(`v${position}`), vector: unitVector(position) })),
    );
    const seen: number[] = [];
    for (const { vectorId, vector } of store.vectors()) {
      expect(vector).toEqual(saved[vectorId - 1]?.vector);
      seen.push(vectorId);
      if (vectorId % 400 === 0) saveTexts(store, `${vectorId}.md`, ["v0"]);
    }
    expect(seen).toEqual(store.vectorIds().slice(0, seen.length));
    expect([...store.vectors([7, 3, 3, 99_999])].map(({ vectorId }) => vectorId)).toEqual([3, 7]);
    expect([...store.vectors([])]).toEqual([]);
  });

  test("and passages are found for more ids than SQL takes parameters", () => {
    const many = Array.from({ length: 50_000 }, (_, position) => position + 1);
    saveTexts(store, "a.md", ["text"]);
    expect(store.passagesOfVectors(many)).toHaveLength(1);
    expect(store.passagesById(many)).toHaveLength(1);
    expect([...store.vectors(many)]).toHaveLength(1);
    expect(store.knownVectorKeys(many.map(String)).size).toBe(0);
    expect(store.vectorIdsOfDocuments(many.map(String)).size).toBe(0);
    store.removeDocuments(many.map(String));
    expect(store.lexicalSearch(["text"], 10, new Set([...many.map(String), "a.md"]))).toHaveLength(1);
  });
});

describe("lexical search", () => {
  const TEXTS = ["gravity pulls an apple", "an apple pie", "gravity and gravity again", "重力让苹果落下", "nothing of this"];

  beforeEach(() => {
    for (const [position, text] of TEXTS.entries()) saveTexts(store, `${position}.md`, [text]);
  });

  const found = (terms: readonly string[], count = 10, paths?: ReadonlySet<string>) =>
    store.lexicalSearch(terms, count, paths).map(({ path }) => path);

  test("finds passages with any of the terms, the best match first", () => {
    expect(found(["gravity", "apple"])).toEqual(["0.md", "2.md", "1.md"]);
    expect(found(["gravity", "apple"], 2)).toEqual(["0.md", "2.md"]);
  });

  test("looks into headings too", () => {
    const passage = { ...passageDraft("body"), headings: ["Orbits"] };
    store.saveVectors([{ vectorKey: passage.vectorKey, vector: unitVector(9) }]);
    store.saveDocument(documentOf("h.md"), [passage]);
    expect(found(lexicalTerms("Orbits"))).toEqual(["h.md"]);
  });

  test("finds only passages of the documents that are asked for", () => {
    expect(found(["gravity", "apple"], 10, new Set(["1.md", "2.md", "other.md"]))).toEqual(["2.md", "1.md"]);
    expect(found(["gravity"], 10, new Set())).toEqual([]);
  });

  test("orders equal matches by id, so that every run gives the same order", () => {
    for (const name of ["z", "y", "x"]) saveTexts(store, `${name}.md`, ["twin words"]);
    expect(found(["twin"])).toEqual(["z.md", "y.md", "x.md"]);
  });

  test("takes terms that mean something in FTS5's query language for what they are", () => {
    saveTexts(store, "and.md", ["and or not near"]);
    for (const term of ["AND", "OR", "NOT", "NEAR", "near(", "*", "^and", '"', 'x" OR "apple', ":", "-apple", "terms:apple"]) {
      expect(() => found([term])).not.toThrow();
    }
    expect(found(["near"])).toEqual(["and.md"]);
  });

  test("finds nothing for no terms, empty terms or no places", () => {
    expect(found([])).toEqual([]);
    expect(found([""])).toEqual([]);
    expect(found(["gravity"], 0)).toEqual([]);
  });

  test("answers a query of ten thousand terms", () => {
    const terms = Array.from({ length: 10_000 }, (_, position) => `word${position}`);
    expect(found(["apple", ...terms])).toEqual(["1.md", "0.md"]);
  });
});

describe("the manifest", () => {
  test("is undefined until it is written, and is replaced as a whole", () => {
    const fresh = openSqliteStore(join(folder, "fresh.sqlite"), { create: true });
    expect(fresh.readManifest()).toBeUndefined();
    fresh.close();
    expect(store.readManifest()).toEqual(MANIFEST);
    store.writeManifest({ ...MANIFEST, embedderId: "other" });
    expect(store.readManifest()).toEqual({ ...MANIFEST, embedderId: "other" });
  });
});

describe("the check", () => {
  test("finds nothing wrong with a healthy store", () => {
    saveTexts(store, "a.md", ["one", "two"]);
    saveTexts(store, "b.md", ["three"]);
    store.removeDocuments(["a.md"]);
    expect(store.check()).toEqual([]);
  });

  test("names vectors of a wrong length, of wrong dimensions, or that are no numbers", () => {
    store.saveVectors([
      { vectorKey: "short", vector: new Float32Array([1]) },
      { vectorKey: "long", vector: unitVector(1).map((value) => value * 2) },
      { vectorKey: "nan", vector: unitVector(1).fill(Number.NaN) },
      { vectorKey: "fine", vector: unitVector(1) },
    ]);
    expect(store.check()).toEqual([
      "vector 1 has 1 dimensions, not 8",
      expect.stringMatching(/^vector 2 has length (2|1\.99)/),
      "vector 3 has length NaN, not 1",
    ]);
  });

  test("misses the manifest of a store with documents", () => {
    const fresh = openSqliteStore(join(folder, "fresh.sqlite"), { create: true });
    expect(fresh.check()).toEqual([]);
    saveTexts(fresh, "a.md", ["one"]);
    expect(fresh.check()).toEqual(["the manifest is missing"]);
    fresh.close();
  });
});
