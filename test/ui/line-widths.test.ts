import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Passage } from "../../src/domain/passage.ts";
import { relevanceOf } from "../../src/domain/ranking.ts";
import { widthOf } from "../../src/reporters/style.ts";
import { hintsLine, statusLine } from "../../src/ui/draw-footer.ts";
import { conditionsLine, headerLines } from "../../src/ui/draw-header.ts";
import { emptyLines, ordersLines } from "../../src/ui/draw-orders.ts";
import { rerankerLines } from "../../src/ui/draw-overlay.ts";
import { previewLines } from "../../src/ui/draw-preview.ts";
import { queryLine } from "../../src/ui/draw-query.ts";
import { lineOf } from "../../src/ui/edit-line.ts";
import { hintsFor } from "../../src/ui/key-help.ts";
import { createPaint } from "../../src/ui/paint.ts";
import { initialState, ordersIn, reduce, selectedOf, type ScreenState } from "../../src/ui/screen-state.ts";
import { createViewer } from "../../src/ui/screen-view.ts";
import { FAKE_MODELS } from "../support/fake-screen.ts";

const words = fc.constantFrom("capital", "北京", "👨‍👩‍👧", "e\u0301", "한국어", "\u001b[31m", "/", "a-very-long-name-that-does-not-break-anywhere", "\n", "\t", "。", " ", "\u202e", "ｱﾞ", "🏯.md");
const texts = fc.array(words, { maxLength: 12 }).map((parts) => parts.join(""));
const passages: fc.Arbitrary<Omit<Passage, "id" | "vectorId">> = fc.record({
  path: texts,
  headings: fc.array(texts, { maxLength: 3 }),
  text: texts,
  location: fc.oneof(
    fc.record({ startLine: fc.integer({ min: 1, max: 99_999 }), endLine: fc.constant(100_000) }),
    fc.record({ startLine: fc.constant(1), endLine: fc.constant(1), page: fc.nat(999) }),
  ),
});

interface Given {
  readonly columns: number;
  readonly rows: number;
  readonly query: string;
  readonly passages: readonly Omit<Passage, "id" | "vectorId">[];
  readonly judged: number;
  readonly unicode: boolean;
  readonly isDone: boolean;
}

const given = fc.record<Given>({
  columns: fc.oneof(fc.integer({ min: 20, max: 220 }), fc.constantFrom(40, 60, 80, 99, 100, 120, 139, 140, 200)),
  rows: fc.integer({ min: 8, max: 60 }),
  query: texts,
  passages: fc.array(passages, { minLength: 1, maxLength: 12 }),
  judged: fc.nat(12),
  unicode: fc.boolean(),
  isDone: fc.boolean(),
});

/** The state in the middle of a search, or after one that failed, with the passage open. */
function stateOf({ columns, rows, query, passages: drafts, judged, isDone }: Given): ScreenState {
  const candidates = drafts.map((draft, position) => ({
    passage: { ...draft, id: position, vectorId: position },
    similarity: position % 4 === 3 ? null : 0.7 - position / 50,
    recallRank: position + 1,
  }));
  const conditions = { candidateCount: 50, instruction: query, pathGlob: query, budgetMs: 2000 };
  const request = { query, ...conditions };
  const start = initialState({ size: { columns, rows }, nowMs: 0, index: { name: query, documents: 3, passages: 12_345, history: [query] }, models: FAKE_MODELS, query, conditions });
  const judgments = candidates.slice(0, judged).map((_, position) => {
    const judgment = { logit: Math.sin(position) * 20, relevance: relevanceOf(Math.sin(position) * 20), truncated: position % 2 === 0 };
    return { type: "judged" as const, position, judgment, done: position + 1, total: candidates.length, usage: { computedTokens: 12_345, savedTokens: 2345 } };
  });
  const running = [
    { type: "search-started" as const, id: 1, request, nowMs: 0, isComparison: false },
    { type: "search-events" as const, runId: 1, events: [{ type: "recalled" as const, candidates, embedMs: 41, recallMs: 1 }, ...judgments], pace: { tokensPerSecond: 1234, remainingMs: 9999 }, nowMs: 9 },
    { type: "moved" as const, by: 2 },
    ...(isDone ? [{ type: "search-failed" as const, runId: 1, failure: { message: query, hint: query } }] : []),
  ].reduce(reduce, start);
  return running;
}

describe("no line is wider than the terminal", () => {
  test("whatever the texts, the size and the moment", () => {
    fc.assert(
      fc.property(given, (values) => {
        const paint = createPaint({ colors: true, unicode: values.unicode });
        const settings = { paint, displayPath: (path: string) => path };
        const state = stateOf(values);
        const opened = reduce(state, { type: "detail-opened" });
        const viewOf = createViewer(settings);
        const { layout, message } = viewOf(state);
        const { columns } = layout;
        const lists = [layout, viewOf(opened).layout].filter(({ listColumns }) => listColumns > 0);
        const selected = selectedOf(state);
        const lines = [
          ...headerLines({ index: state.index, models: state.models, loading: { what: `loading ${values.query}`, elapsedMs: 3000 }, columns, lines: layout.headerLines, paint }),
          conditionsLine(state.conditions, columns, paint),
          queryLine({ ...state, focus: "query" }, columns, paint).line,
          queryLine({ ...state, historySearch: { text: values.query, position: 0 } }, columns, paint).line,
          queryLine({ ...state, prompt: { kind: "filter", line: lineOf(values.query) } }, columns, paint).line,
          ...message,
          statusLine(state.run, 20, columns, paint),
          hintsLine(hintsFor(state), columns, paint),
          ...emptyLines(null, true, columns, 20, paint),
          ...rerankerLines([values.query, "mini"], 0, columns, 10, paint),
          ...(viewOf(opened).detail ?? []),
          ...(viewOf({ ...state, helpScroll: 0 }).help ?? []),
          ...(selected === null ? [] : previewLines(selected, values.query, { width: columns, lines: 3, settings })),
          ...lists.flatMap(({ listColumns, listRows, hasTwoOrders }) =>
            ordersLines({ orders: ordersIn(state), run: state.run!, previous: null, selectedId: 0, isFollowing: false, focused: "final", width: listColumns, rows: listRows, hasTwoOrders, settings }),
          ),
        ];
        for (const line of lines) expect(widthOf(line), JSON.stringify(line)).toBeLessThan(values.columns);
        for (const line of lines) expect(line).not.toContain("\n");
      }),
      { numRuns: 150 },
    );
  });

  test("and lines take all rows, no more", () => {
    fc.assert(
      fc.property(given, (values) => {
        const viewOf = createViewer({ paint: createPaint({ colors: false, unicode: true }), displayPath: (path) => path });
        for (const state of [stateOf(values), reduce(stateOf(values), { type: "detail-opened" })]) {
          const { layout, detail } = viewOf(state);
          const used = layout.headerLines + 1 + layout.conditionLines + (layout.hasBreath ? 1 : 0) + layout.bodyRows + layout.messageLines + 2;
          expect(used).toBe(values.rows);
          expect(layout.listRows).toBeGreaterThan(0);
          if (detail !== null) expect(detail).toHaveLength(layout.bodyRows);
        }
      }),
      { numRuns: 60 },
    );
  });
});
