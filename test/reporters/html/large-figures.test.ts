import { beforeAll, expect, test } from "vitest";
import type { MeasuredQuery } from "../../../src/domain/evaluation.ts";
import { openChartPen, type ChartPen } from "../../../src/reporters/html/chart-pen.ts";
import { firstRankFigure } from "../../../src/reporters/html/first-rank-figure.ts";
import { recallFigure } from "../../../src/reporters/html/recall-figure.ts";
import { seriesOf } from "../../../src/reporters/html/series.ts";
import { ordersOf } from "../../../src/reporters/html/stage-orders.ts";
import { sampleEvaluation } from "../../support/evaluations.ts";

/** A call with more arguments than some 120,000 overflows the stack; the development queries of MS MARCO are 6,980, in each of several runs. */
const QUERY_COUNT = 70_000;

let pen: ChartPen;
let queries: MeasuredQuery[];
const sample = sampleEvaluation({}, { queryCount: 5, documentCount: 12 });
beforeAll(async () => {
  pen = await openChartPen();
  queries = Array.from({ length: QUERY_COUNT }, (_, position) => {
    const measured = sample.queries[position % sample.queries.length]!;
    return { ...measured, query: { ...measured.query, id: String(position) } };
  });
});

test("recall is drawn of more queries than a call has room for arguments", () => {
  // Three stages of each, for each of three curves.
  const page = recallFigure(pen, seriesOf([{ ...sample, queries: queries.slice(0, 20_000) }])).text;
  expect(page).toContain("of the first 10");
  expect(page).not.toContain("NaN");
});

test("so are the ranks of the first relevant documents", () => {
  const orders = ordersOf({ queries, stage: "recall" }, { queries, stage: "rerank" });
  expect(firstRankFigure(pen, orders, { title: "First ranks", from: "recall", to: "rerank" }).text).toContain("moved up in");
});
