import type { Key } from "./decode-keys.ts";
import { editLine, EMPTY_LINE, lineOf } from "./edit-line.ts";
import type { HistorySearch } from "./query-history.ts";
import type { ScreenAction } from "./screen-actions.ts";
import { selectedOf, type LinePromptKind, type Prompt, type ScreenState } from "./screen-state.ts";
import { isRunning, wantsRetry } from "./search-run.ts";

/** What a key asks of the world, which no state can do by itself. */
export type ScreenCommand =
  | { readonly type: "search" }
  | { readonly type: "retry" }
  | { readonly type: "finish-now" }
  | { readonly type: "apply-prompt" }
  | { readonly type: "list-rerankers" }
  | { readonly type: "open" }
  | { readonly type: "copy-place" }
  | { readonly type: "copy-text" }
  | { readonly type: "save" }
  | { readonly type: "redraw" }
  | { readonly type: "quit" };

export type KeyOutcome = { readonly action: ScreenAction } | { readonly command: ScreenCommand };

/** What the layout decides and keys depend on. */
export interface View {
  /** Rows of the list and of the open passage: what a page is. */
  readonly listRows: number;
  readonly detailRows: number;
  /** How far the open passage can be scrolled: below 0 to the neighbours before it; both 0 where all of it is shown. */
  readonly detailLeast: number;
  readonly detailMost: number;
  readonly helpMost: number;
  readonly hasTwoOrders: boolean;
  /** The open passage stands beside the list, not in its place. */
  readonly isDetailBeside: boolean;
}

const NOTHING: readonly KeyOutcome[] = [];

/** Whether characters are text here; elsewhere each is a key by itself. */
export function takesText({ helpScroll, historySearch, prompt, focus }: ScreenState): boolean {
  if (helpScroll !== null) return false;
  return historySearch !== null || (prompt === null ? focus === "query" : prompt.kind !== "reranker");
}

/** What a key does in a state, in order. Keys that mean nothing there do nothing. "text" is one character where text is not taken. */
export function respond(state: ScreenState, key: Key, view: View): readonly KeyOutcome[] {
  if (key.name === "ctrl-c") return [{ command: { type: "quit" } }];
  if (key.name === "ctrl-l") return [{ command: { type: "redraw" } }];
  if (state.helpScroll !== null) return inHelp(state.helpScroll, key, view);
  if (state.historySearch !== null) return inHistorySearch(state.historySearch, key);
  if (state.prompt !== null) return inPrompt(state.prompt, key);
  if (key.name === "escape") return onEscape(state);
  if (state.focus === "query") return inQuery(state, key);
  const name = key.name === "text" ? key.text : key.name;
  return (state.focus === "detail" ? inDetail(state, name, view) : inResults(state, name, view)) ?? anywhere(state, name);
}

function inHelp(scroll: number, { name, text }: Key, { helpMost, listRows }: View): readonly KeyOutcome[] {
  const steps: Readonly<Record<string, number>> = { up: -1, k: -1, down: 1, j: 1, pageup: -listRows, pagedown: listRows, " ": listRows };
  const by = steps[name === "text" ? text : name];
  return [{ action: { type: "help", scroll: by === undefined ? null : Math.max(0, Math.min(helpMost, scroll + by)) } }];
}

/** Stops first, closes next, and leads back to the query line at last. */
function onEscape(state: ScreenState): readonly KeyOutcome[] {
  if (isRunning(state.run) && !state.run.isStopping) return [{ action: { type: "search-stopping" } }, { command: { type: "finish-now" } }];
  if (state.detail !== null) return [{ action: { type: "detail-closed" } }];
  if (state.focus === "query") return state.run === null ? NOTHING : [{ action: { type: "focused", focus: "results" } }];
  if (state.previous !== null) return [{ action: { type: "comparison-ended" } }];
  return [{ action: { type: "focused", focus: "query" } }];
}

