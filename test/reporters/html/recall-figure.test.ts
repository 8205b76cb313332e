import { parseHTML } from "linkedom";
import { beforeAll, expect, test } from "vitest";
import type { ScoredDocument } from "../../../src/domain/evaluation.ts";
import type { Evaluation } from "../../../src/pipeline/evaluation.ts";
import { openChartPen, type ChartPen } from "../../../src/reporters/html/chart-pen.ts";
import { recallFigure } from "../../../src/reporters/html/recall-figure.ts";
import { seriesOf } from "../../../src/reporters/html/series.ts";
import { sampleEvaluation } from "../../support/evaluations.ts";

let pen: ChartPen;
beforeAll(async () => {
  pen = await openChartPen();
});

/** What the drawing for wide screens says of judging, and the caption. */
function judgedIn(evaluations: readonly Evaluation[], drawing: "wide" | "narrow" = "wide"): { readonly labels: string[]; readonly caption: string } {
  const { document } = parseHTML(`<body>${recallFigure(pen, seriesOf(evaluations)).text}</body>`);
  const texts = [...document.querySelectorAll(`.${drawing} > svg text`)].map(({ textContent }) => textContent);
  return { labels: texts.filter((text) => text.endsWith(" judged")), caption: document.querySelector("figcaption p")?.textContent ?? "" };
}

/** The same evaluation in which the candidates of a query were of fewer documents: so many, by the query's place. */
function withJudged(evaluation: Evaluation, countOf: (position: number) => number): Evaluation {
  const cut = (documents: readonly ScoredDocument[], count: number) => documents.map((document, place) => (place < count ? document : { ...document, relevance: null }));
  const queries = evaluation.queries.map((each, position) => {
    const stages = each.answer.stages.map((stage) => ({ ...stage, documents: cut(stage.documents, countOf(position)) }));
    return { ...each, answer: { ...each.answer, stages } };
  });
  return { ...evaluation, queries };
}

test("the line of what is judged stands at documents, not at the passages that were candidates", () => {
  const { labels, caption } = judgedIn([withJudged(sampleEvaluation(), (position) => (position % 2 === 0 ? 30 : 38))]);
  expect(labels).toEqual(["34 judged"]);
  expect(caption).toContain("For a query 34 documents are judged, on average (dashed line): what stands further down before judging, no reranker can raise.");
});

test("without a reranker, or where the orders end before judging does, there is no line", () => {
  expect(judgedIn([sampleEvaluation({}, { stages: ["recall", "hybrid"] })]).labels).toEqual([]);
  const { labels, caption } = judgedIn([sampleEvaluation({}, { documentCount: 40 })]);
  expect(labels).toEqual([]);
  expect(caption).not.toContain("judged");
});

test("an answer that was not judged does not count", () => {
  const evaluation = sampleEvaluation();
  const queries = evaluation.queries.map((each, position) => (position < 10 ? { ...each, answer: { ...each.answer, stages: each.answer.stages.slice(0, 1) } } : each));
  expect(judgedIn([{ ...evaluation, queries }]).labels).toEqual(["50 judged"]);
});

test("variants have a line each, and labels where there is room for them", () => {
  const variants = [20, 47, 50].map((count) => ({ ...withJudged(sampleEvaluation(), () => count), label: `candidates=${count}` }));
  expect(judgedIn(variants).labels).toEqual(["20 judged", "47 judged"]);
  expect(judgedIn(variants, "narrow").labels).toEqual(["20 judged"]);
  expect(judgedIn(variants).caption).toContain("For a query 20, 47 or 50 documents are judged, on average (dashed lines)");
});
