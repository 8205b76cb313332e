import type { RankedPassage } from "../domain/candidate.ts";
import type { Passage } from "../domain/passage.ts";
import type { SearchEvent } from "../pipeline/events.ts";
import type { SearchResult } from "../pipeline/search-result.ts";
import type { SentenceWeight } from "../pipeline/weigh-sentences.ts";

/** What the header says before any model has loaded. */
export interface ScreenIndex {
  /** The folder that documents' paths are relative to, as a person would call it. */
  readonly name: string;
  readonly documents: number;
  readonly passages: number;
  /** What was searched for in earlier sessions, oldest first. */
  readonly history: readonly string[];
}

/** A model as the header names it. */
export interface ScreenModel {
  readonly id: string;
  readonly precision: string;
  /** Where it runs: known once it has loaded. */
  readonly device: string | null;
}

export interface ScreenModels {
  readonly embedder: ScreenModel;
  readonly reranker: ScreenModel;
}

export interface ScreenRequest {
  readonly query: string;
  /** `undefined`: the models' own. */
  readonly instruction: string | undefined;
  readonly candidateCount: number;
  /** Only documents whose path matches; `undefined`: all. */
  readonly pathGlob: string | undefined;
  readonly budgetMs: number | undefined;
}

/** A search under way. */
export interface RunningSearch {
  /**
   * Rejects with UserError for what the user can mend (the model process died twice, NaN), with the reason of the cancellation
   * when it was cancelled.
   */
  readonly result: Promise<SearchResult>;
  /** Ends judging: what was judged so far decides, and the result is marked partial. */
  finishNow(): void;
  /** Throws the search away, at once. */
  cancel(): void;
}

export interface Neighbours {
  /** In reading order, of the same document. */
  readonly before: readonly Passage[];
  readonly after: readonly Passage[];
}

/**
 * What the screen is drawn on and hears keys from, for Ink's `render`. The terminal behind them (alternate screen, raw mode, Ctrl-Z, what an
 * editor needs) is `cli/screen`'s: while it is lent to an editor nothing that is written here is shown, and afterwards a "resize" asks for
 * a new painting.
 */
export interface ScreenStreams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
}

/** All that the screen can ask of the world; components never do it themselves. */
export interface ScreenServices {
  readonly index: ScreenIndex;
  /** Tells lines that a person should know (a model process died and was started again), those that came before too. Ended by what it returns. */
  onNotice(listener: (line: string) => void): () => void;
  /** The pair that searches use now. Devices are `null` until both have loaded. */
  models(): ScreenModels;
  /** Resolves when both models can answer; rejects with UserError when one cannot be loaded. */
  loaded(): Promise<ScreenModels>;
  search(request: ScreenRequest, onEvent: (event: SearchEvent) => void): RunningSearch;
  /** Sentences in reading order. Rejects with `signal.reason` when aborted. */
  weighSentences(request: ScreenRequest, passage: Passage, signal: AbortSignal): Promise<SentenceWeight[]>;
  neighbours(passage: Passage): Neighbours;
  /** Names of other rerankers on this machine that could judge the same candidates. */
  otherRerankers(): Promise<readonly string[]>;
  /** Judges with another reranker from now on; the index keeps its embedder. Resolves when it has loaded. */
  changeReranker(name: string): Promise<ScreenModels>;
  /** Keeps a query for later sessions. */
  remember(query: string): void;
  /** Opens the document at the passage's line in $VISUAL, $EDITOR or the system's viewer; the screen is suspended meanwhile where it must be. */
  open(passage: RankedPassage): Promise<void>;
  /** Puts a text on the clipboard; resolves to the way that it took ("wl-copy", "OSC 52"). */
  copy(text: string): Promise<string>;
  /** Writes the results as JSON and as Markdown; resolves to the files' paths. */
  save(results: readonly SearchResult[]): Promise<readonly string[]>;
}
