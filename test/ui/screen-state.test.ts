import { describe, expect, test } from "vitest";
import { relevanceOf } from "../../src/domain/ranking.ts";
import type { ScreenAction } from "../../src/ui/screen-actions.ts";
import { initialState, ordersIn, reduce, selectedOf, type ScreenState } from "../../src/ui/screen-state.ts";
import { FAKE_MODELS, fakePassages } from "../support/fake-screen.ts";

const CONDITIONS = { candidateCount: 4, instruction: undefined, pathGlob: undefined, budgetMs: undefined };
const REQUEST = { query: "capital", ...CONDITIONS };
const CANDIDATES = fakePassages(4).map((passage, position) => ({ passage, similarity: 0.7 - position / 10, recallRank: position + 1 }));
const START = initialState({
  size: { columns: 120, rows: 30 },
  nowMs: 0,
  index: { name: "notes", documents: 1, passages: 4, history: ["capital"] },
  models: FAKE_MODELS,
  query: "",
  conditions: CONDITIONS,
});

function after(...actions: readonly ScreenAction[]): ScreenState {
  return actions.reduce(reduce, START);
}

function events(runId: number, logits: readonly (number | null)[]): ScreenAction {
  const judged = logits.flatMap((logit, position) => {
    if (logit === null) return [];
    const judgment = { logit, relevance: relevanceOf(logit), truncated: false };
    return [{ type: "judged" as const, position, judgment, done: position + 1, total: 4, usage: null }];
  });
  return { type: "search-events", runId, events: [{ type: "recalled", candidates: CANDIDATES, embedMs: 1, recallMs: 1 }, ...judged], pace: null, nowMs: 5 };
}

const STARTED: ScreenAction = { type: "search-started", id: 1, request: REQUEST, nowMs: 1, isComparison: false };

describe("reduce", () => {
  test("puts judged passages by logit above those that wait, which keep the first stage's order", () => {
    const { final } = ordersIn(after(STARTED, events(1, [-3, null, 2])));
    expect(final.map(({ passage, number }) => [passage.id, number])).toEqual([[3, "0.8808"], [1, "0.0474"], [2, null], [4, null]]);
  });

  test("drops what was judged when the reranker fails", () => {
    const failed: ScreenAction = { type: "search-events", runId: 1, events: [{ type: "rerank-failed", message: "it is gone" }], pace: null, nowMs: 6 };
    const state = after(STARTED, events(1, [-3, null, 2]), failed);
    expect(ordersIn(state).final.map(({ passage, number }) => [passage.id, number])).toEqual([[1, null], [2, null], [3, null], [4, null]]);
    expect(state.run).toMatchObject({ judged: 0, usage: null });
  });

  test("tells each passage of the first order where it went, once it is judged", () => {
    const { first } = ordersIn(after(STARTED, events(1, [-3, null, 2])));
    expect(first.map(({ otherRank }) => otherRank)).toEqual([2, null, 1, null]);
  });

  test("does without a judgment that is no number", () => {
    expect(after(STARTED, events(1, [Number.NaN, 1])).run?.judged).toBe(2);
    expect(ordersIn(after(STARTED, events(1, [Number.NaN, 1]))).final[0]?.passage.id).toBe(2);
  });

  test("ignores what belongs to an earlier search", () => {
    const state = after(STARTED, { ...STARTED, id: 2 });
    expect(reduce(state, events(1, [1]))).toBe(state);
    expect(reduce(state, { type: "search-failed", runId: 1, failure: { message: "late", hint: null } })).toBe(state);
  });

  test("lets the selection lead until it is moved, then keeps it on its passage", () => {
    const first = after(STARTED, events(1, []));
    expect(selectedOf(first)?.passage.id).toBe(1);
    expect(selectedOf(reduce(first, events(1, [0, 0, 9])))?.passage.id).toBe(3);
    const moved = reduce(first, { type: "moved", by: 1 });
    expect(selectedOf(reduce(moved, events(1, [0, -9, 9])))?.passage.id).toBe(2);
  });

  test("stays within the list, however far it is moved, and walks the order that has the focus", () => {
    const state = after(STARTED, events(1, [1, 2, 3, 4]));
    expect(selectedOf(reduce(state, { type: "moved", by: Number.POSITIVE_INFINITY }))?.passage.id).toBe(1);
    expect(selectedOf([{ type: "column", column: "first" } as const, { type: "moved", by: -1 } as const].reduce(reduce, state))?.passage.id).toBe(3);
  });

  test("does not move, open or scroll what is not there", () => {
    expect(reduce(START, { type: "moved", by: 1 })).toBe(START);
    expect(reduce(START, { type: "detail-opened" })).toBe(START);
    expect(reduce(START, { type: "detail-scrolled", to: 3 })).toBe(START);
  });

  test("remembers a query once, however often it is repeated", () => {
    expect(after(STARTED, { ...STARTED, id: 2 }).history).toEqual(["capital"]);
  });

  test("compares with the search before only where that one has a result", () => {
    expect(after(STARTED, events(1, [1]), { ...STARTED, id: 2, isComparison: true }).previous).toBeNull();
  });
});
