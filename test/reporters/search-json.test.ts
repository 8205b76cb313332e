import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { relevanceOf } from "../../src/domain/ranking.ts";
import { jsonReport } from "../../src/reporters/json.ts";
import { jsonlResults, jsonlSearch } from "../../src/reporters/jsonl.ts";
import { BILINGUAL, VIEW, sampleResult } from "./sample-result.ts";

const schema = JSON.parse(readFileSync(new URL("../../docs/search-result.schema.json", import.meta.url), "utf8")) as {
  $id: string;
};
const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
const validateSearch = ajv.compile(schema);
const validateResult = ajv.compile({ $ref: `${schema.$id}#/$defs/result` });

function problems(validate: typeof validateSearch, value: unknown): unknown {
  validate(value);
  return validate.errors ?? [];
}

describe("jsonReport", () => {
  test("carries the whole answer under the keys that the schema publishes", () => {
    const text = jsonReport(sampleResult(BILINGUAL), VIEW);
    const record = JSON.parse(text) as { results: unknown[] };
    expect(problems(validateSearch, record)).toEqual([]);
    expect(text).toMatch(/^\{\n {2}"version": 1,\n {2}"query"/);
    expect(text.endsWith("}\n")).toBe(true);
    expect(record).toMatchObject({ version: 1, timings: { embedMs: 41.234 }, candidates: 50, judged: 50, partial: false });
    expect(record).toMatchObject({ usage: { computedTokens: 9120, savedTokens: 0 } });
    expect(record.results[0]).toEqual({
      rank: 1,
      recallRank: 3,
      movement: 2,
      relevance: relevanceOf(9.9),
      logit: 9.9,
      similarity: 0.612,
      path: "capitals/beijing.md",
      absolutePath: "/home/ana/notes/capitals/beijing.md",
      startLine: 9,
      endLine: 14,
      headings: ["Beijing", "Government", "The capital city"],
      text: "Beijing is the capital of the People's Republic of China.",
      truncated: false,
      passageId: 103,
    });
    expect(record.results[2]).toMatchObject({ page: 3, relevance: null, logit: null, movement: -1 });
  });

  test("adds the first stage's order when asked to explain, and the id of a query that has one", () => {
    const record = JSON.parse(jsonReport(sampleResult([]), { ...VIEW, explain: true, queryId: "q01" })) as Record<string, unknown>;
    expect(problems(validateSearch, record)).toEqual([]);
    expect(record).toMatchObject({ queryId: "q01", recallOrder: expect.arrayContaining([101, 150]) as unknown });
    expect(JSON.parse(jsonReport(sampleResult([]), VIEW))).not.toHaveProperty("recallOrder");
  });

  test("is valid for an answer of `rerank rank`, without embedder, similarity and file", () => {
    const result = sampleResult([{ path: "-", similarity: null, location: { startLine: 4, endLine: 4, row: 4 } }], {
      models: { embedder: null, reranker: null },
      timings: { embedMs: null, recallMs: null, rerankMs: 12, totalMs: 12 },
      usage: null,
    });
    const record = JSON.parse(jsonReport(result, VIEW)) as { results: unknown[] };
    expect(problems(validateSearch, record)).toEqual([]);
    expect(record.results[0]).toMatchObject({ path: "<stdin>", absolutePath: null, similarity: null, row: 4 });
  });

  test("holds no character that a terminal would obey, and still parses to the same text", () => {
    const text = "\u001b[31m \u009b2J \u202e 北京";
    const json = jsonReport(sampleResult([{ text }]), VIEW);
    // oxlint-disable-next-line no-control-regex
    expect(json).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect((JSON.parse(json) as { results: { text: string }[] }).results[0]?.text).toBe(text);
  });

  test("is rejected by the schema as soon as a key is unknown or missing", () => {
    const record = JSON.parse(jsonReport(sampleResult(BILINGUAL), VIEW)) as Record<string, unknown>;
    expect(problems(validateSearch, { ...record, score: 1 })).not.toEqual([]);
    delete record["judged"];
    expect(problems(validateSearch, record)).not.toEqual([]);
  });
});

describe("JSON lines", () => {
  test("give one result a line for one query", () => {
    const lines = [...jsonlResults(sampleResult([...BILINGUAL, { text: "two\nlines" }]), VIEW)];
    expect(lines).toHaveLength(4);
    for (const line of lines) {
      expect(line.indexOf("\n")).toBe(line.length - 1);
      expect(problems(validateResult, JSON.parse(line))).toEqual([]);
    }
  });

  test("give one whole answer a line for many queries", () => {
    const line = jsonlSearch(sampleResult(BILINGUAL), { ...VIEW, queryId: "q7" });
    expect(line.indexOf("\n")).toBe(line.length - 1);
    expect(problems(validateSearch, JSON.parse(line))).toEqual([]);
    expect(JSON.parse(line)).toMatchObject({ queryId: "q7", query: "capital of China" });
  });

  test("give nothing where nothing was found", () => {
    expect([...jsonlResults(sampleResult([]), VIEW)]).toEqual([]);
  });
});
