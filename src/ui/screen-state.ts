import type { RankedPassage } from "../domain/candidate.ts";
import type { SentenceWeight } from "../pipeline/weigh-sentences.ts";
import { lineOf, type LineEdit } from "./edit-line.ts";
import { olderQuery, newerQuery, searchHistory, type HistorySearch } from "./query-history.ts";
import { ordersOf, type Orders } from "./orders.ts";
import type { ScreenAction } from "./screen-actions.ts";
import type { Neighbours, ScreenIndex, ScreenModels, ScreenRequest } from "./screen-services.ts";
import type { ScreenSize } from "./layout.ts";
import { isRunning, rankedOf, startRun, withEvents, type SearchRun } from "./search-run.ts";

/** Who gets the keys, where no prompt, help or history search is open. */
export type Focus = "query" | "results" | "detail";

/** What a search is asked to heed, beside its query. */
export type Conditions = Omit<ScreenRequest, "query">;

export type LinePromptKind = "instruction" | "candidates" | "filter";

export type Prompt =
  | { readonly kind: LinePromptKind; readonly line: LineEdit }
  /** `names` is `null` while they are being looked for. */
  | { readonly kind: "reranker"; readonly names: readonly string[] | null; readonly position: number };

export interface Message {
  readonly kind: "info" | "error";
  readonly text: string;
  readonly hint: string | null;
}

export interface DetailState {
  /** Lines that are scrolled away above, those of the neighbours before the passage not counted; below 0: so many of these are in sight. */
  readonly scroll: number;
  readonly showsNeighbours: boolean;
}

export interface ScreenState {
  readonly size: ScreenSize;
  readonly nowMs: number;
  readonly index: ScreenIndex;
  readonly models: ScreenModels;
  /** What is being loaded, since when; `null` when nothing is. */
  readonly loading: { readonly what: string; readonly sinceMs: number } | null;
  /** The session's own models could not be loaded: trying again may help. */
  readonly hasLoadFailed: boolean;
  readonly focus: Focus;
  readonly query: LineEdit;
  /** Oldest first. */
  readonly history: readonly string[];
  /** Which of them stands in the query line, and what was being typed before; `null`: none. */
  readonly recalledQuery: { readonly position: number; readonly draft: string } | null;
  readonly historySearch: HistorySearch | null;
  readonly prompt: Prompt | null;
  /** Lines of the help that are scrolled away above; `null`: it is closed. */
  readonly helpScroll: number | null;
  /** Which of the two orders the arrows walk through. */
  readonly column: "first" | "final";
  readonly detail: DetailState | null;
  /** `null`: whichever passage leads the final order. */
  readonly selectedId: number | null;
  readonly conditions: Conditions;
  readonly run: SearchRun | null;
  /** The same search with another reranker, to compare with. */
  readonly previous: SearchRun | null;
  /** Of the passages of `run` that have been weighed, by id; `null`: it could not be done. */
  readonly sentences: ReadonlyMap<number, readonly SentenceWeight[] | null>;
  readonly neighbours: { readonly passageId: number; readonly neighbours: Neighbours } | null;
  readonly message: Message | null;
}

export interface InitialScreen {
  readonly size: ScreenSize;
  readonly nowMs: number;
  readonly index: ScreenIndex;
  readonly models: ScreenModels;
  readonly query: string;
  readonly conditions: Conditions;
}

export function initialState({ size, nowMs, index, models, query, conditions }: InitialScreen): ScreenState {
  return {
    size,
    nowMs,
    index,
    models,
    loading: null,
    hasLoadFailed: false,
    focus: "query",
    query: lineOf(query),
    history: index.history,
    recalledQuery: null,
    historySearch: null,
    prompt: null,
    helpScroll: null,
    column: "final",
    detail: null,
    selectedId: null,
    conditions,
    run: null,
    previous: null,
    sentences: new Map(),
    neighbours: null,
    message: null,
  };
}

