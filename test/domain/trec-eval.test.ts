import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { MEASURE_NAMES, type MeasuredQuery, type Measures, type QueryAnswer } from "../../src/domain/evaluation.ts";
import { measureQuery, summarizeStages } from "../../src/domain/measure-answers.ts";
import { ndcgAt, precisionAt, rankByScore, recallAt } from "../../src/domain/metrics.ts";

interface ExpectedValues {
  readonly queries: Readonly<Record<string, Measures>>;
  /** Over the queries that run and qrels both hold. */
  readonly mean: Measures;
  /** Over all queries of the qrels (option -c). */
  readonly meanOfComplete: Measures;
}

describe.each(["hand", "random"])("on %s.run and %s.qrels, as trec_eval does", (name) => {
  test("measures each query", async () => {
    const { queries, expected } = await readFixture(name);
    const answered = queries.filter(({ answer }) => answer.stages.length > 0);
    expect(answered.map(({ query }) => query.id).sort()).toEqual(Object.keys(expected.queries).sort());
    for (const { query, measures } of answered) expectMeasures(measures.get("run")!, expected.queries[query.id]!, query.id);
  });

  test("takes the mean over all judged queries, those without an answer as 0", async () => {
    const { queries, expected } = await readFixture(name);
    expectMeasures(summarizeStages(queries, 1)[0]!, expected.meanOfComplete, "mean");
  });

  test("takes the mean over the answered queries where they are all that is given", async () => {
    const { queries, expected } = await readFixture(name);
    expectMeasures(summarizeStages(queries.filter(({ answer }) => answer.stages.length > 0), 1)[0]!, expected.mean, "mean");
  });
});

describe("agrees with published values", () => {
  // Of test/out.test.aqc at https://github.com/usnistgov/trec_eval: three queries in the qrels, two in the run, their first ten places as "relstring".
  test("of trec_eval's own test", () => {
    const queries = [publishedQuery("301", "0000011000", 474), publishedQuery("302", "", 77), publishedQuery("303", "0011101000", 10)];
    const [first, , third] = queries.map(({ measures }) => measures.get("run"));
    expect(printed(first)).toMatchObject({ ndcg10: "0.1518", mrr10: "0.1667", recall10: "0.0042", p1: "0.0000" });
    expect(printed(third)).toMatchObject({ ndcg10: "0.3633", mrr10: "0.3333", recall10: "0.4000", p1: "0.0000" });
    expect(printed(summarizeStages(queries, 1)[0])).toMatchObject({ ndcg10: "0.1717", mrr10: "0.1667", recall10: "0.1347", p1: "0.0000" });
  });

  // https://en.wikipedia.org/wiki/Discounted_cumulative_gain: DCG 6.861, ideal DCG 8.740 with two documents that were not found.
  test("of Wikipedia's example of nDCG", () => {
    const { ranking, grades } = gradedRanking([3, 2, 3, 0, 1, 2], [3, 2]);
    expect(ndcgAt(ranking, grades, 6).toFixed(3)).toBe("0.785");
  });

  // The gains and ideal gains of Järvelin and Kekäläinen (TOIS 20, 2002, section 2.1), whose own discount is log2(rank) from the second rank on. With
  // log2(rank + 1): 3 + 2/1.5850 + 3/2 + 1/2.8074 + 2/3 + 2/3.1699 + 3/3.3219 = 8.3188, of
  // 3 + 3/1.5850 + 3/2 + 2/2.3219 + 2/2.5850 + 2/2.8074 + 1/3 + 1/3.1699 + 1/3.3219 + 1/3.4594 = 9.9792.
  test("of Järvelin and Kekäläinen's gains, with trec_eval's discount", () => {
    const { ranking, grades } = gradedRanking([3, 2, 3, 0, 0, 1, 2, 2, 3, 0], [1, 1, 1]);
    expect(ndcgAt(ranking, grades, 10)).toBeCloseTo(8.3188 / 9.9792, 4);
  });

  // Manning, Raghavan and Schütze 2008, exercise 8.9: RRNNN NNNRN RNNNR NNNNR, and two of eight relevant documents not found.
  test("of exercise 8.9 in Introduction to Information Retrieval", () => {
    const { ranking, grades } = gradedRanking([1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1], [1, 1]);
    expect(precisionAt(ranking, grades, 20)).toBe(6 / 20);
    expect(recallAt(ranking, grades, 20)).toBe(6 / 8);
  });
});

/** Documents found with these grades, in their order, and the grades of those that were not found. */
function gradedRanking(found: readonly number[], missed: readonly number[]) {
  const grades = new Map([...found, ...missed].map((grade, position) => [`d${position}`, grade]));
  return { ranking: [...grades.keys()].slice(0, found.length), grades };
}

/** `places`: 1 for a relevant document, 0 for another. */
function publishedQuery(id: string, places: string, relevantCount: number): MeasuredQuery {
  const found = [...places].map(Number);
  const missed = Array.from({ length: relevantCount - found.filter((grade) => grade === 1).length }, () => 1);
  const { ranking, grades } = gradedRanking(found, missed);
  return measureQuery({ id, text: "", grades }, answerOf(id, ranking));
}

function printed(measures: Measures | undefined) {
  return Object.fromEntries(MEASURE_NAMES.map((measure) => [measure, measures?.[measure].toFixed(4)]));
}

function expectMeasures(actual: Measures, expected: Measures, what: string): void {
  for (const measure of MEASURE_NAMES) expect(actual[measure], `${measure} of ${what}`).toBeCloseTo(expected[measure], 10);
}

async function readFixture(name: string): Promise<{ queries: MeasuredQuery[]; expected: ExpectedValues }> {
  const read = (suffix: string) => readFile(new URL(`../fixtures/trec-eval/${name}.${suffix}`, import.meta.url), "utf8");
  const [qrels, run, expected] = await Promise.all([read("qrels"), read("run"), read("expected.json")]);
  const grades = new Map<string, Map<string, number>>();
  for (const [query, , document, grade] of fieldsOf(qrels)) entriesOf(grades, query!).set(document!, Number(grade));
  const scores = new Map<string, Map<string, number>>();
  for (const [query, , document, , score] of fieldsOf(run)) entriesOf(scores, query!).set(document!, Number(score));
  const queries = [...grades].map(([id, judged]) => measureQuery({ id, text: "", grades: judged }, answerOf(id, rankByScore(scores.get(id) ?? new Map()))));
  return { queries, expected: JSON.parse(expected) as ExpectedValues };
}

function fieldsOf(text: string): string[][] {
  return text.trimEnd().split("\n").map((line) => line.split(" "));
}

function entriesOf(tables: Map<string, Map<string, number>>, query: string): Map<string, number> {
  const known = tables.get(query) ?? new Map<string, number>();
  tables.set(query, known);
  return known;
}

/** As a run file gives it: no stage for a query that it does not hold. */
function answerOf(queryId: string, ranking: readonly string[]): QueryAnswer {
  const documents = ranking.map((documentId) => ({ documentId, similarity: null, relevance: null }));
  return {
    queryId, stages: ranking.length === 0 ? [] : [{ stage: "run", documents, elapsedMs: null }], judgedPairs: 0, judgingMs: null, excerpts: {},
  };
}
