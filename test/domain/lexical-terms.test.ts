import Database from "better-sqlite3";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lexicalTerms, lexicalTokens, queryTerms } from "../../src/domain/lexical-terms.ts";

describe("words", () => {
  test.each([
    ["Embedding MODELS", "embedding model"],
    ["companies boxes classes matches caches cache buses houses", "company box class match cach cach buse house"],
    ["bus virus gas class analysis ties employees", "bus virus gas class analysi ty employee"],
    ["naïve café Ünïcode Straße Ærø Łódź", "naive cafe unicode strass aero lodz"],
    ["ＦＵＬＬ ｗｉｄｔｈ ﬁne", "full width fine"],
    ["don't it's the dog's we'll", "don it the dog we"],
    ["العَرَبِيَّة Ελλάδα Москва", "العربية ελλαδα москва"],
    ["3.14 2024-05-01 42", "3 14 2024 05 01 42"],
    ["— … 😀 !?", ""],
  ])("%s", (text, terms) => expect(lexicalTerms(text).join(" ")).toBe(terms));
});

describe("identifiers give themselves and their parts", () => {
  test.each([
    ["maxTokens", "maxtoken max token"],
    ["max_tokens", "maxtoken max token"],
    ["HTTPServer2", "httpserver2 http server"],
    ["state-of-the-art", "stateoftheart state of the art"],
    ["bge-m3", "bgem3 bge m3"],
    ["qwen3", "qwen3 qwen"],
    ["Node.js", "nodej node js"],
    ["O'Brien", "obrien brien"],
    ["U.S.A.", "usa"],
    ["C++ and C#", "cplusplus and csharp"],
    ["a", "a"],
  ])("%s", (text, terms) => expect(lexicalTerms(text).join(" ")).toBe(terms));
});

describe("scripts without spaces", () => {
  test.each([
    ["首都", "首 首都 都"],
    ["猫。", "猫"],
    ["日本の首都", "日 日本 本 の 首 首都 都"],
    ["データ ﾃﾞｰﾀ", "デー ータ デー ータ"],
    ["서울은", "서울 울은"],
    ["𠮷野", "𠮷 𠮷野 野"],
    ["用Python写", "用 python 写"],
  ])("%s", (text, terms) => expect(lexicalTerms(text).join(" ")).toBe(terms));
});

describe("query terms", () => {
  test.each([
    ["what is the capital of France?", "capital france"],
    ["Models or models", "model"],
    ["to be or not to be", "to be or not"],
    ["中国的首都", "中国 首都"],
    ["北京是哪个国家的首都？", "北京 个国 国家 首都"],
    ["目的", "目的"],
    ["猫", "猫"],
    ["的", "的"],
    ["日本の首都はどこですか", "日本 首都"],
    ["です", "です"],
    ["?!", ""],
  ])("%s", (query, terms) => expect(queryTerms(query).join(" ")).toBe(terms));

  test("a query of one character finds it within a run, and a longer query does not", () => {
    expect(lexicalTerms("猫咪喜欢睡觉")).toContain(queryTerms("猫")[0]);
    expect(queryTerms("猫咪")).toEqual(["猫咪"]);
  });
});

test("tokens say where they stand", () => {
  const text = "The Café's maxTokens 首都";
  expect(lexicalTokens(text).map(({ term, start, end }) => [term, text.slice(start, end)])).toEqual([
    ["the", "The"],
    ["cafe", "Café"],
    ["maxtoken", "maxTokens"],
    ["max", "max"],
    ["token", "Tokens"],
    ["首", "首"],
    ["首都", "首都"],
    ["都", "都"],
  ]);
});

test("terms pass SQLite's tokenizer unchanged", () => {
  const database = new Database(":memory:");
  database.exec("CREATE VIRTUAL TABLE t USING fts5(terms, tokenize = 'unicode61'); CREATE VIRTUAL TABLE v USING fts5vocab(t, row)");
  const text =
    "Ünïcode maxTokens C++ Ελλάδα Москва ёлка العَرَبِيَّة हिन्दी ภาษาไทย 서울은 日本の首都は東京です データ 々 〇 𠮷野 ① ² naïve İstanbul ﬁne 3.14";
  const terms = lexicalTerms(text);
  database.prepare("INSERT INTO t VALUES (?)").run(terms.join(" "));
  const stored = database.prepare<[], { term: string }>("SELECT term FROM v").all();
  expect(stored.map(({ term }) => term).sort()).toEqual([...new Set(terms)].sort());
  database.close();
});

test("whatever the text, terms are letters and digits in lower case, and tokens lie within it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 80 }), (text) => {
      for (const { term, start, end } of lexicalTokens(text)) {
        expect(term).toMatch(/^[\p{L}\p{N}]+$/u);
        expect(start).toBeLessThan(end);
        expect(end).toBeLessThanOrEqual(text.length);
      }
    }),
    { numRuns: 1000 },
  );
});

test.each(["a", "aB", "a-", "中", "é", "が", "\u0301", "_", "a1"])("a megabyte of %j has terms", (unit) => {
  const terms = lexicalTerms(unit.repeat(1_000_000 / unit.length));
  expect(Math.max(0, ...terms.slice(0, 1000).map(({ length }) => length))).toBeLessThanOrEqual(64);
});
