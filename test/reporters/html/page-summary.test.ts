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