function inQuery(state: ScreenState, key: Key): readonly KeyOutcome[] {
  switch (key.name) {
    case "enter":
      return onEnter(state);
    case "up":
    case "ctrl-p":
      return [{ action: { type: "older-query" } }];
    case "down":
    case "ctrl-n":
      return [{ action: { type: "newer-query" } }];
    case "ctrl-r":
      return [{ action: { type: "history-search", text: "" } }];
    case "tab":
    case "pagedown":
      return state.run === null ? NOTHING : [{ action: { type: "focused", focus: "results" } }];
    case "ctrl-d":
      if (state.query.text === "") return [{ command: { type: "quit" } }];
  }
  const line = editLine(state.query, key);
  return line === null ? NOTHING : [{ action: { type: "query-edited", line } }];
}

/** The same query again only leads to its results, unless there are none to lead to. */
function onEnter({ query, run }: ScreenState): readonly KeyOutcome[] {
  const text = query.text.trim();
  if (text === "") return NOTHING;
  const isShown = run !== null && run.request.query === text && !wantsRetry(run);
  return isShown ? [{ action: { type: "focused", focus: "results" } }] : [{ command: { type: "search" } }];
}

/** Keys that move the cursor take what was found to the query line, to be changed there. */
const TAKING_KEYS = new Set("tab left right home end wordleft wordright ctrl-a ctrl-b ctrl-e ctrl-f alt-b alt-f".split(" "));

function inHistorySearch({ text, position }: HistorySearch, key: Key): readonly KeyOutcome[] {
  const hasFound = position !== -1;
  switch (key.name) {
    case "ctrl-r":
    case "up":
      return [{ action: { type: "history-search", text, isNext: true } }];
    case "enter":
      return hasFound ? [{ action: { type: "history-search-ended", isTaken: true } }, { command: { type: "search" } }] : NOTHING;
    case "escape":
    case "ctrl-g":
      return [{ action: { type: "history-search-ended", isTaken: false } }];
  }
  if (TAKING_KEYS.has(key.name)) return hasFound ? [{ action: { type: "history-search-ended", isTaken: true } }] : NOTHING;
  const line = editLine(lineOf(text), key);
  return line === null || line.text === text ? NOTHING : [{ action: { type: "history-search", text: line.text } }];
}

function inPrompt(prompt: Prompt, key: Key): readonly KeyOutcome[] {
  if (key.name === "escape") return [{ action: { type: "prompted", prompt: null } }];
  if (key.name === "enter") return [{ command: { type: "apply-prompt" } }];
  if (prompt.kind === "reranker") {
    const name = key.name === "text" ? key.text : key.name;
    const by = name === "down" || name === "j" ? 1 : name === "up" || name === "k" ? -1 : 0;
    if (name === "q" || name === "m") return [{ action: { type: "prompted", prompt: null } }];
    const position = Math.max(0, Math.min((prompt.names?.length ?? 1) - 1, prompt.position + by));
    return [{ action: { type: "prompted", prompt: { ...prompt, position } } }];
  }
  const line = editLine(prompt.line, key);
  return line === null ? NOTHING : [{ action: { type: "prompted", prompt: { ...prompt, line } } }];
}

