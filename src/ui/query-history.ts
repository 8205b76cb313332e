import { lineOf, type LineEdit } from "./edit-line.ts";

/** Ctrl-R: what is typed, and the query that it found. */
export interface HistorySearch {
  readonly text: string;
  /** In the history, oldest first; -1: nothing matches. */
  readonly position: number;
}

interface HistoryState {
  readonly query: LineEdit;
  readonly history: readonly string[];
  readonly recalledQuery: { readonly position: number; readonly draft: string } | null;
  readonly historySearch: HistorySearch | null;
}

type Recalled = Pick<HistoryState, "query" | "recalledQuery">;

/** One step back; repetitions of what stands there already are passed over. */
export function olderQuery({ query, history, recalledQuery }: HistoryState): Recalled {
  let position = (recalledQuery?.position ?? history.length) - 1;
  while (position > 0 && history[position] === query.text) position -= 1;
  const older = history[position];
  if (older === undefined) return { query, recalledQuery };
  return { query: lineOf(older), recalledQuery: { position, draft: recalledQuery?.draft ?? query.text } };
}

/** One step forward; after the newest comes what was being typed. */
export function newerQuery({ query, history, recalledQuery }: HistoryState): Recalled {
  if (recalledQuery === null) return { query, recalledQuery };
  const position = recalledQuery.position + 1;
  const newer = history[position];
  return newer === undefined
    ? { query: lineOf(recalledQuery.draft), recalledQuery: null }
    : { query: lineOf(newer), recalledQuery: { ...recalledQuery, position } };
}

/** The newest query that contains what was typed, without regard to case; with `isNext`, the next older one. */
export function searchHistory(
  { history, historySearch }: Pick<HistoryState, "history" | "historySearch">,
  { text, isNext = false }: { readonly text: string; readonly isNext?: boolean },
): HistorySearch {
  const from = isNext && historySearch !== null && historySearch.position > 0 ? historySearch.position - 1 : history.length - 1;
  const current = historySearch?.position ?? -1;
  const wanted = text.toLowerCase();
  const position = history.findLastIndex((query, at) => at <= from && query.toLowerCase().includes(wanted));
  // Nothing older: what was found stays, as in a shell.
  return { text, position: isNext && (position === -1 || current === 0) ? current : position };
}
