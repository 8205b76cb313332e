import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import type { Evaluation } from "../../../src/pipeline/evaluation.ts";
import { pageSummary } from "../../../src/reporters/html/page-summary.ts";
import { sampleEvaluation } from "../../support/evaluations.ts";

function leadOf(evaluation: Evaluation): string {
  return parseHTML(`<body>${pageSummary([evaluation], []).text}</body>`).document.querySelector(".lead")?.textContent ?? "";
}

test("how much of what is relevant is found is said of the order that candidates come from", () => {
  const { settings, ...evaluation } = sampleEvaluation();
  const lead = leadOf({ ...evaluation, settings: { ...settings, depth: 10 } });
  const shareOf = (name: string) => `${Math.round(100 * evaluation.stages.find((stage) => stage.name === name)!.recall10)}\u00a0%`;
  expect(shareOf("hybrid")).not.toBe(shareOf("recall"));
  expect(lead).toContain(`Fusion finds ${shareOf("hybrid")} of what is relevant among its first 10 documents; the reranker judges its first 50 passages.`);
});

test("without fusion, or without a reranker, it is said of the order that there is", () => {
  expect(leadOf(sampleEvaluation({}, { stages: ["recall", "rerank"], candidateCount: 1 }))).toMatch(
    / Recall finds \d+\u00a0% of what is relevant among its first 100 documents; the reranker judges its first passage\.$/u,
  );
  expect(leadOf(sampleEvaluation({}, { stages: ["recall", "hybrid"] }))).toMatch(/ Fusion finds \d+\u00a0% of what is relevant among its first 100 documents\.$/u);
  expect(leadOf(sampleEvaluation({}, { stages: ["recall"] }))).toMatch(/ Recall finds \d+\u00a0% of what is relevant among its first 100 documents\.$/u);
});

test("what fusion and the reranker reach together is not put down to one of them", () => {
  expect(leadOf(sampleEvaluation())).toMatch(/^Fusion with BM25 and the reranker lift nDCG@10 from /u);
  expect(leadOf(sampleEvaluation({}, { stages: ["recall", "rerank"] }))).toMatch(/^The reranker lifts nDCG@10 from /u);
  expect(leadOf(sampleEvaluation({}, { stages: ["recall", "hybrid"] }))).toMatch(/^Fusion with BM25 (?:lifts|lowers) nDCG@10 from /u);
});

test("run files are called by their tags, whatever those say, in the order given", () => {
  const { stages, settings, ...evaluation } = sampleEvaluation({}, { stages: ["recall", "rerank"] });
  const run = { ...evaluation, corpus: null, models: { embedder: null, reranker: null }, settings: { ...settings, candidateCount: null } };
  expect(leadOf({ ...run, stages: stages.toReversed(), paired: [] })).toMatch(/^recall reaches nDCG@10 of \.\d{3}, rerank \.\d{3} \(−\d+\.\d points\)\.\s*$/u);
  expect(leadOf({ ...run, stages: stages.slice(1), paired: [] })).toMatch(/^rerank reaches nDCG@10 of /u);
});
