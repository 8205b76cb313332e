import { selectedOf, type ScreenState } from "./screen-state.ts";
import { isRunning, wantsRetry } from "./search-run.ts";

export interface KeyHint {
  readonly keys: string;
  readonly does: string;
}

export interface KeyGroup {
  readonly title: string;
  readonly keys: readonly KeyHint[];
}

/** All keys, for the help. */
export const KEY_GROUPS: readonly KeyGroup[] = [
  {
    title: "query line",
    keys: [
      hint("Enter", "search; again: go to the results"),
      hint("Up Down", "earlier queries"),
      hint("Ctrl-R", "search in earlier queries"),
      hint("Ctrl-A E U K W", "start, end, erase before, after, a word"),
      hint("Esc", "stop judging, keep the best so far; then: go to the results"),
      hint("Tab", "go to the results"),
      hint("Ctrl-D", "quit, where nothing is typed"),
    ],
  },
  {
    title: "results",
    keys: [
      hint("j k Up Down", "next, previous"),
      hint("PgUp PgDn g G", "a page, first, last"),
      hint("Tab h l", "first order or final order"),
      hint("Enter", "read the passage"),
      hint("e", "edit the query"),
      hint("Esc", "stop, close, back to the query"),
    ],
  },
  {
    title: "passage",
    keys: [
      hint("j k PgUp PgDn", "scroll"),
      hint("h l", "previous, next result"),
      hint("n", "neighbouring passages"),
      hint("Esc", "close"),
    ],
  },
  {
    title: "everywhere but in the query line",
    keys: [
      hint("o", "open the document at the line"),
      hint("y Y", "copy path and line, the text"),
      hint("/", "filter by path, for example docs/**"),
      hint("i", "instruction to the models"),
      hint("c", "number of candidates"),
      hint("m", "compare with another reranker"),
      hint("r", "search again, retry"),
      hint("s", "save the session's results"),
      hint("? q", "this help, quit"),
      hint("Ctrl-C", "quit, from anywhere"),
      hint("Ctrl-Z", "leave for a while; fg comes back"),
      hint("Ctrl-L", "draw the screen anew"),
    ],
  },
];

/** What to press next, most useful first: as many as fit are shown. */
export function hintsFor(state: ScreenState): readonly KeyHint[] {
  const { prompt, run, detail, focus } = state;
  if (state.helpScroll !== null) return [hint("j k", "scroll"), hint("any other key", "close")];
  if (state.historySearch !== null) return [hint("Enter", "search"), hint("Ctrl-R", "older"), hint("Esc", "cancel")];
  if (prompt?.kind === "reranker") return [hint("Enter", "judge with it"), hint("j k", "choose"), hint("Esc", "cancel")];
  if (prompt !== null) return [hint("Enter", "apply"), hint("Esc", "cancel")];
  const stop = isRunning(run) && !run.isStopping ? [hint("Esc", "stop, keep the best so far")] : [];
  const retry = wantsRetry(run) || state.hasLoadFailed ? [hint("r", "retry")] : [];
  if (focus === "query") {
    const go = run === null ? [] : [hint("Tab", "results")];
    return [...stop, hint("Enter", "search"), ...go, hint("Up", "earlier queries"), hint("Ctrl-R", "find one"), hint("Ctrl-C", "quit")];
  }
  if (focus === "detail") {
    const neighbours = hint("n", detail?.showsNeighbours ? "hide neighbours" : "neighbours");
    return [...stop, ...retry, hint("j k", "scroll"), hint("Esc", "close"), hint("h l", "next"), neighbours, hint("o", "open"), hint("y", "copy"), hint("?", "help")];
  }
  const hasSelection = selectedOf(state) !== null;
  const ofSelection = (keys: string, does: string) => (hasSelection ? [hint(keys, does)] : []);
  const compare = hint("m", state.previous === null ? "models" : "end comparison");
  return [
    ...stop,
    ...retry,
    ...ofSelection("Enter", "read"),
    hint("e", "query"),
    hint("?", "help"),
    hint("q", "quit"),
    ...ofSelection("o", "open"),
    ...ofSelection("y", "copy"),
    hint("/", "filter"),
    compare,
    ...ofSelection("Tab", "other order"),
    hint("c", "candidates"),
    hint("i", "instruction"),
    hint("s", "save"),
  ];
}

function hint(keys: string, does: string): KeyHint {
  return { keys, does };
}
