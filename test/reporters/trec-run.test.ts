import { expect, test } from "vitest";
import { rankByScore } from "../../src/domain/metrics.ts";
import { trecRunLines } from "../../src/reporters/trec-run.ts";
import { sampleEvaluation } from "../support/evaluations.ts";
import { userErrorOf } from "../support/user-error-of.ts";

/** The sample with one query, whose stages rank these documents. */
function ranked(documentIds: readonly string[], { queryId = "q1", stages = ["recall", "rerank"] } = {}) {
  const evaluation = sampleEvaluation({}, { queryCount: 1, stages: ["recall", "rerank"] });
  const [measured] = evaluation.queries;
  const documents = documentIds.map((documentId) => ({ documentId, similarity: 0.5, relevance: 0.5 }));
  const answer = { ...measured!.answer, queryId, stages: stages.map((stage) => ({ stage, documents: stage === "rerank" ? documents : [], elapsedMs: 1 })) };
  return { ...evaluation, queries: [{ ...measured!, answer }] };
}

test("writes the last stage's order, with scores that fall by one a place", () => {
  expect([...trecRunLines(ranked(["b", "a", "文"]))]).toEqual(["q1 Q0 b 1 3 rerank\n", "q1 Q0 a 2 2 rerank\n", "q1 Q0 文 3 1 rerank\n"]);
});

test("gives trec_eval our own order although all relevances are the same", () => {
  const order = ["d3", "d9", "d1", "d2"];
  const scores = new Map([...trecRunLines(ranked(order))].map((line) => line.split(" ")).map(([, , id, , score]) => [id!, Number(score)]));
  expect(rankByScore(scores)).toEqual(order);
});

test("writes every document of every query", () => {
  const lines = [...trecRunLines(sampleEvaluation())];
  expect(lines).toHaveLength(30 * 100);
  expect(new Set(lines.map((line) => line.split(" ")[0])).size).toBe(30);
  expect(lines.every((line) => /^\S+ Q0 \S+ \d+ \d+ rerank\n$/.test(line))).toBe(true);
});

test("leaves out a query that the last stage did not answer", () => {
  expect([...trecRunLines(ranked(["a"], { stages: ["recall"] }))]).toEqual([]);
});

test("parts the columns by tabs where an id has a space in it", () => {
  expect([...trecRunLines(ranked(["a", "my notes.md"]))]).toEqual(["q1\tQ0\ta\t1\t2\trerank\n", "q1\tQ0\tmy notes.md\t2\t1\trerank\n"]);
});

test("names the id that no line can hold, before the first one", () => {
  expect(userErrorOf(() => trecRunLines(ranked(["a", "two\nlines"]))).message).toBe('the id "two\\nlines" cannot stand in a TREC run, whose columns are parted by spaces or tabs');
  expect(userErrorOf(() => trecRunLines(ranked(["a"], { queryId: "q\t1" }))).message).toContain('"q\\t1"');
  expect(userErrorOf(() => trecRunLines(ranked([""]))).message).toContain('the id ""');
});
