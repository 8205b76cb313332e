import { beforeEach, describe, expect, test } from "vitest";
import { openSqliteStore } from "../../src/adapters/sqlite-store/open-sqlite-store.ts";
import type { PassageStore } from "../../src/ports/passage-store.ts";
import { drawQueries, headingText } from "../../src/pipeline/tune-queries.ts";

let store: PassageStore;

beforeEach(() => {
  store = openSqliteStore(":memory:", { create: true });
});

type Text = readonly [headings: readonly string[], text: string];

function save(path: string, texts: readonly Text[]): void {
  const keyed = texts.map(([headings, text], position) => ({
    headings,
    text,
    location: { startLine: position + 1, endLine: position + 1 },
    vectorKey: `${path} ${position}`,
  }));
  store.saveVectors(keyed.map(({ vectorKey }) => ({ vectorKey, vector: new Float32Array([1, 0]) })));
  store.saveDocument({ path, sizeBytes: 1, mtimeMs: 1, contentHash: path, format: "text", title: path }, keyed);
}

const textsOf = (count: number, seed = 7): string[] => drawQueries(store, count, seed).map(({ text }) => text);

describe("headingText", () => {
  test.each([
    [["Kettles", "How to remove limescale"], "How to remove limescale"],
    [["Kettles", "Overview"], "Kettles: Overview"],
    [["Electric kettles", "Care", "Getting started"], "Electric kettles: Care: Getting started"],
    [["Bicycle tyres", "Pressure"], "Bicycle tyres: Pressure"],
    [["水壶", "除水垢的方法"], "除水垢的方法"],
    [["除水垢", "概述"], "除水垢: 概述"],
    [["Manual", "…", "3.2 Valves"], "Manual: 3.2 Valves"],
    [["The history of the kett…"], "The history of the kett"],
    [["Kettles"], "Kettles"],
    [["A\n  heading over\tlines"], "A heading over lines"],
  ])("of %j is %j", (headings, text) => {
    expect(headingText(headings)).toBe(text);
  });

  test.each([[[]], [["…"]], [["1.2"]], [["Overview"]]])("of %j there is none", (headings) => {
    expect(headingText(headings)).toBeUndefined();
  });
});

describe("drawQueries", () => {
  test("draws the same ones for the same seed, and others for another", () => {
    for (let number = 0; number < 50; number++) save(`${number}.md`, [[[`How thing number ${number} works`], "text"]]);
    expect(textsOf(10)).toEqual(textsOf(10));
    expect(textsOf(10)).not.toEqual(textsOf(10, 8));
    expect(drawQueries(store, 3, 7)[0]).toEqual({ text: expect.stringMatching(/^How thing number \d+ works$/) as unknown, source: "heading" });
  });

  test("takes each heading once, from as many documents as there are", () => {
    const sections = Array.from({ length: 30 }, (_, number): Text => [[`Chapter of the large book, ${"x".repeat(number)}`], "text"]);
    save("book.md", [...sections, ...sections]);
    save("note.md", [[["Notes on descaling kettles"], "text"]]);
    save("copy.md", [[["Notes on descaling kettles"], "text"]]);
    const texts = textsOf(10);
    expect(texts).toHaveLength(10);
    expect(new Set(texts).size).toBe(10);
    expect(textsOf(2)).toContain("Notes on descaling kettles");
  });

  test("takes first sentences where there are no headings, and passes over listings", () => {
    save("a.txt", [[[], "Boil the eggs for six minutes. Then cool them."]]);
    save("b.txt", [[[], `${"0 1 2 3 ".repeat(100)}`]]);
    expect(drawQueries(store, 5, 7)).toEqual([{ text: "Boil the eggs for six minutes.", source: "sentence" }]);
  });

  test("fills up with sentences where headings do not suffice", () => {
    save("a.md", [[["Keeping apples"], "Apples keep for months in a cellar."]]);
    expect(textsOf(5)).toEqual(["Keeping apples", "Apples keep for months in a cellar."]);
  });

  test("leaves out vectors whose passages have left", () => {
    save("a.md", [[["Keeping apples"], "text"]]);
    store.removeDocuments(["a.md"]);
    expect(textsOf(5)).toEqual([]);
  });
});
