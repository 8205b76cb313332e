import type { SearchEvent } from "../pipeline/events.ts";
import type { SearchResult } from "../pipeline/search-result.ts";
import type { SentenceWeight } from "../pipeline/weigh-sentences.ts";
import type { LineEdit } from "./edit-line.ts";
import type { ScreenSize } from "./layout.ts";
import type { Neighbours, ScreenModels, ScreenRequest } from "./screen-services.ts";
import type { Conditions, Focus, Message, Prompt } from "./screen-state.ts";
import type { Pace, RunFailure } from "./search-run.ts";

/** Everything that changes what the screen shows: keys, events of a search, answers of services. */
export type ScreenAction =
  | { readonly type: "resized"; readonly size: ScreenSize }
  | { readonly type: "tick"; readonly nowMs: number; readonly pace: Pace | null }
  | { readonly type: "loading"; readonly what: string; readonly nowMs: number }
  | { readonly type: "loaded"; readonly models: ScreenModels }
  | { readonly type: "load-failed"; readonly message: Message }
  | { readonly type: "query-edited"; readonly line: LineEdit }
  | { readonly type: "older-query" }
  | { readonly type: "newer-query" }
  | { readonly type: "history-search"; readonly text: string; readonly isNext?: boolean }
  | { readonly type: "history-search-ended"; readonly isTaken: boolean }
  | { readonly type: "focused"; readonly focus: Focus }
  | { readonly type: "column"; readonly column: "first" | "final" }
  | { readonly type: "moved"; readonly by: number }
  | { readonly type: "detail-opened" }
  | { readonly type: "detail-closed" }
  | { readonly type: "detail-scrolled"; readonly to: number }
  | { readonly type: "neighbours-toggled" }
  | { readonly type: "help"; readonly scroll: number | null }
  | { readonly type: "prompted"; readonly prompt: Prompt | null }
  | { readonly type: "conditions"; readonly conditions: Conditions }
  | { readonly type: "comparison-ended" }
  | {
      readonly type: "search-started";
      readonly id: number;
      readonly request: ScreenRequest;
      readonly nowMs: number;
      /** Keeps the search on the screen, with the reranker before, as what the new one is compared with. */
      readonly isComparison: boolean;
    }
  | { readonly type: "search-events"; readonly runId: number; readonly events: readonly SearchEvent[]; readonly pace: Pace | null; readonly nowMs: number }
  | { readonly type: "search-stopping" }
  | { readonly type: "search-done"; readonly runId: number; readonly result: SearchResult }
  | { readonly type: "search-failed"; readonly runId: number; readonly failure: RunFailure }
  | { readonly type: "sentences"; readonly runId: number; readonly passageId: number; readonly weights: readonly SentenceWeight[] | null }
  | { readonly type: "neighbours"; readonly passageId: number; readonly neighbours: Neighbours }
  | { readonly type: "message"; readonly message: Message | null };