export function reduce(state: ScreenState, action: ScreenAction): ScreenState {
  switch (action.type) {
    case "resized":
      return { ...state, size: action.size };
    case "tick":
      return { ...state, nowMs: action.nowMs, run: isRunning(state.run) ? { ...state.run, pace: action.pace } : state.run };
    case "loading":
      return { ...state, loading: { what: action.what, sinceMs: action.nowMs }, hasLoadFailed: false, nowMs: action.nowMs };
    case "loaded":
      return { ...state, loading: null, models: action.models };
    case "load-failed":
      return { ...state, loading: null, hasLoadFailed: true, message: action.message };
    case "query-edited":
      return { ...state, query: action.line, recalledQuery: null };
    case "older-query":
      return { ...state, ...olderQuery(state) };
    case "newer-query":
      return { ...state, ...newerQuery(state) };
    case "history-search":
      return { ...state, historySearch: searchHistory(state, action) };
    case "history-search-ended": {
      const found = state.history[state.historySearch?.position ?? -1];
      return { ...state, historySearch: null, query: action.isTaken && found !== undefined ? lineOf(found) : state.query };
    }
    case "focused":
      return { ...state, focus: action.focus };
    case "column":
      return { ...state, column: action.column, focus: "results" };
    case "moved":
      return moved(state, action.by);
    case "detail-opened":
      return selectedOf(state) === null ? state : { ...state, detail: { scroll: 0, showsNeighbours: false }, focus: "detail" };
    case "detail-closed":
      return { ...state, detail: null, focus: state.focus === "detail" ? "results" : state.focus };
    case "detail-scrolled":
      return state.detail === null ? state : { ...state, detail: { ...state.detail, scroll: action.to } };
    case "neighbours-toggled":
      return state.detail === null ? state : { ...state, detail: { ...state.detail, showsNeighbours: !state.detail.showsNeighbours } };
    case "help":
      return { ...state, helpScroll: action.scroll };
    case "prompted":
      return { ...state, prompt: action.prompt };
    case "conditions":
      return { ...state, conditions: action.conditions };
    case "comparison-ended":
      return { ...state, previous: null };
    case "search-started":
      return started(state, action);
    case "search-events":
      return ofRun(state, action.runId, (run) => ({ nowMs: action.nowMs, run: withEvents(run, action.events, action.pace) }));
    case "search-stopping":
      return isRunning(state.run) ? { ...state, run: { ...state.run, isStopping: true } } : state;
    case "search-done":
      return ofRun(state, action.runId, (run) => ({ run: { ...run, result: action.result, pace: null } }));
    case "search-failed":
      return ofRun(state, action.runId, (run) => ({ run: { ...run, failure: action.failure, pace: null }, message: null }));
    case "sentences":
      if (state.run?.id !== action.runId) return state;
      return { ...state, sentences: new Map(state.sentences).set(action.passageId, action.weights) };
    case "neighbours":
      return { ...state, neighbours: { passageId: action.passageId, neighbours: action.neighbours } };
    case "message":
      return { ...state, message: action.message };
  }
}

export function ordersIn({ run, previous }: Pick<ScreenState, "run" | "previous">): Orders {
  return ordersOf(run, previous);
}

/** The passage that the keys act on; `null` where there is none. */
export function selectedOf({ run, selectedId }: Pick<ScreenState, "run" | "selectedId">): RankedPassage | null {
  if (run === null) return null;
  const ranked = rankedOf(run);
  return (selectedId === null ? undefined : ranked.find(({ passage }) => passage.id === selectedId)) ?? ranked[0] ?? null;
}

/** What comes from a search that is not on the screen any more, or has ended, changes nothing. */
function ofRun(state: ScreenState, runId: number, change: (run: SearchRun) => Partial<ScreenState>): ScreenState {
  return isRunning(state.run) && state.run.id === runId ? { ...state, ...change(state.run) } : state;
}

function started(state: ScreenState, { id, request, nowMs, isComparison }: Extract<ScreenAction, { type: "search-started" }>): ScreenState {
  const { history, models, query } = state;
  const run = startRun(id, request, models, nowMs);
  const fresh = { ...state, nowMs, run, sentences: new Map(), neighbours: null, message: null };
  // Keys go on where they were: a new query may be half typed.
  if (isComparison) return { ...fresh, previous: state.run?.result != null ? state.run : null };
  return {
    ...fresh,
    previous: null,
    history: history.at(-1) === request.query ? history : [...history, request.query],
    query: query.text.trim() === request.query ? query : lineOf(request.query),
    recalledQuery: null,
    focus: "results",
    column: "final",
    selectedId: null,
    detail: null,
  };
}

function moved(state: ScreenState, by: number): ScreenState {
  const selected = selectedOf(state);
  if (selected === null) return state;
  const orders = ordersIn(state);
  const [rows, positions] = state.column === "final" ? [orders.final, orders.finalPositions] : [orders.first, orders.firstPositions];
  const position = (positions.get(selected.passage.id) ?? 0) + by;
  const next = rows[Math.max(0, Math.min(rows.length - 1, position))];
  if (next === undefined || next.passage.id === selected.passage.id) return state;
  // At the top of the final order the selection stays with the place, not with the passage: it shows whichever leads.
  const isLeader = state.column === "final" && next === rows[0];
  return {
    ...state,
    selectedId: isLeader ? null : next.passage.id,
    detail: state.detail === null ? null : { ...state.detail, scroll: 0 },
  };
}