function inResults(state: ScreenState, name: string, view: View): readonly KeyOutcome[] | null {
  const page = Math.max(1, view.listRows - 1);
  switch (name) {
    case "up":
    case "k":
      return [{ action: { type: "moved", by: -1 } }];
    case "down":
    case "j":
      return [{ action: { type: "moved", by: 1 } }];
    case "pageup":
    case "ctrl-b":
      return [{ action: { type: "moved", by: -page } }];
    case "pagedown":
    case "ctrl-f":
    case " ":
      return [{ action: { type: "moved", by: page } }];
    case "home":
    case "g":
      return [{ action: { type: "moved", by: Number.NEGATIVE_INFINITY } }];
    case "end":
    case "G":
      return [{ action: { type: "moved", by: Number.POSITIVE_INFINITY } }];
    case "enter":
      return [{ action: state.detail === null ? { type: "detail-opened" } : { type: "focused", focus: "detail" } }];
    case "left":
    case "h":
      return view.hasTwoOrders ? [{ action: { type: "column", column: "first" } }] : NOTHING;
    case "right":
    case "l":
      return [{ action: { type: "column", column: "final" } }];
    case "tab":
      if (view.hasTwoOrders && state.column === "first") return [{ action: { type: "column", column: "final" } }];
      if (state.detail !== null) return [{ action: { type: "focused", focus: "detail" } }];
      return [{ action: view.hasTwoOrders ? { type: "column", column: "first" } : { type: "focused", focus: "query" } }];
    case "backtab":
      return [{ action: { type: "focused", focus: "query" } }];
    default:
      return null;
  }
}

function inDetail({ detail }: ScreenState, name: string, { detailRows, detailLeast, detailMost, isDetailBeside, hasTwoOrders }: View): readonly KeyOutcome[] | null {
  const within = (line: number): number => Math.max(detailLeast, Math.min(detailMost, line));
  const from = within(detail?.scroll ?? 0);
  const scrolled = (to: number): readonly KeyOutcome[] => [{ action: { type: "detail-scrolled", to: within(to) } }];
  const page = Math.max(1, detailRows - 2);
  switch (name) {
    case "up":
    case "k":
      return scrolled(from - 1);
    case "down":
    case "j":
      return scrolled(from + 1);
    case "pageup":
    case "ctrl-b":
      return scrolled(from - page);
    case "pagedown":
    case "ctrl-f":
    case " ":
      return scrolled(from + page);
    case "home":
    case "g":
      return scrolled(detailLeast);
    case "end":
    case "G":
      return scrolled(detailMost);
    case "left":
    case "h":
      return [{ action: { type: "moved", by: -1 } }];
    case "right":
    case "l":
      return [{ action: { type: "moved", by: 1 } }];
    case "enter":
      return NOTHING;
    case "tab":
    case "backtab":
      return isDetailBeside ? [{ action: { type: "column", column: hasTwoOrders && name === "tab" ? "first" : "final" } }] : NOTHING;
    default:
      return null;
  }
}

function anywhere(state: ScreenState, name: string): readonly KeyOutcome[] {
  const hasSelection = selectedOf(state) !== null;
  switch (name) {
    case "e":
      return [{ action: { type: "focused", focus: "query" } }];
    case "n":
      return state.detail === null ? NOTHING : [{ action: { type: "neighbours-toggled" } }];
    case "o":
      return hasSelection ? [{ command: { type: "open" } }] : NOTHING;
    case "y":
      return hasSelection ? [{ command: { type: "copy-place" } }] : NOTHING;
    case "Y":
      return hasSelection ? [{ command: { type: "copy-text" } }] : NOTHING;
    case "i":
      return prompted("instruction", state.conditions.instruction ?? "");
    case "c":
      return prompted("candidates", String(state.conditions.candidateCount));
    case "/":
      return prompted("filter", state.conditions.pathGlob ?? "");
    case "m":
      if (state.previous !== null) return [{ action: { type: "comparison-ended" } }];
      return [{ action: { type: "prompted", prompt: { kind: "reranker", names: null, position: 0 } } }, { command: { type: "list-rerankers" } }];
    case "s":
      return [{ command: { type: "save" } }];
    case "r":
      return [{ command: { type: "retry" } }];
    case "?":
      return [{ action: { type: "help", scroll: 0 } }];
    case "q":
      return [{ command: { type: "quit" } }];
    default:
      return NOTHING;
  }
}

function prompted(kind: LinePromptKind, text: string): readonly KeyOutcome[] {
  return [{ action: { type: "prompted", prompt: { kind, line: text === "" ? EMPTY_LINE : lineOf(text) } } }];
}
