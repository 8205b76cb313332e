import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { comparisonJson, evaluationJson } from "../../src/reporters/evaluation-json.ts";
import { sampleComparison, sampleEvaluation } from "../support/evaluations.ts";

function documentation(name: string): string {
  return readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");
}

const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
const validateEvaluation = ajv.compile(JSON.parse(documentation("evaluation.schema.json")) as object);
const validateComparison = ajv.compile(JSON.parse(documentation("comparison.schema.json")) as object);

function problems(validate: typeof validateEvaluation, value: unknown): unknown {
  validate(value);
  return validate.errors ?? [];
}

describe("evaluationJson", () => {
  test("carries stages, differences and settings under the keys that the schema publishes", () => {
    const evaluation = sampleEvaluation({ notices: ["3 queries have no judgments"] });
    const text = evaluationJson(evaluation);
    const record = JSON.parse(text) as { stages: Record<string, unknown>[] };
    expect(problems(validateEvaluation, record)).toEqual([]);
    expect(text).toMatch(/^\{\n {2}"version": 1,\n {2}"dataset": "medline",\n {2}"queries": 30,\n {2}"stages"/);
    expect(text.endsWith("}\n")).toBe(true);
    expect(record.stages.map(({ name }) => name)).toEqual(["recall", "hybrid", "rerank"]);
    expect(record).toMatchObject({ settings: evaluation.settings, models: evaluation.models, corpus: { documents: 1033, passages: 1264 }, notices: evaluation.notices });
  });

  test("rounds measures to six decimals and times to microseconds", () => {
    const [stage] = sampleEvaluation().stages;
    const ci95 = { ...stage!.ci95, ndcg10: [-0, 1.0000000000000002] as const };
    const record = JSON.parse(evaluationJson(sampleEvaluation({ stages: [{ ...stage!, ndcg10: 2 / 3, meanMs: 1 / 3, ci95 }] }))) as object;
    expect(record).toMatchObject({ stages: [{ ndcg10: 0.666667, meanMs: 0.333, ci95: { ndcg10: [0, 1] } }] });
  });

  test("writes null for times that run files do not have, and for a rate over no time", () => {
    const none = { meanMs: null, p95Ms: null, pairsPerSecond: null };
    const evaluation = sampleEvaluation({ corpus: null, models: { embedder: null, reranker: null } });
    const stages = evaluation.stages.map((stage) => ({ ...stage, ...none, pairsPerSecond: Number.NaN }));
    const record = JSON.parse(evaluationJson({ ...evaluation, stages })) as object;
    expect(problems(validateEvaluation, record)).toEqual([]);
    expect(record).toMatchObject({ stages: [none, none, none], corpus: null, models: { embedder: null } });
  });

  test("refuses a measure that is no number rather than writing null where one was promised", () => {
    const [stage] = sampleEvaluation().stages;
    expect(() => evaluationJson(sampleEvaluation({ stages: [{ ...stage!, mrr10: Number.NaN }] }))).toThrow("a measure is NaN");
  });

  test("writes nothing that a terminal might obey", () => {
    const text = evaluationJson(sampleEvaluation({ dataset: "a\u001b[2J\u202eb" }));
    // oxlint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u001b\u202e]/);
    expect(JSON.parse(text)).toMatchObject({ dataset: "a\u001b[2J\u202eb" });
  });

  test("is documented by an example of the same form", () => {
    const [example] = /(?<=## An evaluation\n\n```json\n)[^]*?(?=```)/.exec(documentation("json.md")) ?? [];
    expect(problems(validateEvaluation, JSON.parse(example ?? ""))).toEqual([]);
  });
});

describe("comparisonJson", () => {
  test("carries each variant under its label, and how far it is from the first", () => {
    const comparison = sampleComparison();
    const record = JSON.parse(comparisonJson(comparison)) as { variants: object[]; differences: { gains: object[] }[] };
    expect(problems(validateComparison, record)).toEqual([]);
    expect(record).toMatchObject({ version: 1, dataset: "medline", queries: 30 });
    expect(record.variants.map((variant) => Object.keys(variant))).toContainEqual(["label", "stages", "paired", "models", "settings", "corpus", "notices"]);
    expect(record.differences.map(({ gains }) => gains.length)).toEqual(comparison.differences.map(({ gains }) => gains.length));
    expect(record.differences[0]).toMatchObject({ from: "mini", to: "mini, candidates=20" });
    expect(record.differences[0]?.gains[0]).toEqual({ ...comparison.differences[0]!.gains[0], fromNdcg10: expect.closeTo(0.51746, 5) as number, toNdcg10: expect.closeTo(0.91389, 5) as number });
  });

  test("says with null that a document is not among those of an order", () => {
    const [difference] = sampleComparison().differences;
    const document = { documentId: "d1", grade: 0, fromRank: null, toRank: 3, excerpt: "" };
    const gains = [{ queryId: "q", text: "t", fromNdcg10: 0, toNdcg10: 1, documents: [document] }];
    const record = JSON.parse(comparisonJson(sampleComparison({ differences: [{ ...difference!, gains }] }))) as object;
    expect(problems(validateComparison, record)).toEqual([]);
    expect(record).toMatchObject({ differences: [{ gains: [{ documents: [document] }] }] });
  });
});
