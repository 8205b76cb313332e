import { graphemesOf } from "../domain/graphemes.ts";
import type { SearchEvent } from "../pipeline/events.ts";
import type { SearchResult } from "../pipeline/search-result.ts";
import { errorMessage, failureOf } from "./error-message.ts";
import { createPaceMeter, type PaceMeter } from "./pace-meter.ts";
import type { Key } from "./decode-keys.ts";
import { respond, takesText, type ScreenCommand, type View } from "./key-bindings.ts";
import { createPassageWork } from "./passage-work.ts";
import { conditionsFrom } from "./apply-prompt.ts";
import type { ScreenAction } from "./screen-actions.ts";
import type { RunningSearch, ScreenRequest, ScreenServices } from "./screen-services.ts";
import { initialState, reduce, selectedOf, type Conditions, type ScreenState } from "./screen-state.ts";
import type { ScreenSize } from "./layout.ts";
import { isRunning } from "./search-run.ts";

/** The state of one open screen, and what makes it change: keys, events, answers. Knows nothing of how it is drawn. */
export interface ScreenSession {
  state(): ScreenState;
  /** Calls `listener` after each change; returns what ends that. */
  subscribe(listener: () => void): () => void;
  dispatch(action: ScreenAction): void;
  press(keys: readonly Key[]): void;
  /** Starts loading, and the first search if there is a query. */
  start(): void;
  /** Cancels what is running and ends all timers. */
  end(): void;
}

export interface SessionOptions {
  readonly services: ScreenServices;
  readonly size: ScreenSize;
  readonly query: string;
  readonly conditions: Conditions;
  /** What the layout of a state lets keys do. */
  readonly viewOf: (state: ScreenState) => View;
  readonly onQuit: () => void;
  readonly onRedraw: () => void;
  /** The path to copy, as the user would type it. */
  readonly displayPath: (path: string) => string;
}

/** Judgments that come closer together than this are drawn at once: about as often as a terminal repaints. */
const EVENT_BATCH_MS = 33;
/** Elapsed and remaining times count on between events. */
const TICK_MS = 250;
/** Results that are kept to be saved: each holds all its passages. */
const MOST_FINISHED = 50;

export function createScreenSession(options: SessionOptions): ScreenSession {
  const { services } = options;
  let state = initialState({ ...options, nowMs: performance.now(), index: services.index, models: services.models() });
  const listeners = new Set<() => void>();
  const passageWork = createPassageWork(services, dispatch);
  const finished: SearchResult[] = [];
  let running: { readonly id: number; readonly search: RunningSearch } | null = null;
  let meter: PaceMeter = createPaceMeter();
  let nextRunId = 1;
  let changes = 0;
  let waiting: SearchEvent[] = [];
  let batchTimer: NodeJS.Timeout | undefined;
  let hasEnded = false;
  let stopNotices = (): void => {};
  const ticker = setInterval(tick, TICK_MS);
  ticker.unref();

  function dispatch(action: ScreenAction): void {
    if (hasEnded) return;
    const before = state;
    state = reduce(state, action);
    if (state === before) return;
    passageWork.follow(state);
    for (const listener of listeners) listener();
  }

  function say(text: string, hint: string | null = null): void {
    dispatch({ type: "message", message: { kind: "info", text, hint } });
  }

  /** The user's own mistakes and everybody else's: none of them ends the screen. */
  function sayError(error: unknown): void {
    dispatch({ type: "message", message: errorMessage(error) });
  }

  function tick(): void {
    if (state.loading === null && !isRunning(state.run)) return;
    const nowMs = performance.now();
    dispatch({ type: "tick", nowMs, pace: meter.pace(nowMs) });
  }

  function load(): void {
    dispatch({ type: "loading", what: "loading models", nowMs: performance.now() });
    services.loaded().then(
      (models) => dispatch({ type: "loaded", models }),
      (error: unknown) => dispatch({ type: "load-failed", message: errorMessage(error) }),
    );
  }

  function search(request: ScreenRequest, isComparison = false): void {
    cancelRunning();
    const id = nextRunId++;
    meter = createPaceMeter();
    dispatch({ type: "search-started", id, request, nowMs: performance.now(), isComparison });
    let started: RunningSearch;
    try {
      started = services.search(request, (event) => receive(id, event));
    } catch (error) {
      dispatch({ type: "search-failed", runId: id, failure: failureOf(error) });
      return;
    }
    running = { id, search: started };
    started.result.then(
      (result) => {
        if (running?.id !== id) return;
        running = null;
        drawWaiting();
        finished.push(result);
        if (finished.length > MOST_FINISHED) finished.shift();
        dispatch({ type: "search-done", runId: id, result });
      },
      (error: unknown) => {
        if (running?.id !== id) return;
        running = null;
        drawWaiting();
        dispatch({ type: "search-failed", runId: id, failure: failureOf(error) });
      },
    );
  }

  function cancelRunning(): void {
    const cancelled = running;
    running = null;
    clearTimeout(batchTimer);
    batchTimer = undefined;
    waiting = [];
    cancelled?.search.cancel();
  }

  function receive(id: number, event: SearchEvent): void {
    // The search may speak before it has been handed over, and after it was cancelled.
    if (state.run?.id !== id || !isRunning(state.run) || (running !== null && running.id !== id)) return;
    meter.take(event, performance.now());
    waiting.push(event);
    if (event.type === "recalled") drawWaiting();
    else batchTimer ??= setTimeout(drawWaiting, EVENT_BATCH_MS);
  }

  function drawWaiting(): void {
    clearTimeout(batchTimer);
    batchTimer = undefined;
    if (waiting.length === 0 || state.run === null) return;
    const events = waiting;
    waiting = [];
    const nowMs = performance.now();
    dispatch({ type: "search-events", runId: state.run.id, events, pace: meter.pace(nowMs), nowMs });
  }

  function requestOf(query: string): ScreenRequest {
    return { query, ...state.conditions };
  }

  function submit(): void {
    const query = state.query.text.trim();
    if (query === "") return;
    services.remember(query);
    search(requestOf(query));
  }

  function retry(): void {
    if (state.loading === null && state.models.reranker.device === null) load();
    if (state.run !== null) search({ ...state.run.request, ...state.conditions });
    else dispatch({ type: "message", message: null });
  }

  /**
   * The search goes on while the reranker loads, and where it cannot be loaded. Then what has been judged by then is compared with,
   * unless another search or another reranker was asked for meanwhile.
   */
  async function changeReranker(name: string): Promise<void> {
    const change = ++changes;
    const before = state.run;
    const isWanted = () => change === changes && before !== null && state.run?.id === before.id;
    dispatch({ type: "loading", what: `loading ${name}`, nowMs: performance.now() });
    try {
      const models = await services.changeReranker(name);
      if (change === changes) dispatch({ type: "loaded", models });
    } catch (error) {
      if (change === changes) dispatch({ type: "loaded", models: services.models() });
      return sayError(error);
    }
    if (isWanted() && running !== null && (state.run?.judged ?? 0) > 0) {
      dispatch({ type: "search-stopping" });
      running.search.finishNow();
      // One that fails instead is judged anew all the same.
      await running.search.result.catch(() => undefined);
    }
    if (before !== null && isWanted()) search(before.request, true);
  }

  function applyPrompt(): void {
    const { prompt } = state;
    if (prompt === null) return;
    if (prompt.kind === "reranker") {
      dispatch({ type: "prompted", prompt: null });
      const name = prompt.names?.[prompt.position];
      if (name !== undefined) void changeReranker(name);
      return;
    }
    const applied = conditionsFrom(state.conditions, prompt.kind, prompt.line.text);
    // The prompt stays, so that what was typed can be mended.
    if ("mistake" in applied) return say(applied.mistake, applied.hint);
    dispatch({ type: "prompted", prompt: null });
    dispatch({ type: "conditions", conditions: applied.conditions });
    if (state.run !== null) search({ ...state.run.request, ...state.conditions });
  }

  function perform({ type }: ScreenCommand): void {
    const selected = selectedOf(state);
    switch (type) {
      case "search":
        return submit();
      case "retry":
        return retry();
      case "finish-now":
        return running?.search.finishNow();
      case "apply-prompt":
        return applyPrompt();
      case "list-rerankers":
        return ask(services.otherRerankers(), (names) => {
          if (state.prompt?.kind === "reranker") dispatch({ type: "prompted", prompt: { kind: "reranker", names, position: 0 } });
        });
      case "open":
        return selected === null ? undefined : ask(services.open(selected), () => undefined);
      case "copy-place": {
        if (selected === null) return undefined;
        const { path, location } = selected.passage;
        const isByLine = location.page === undefined && location.row === undefined;
        return copy(options.displayPath(path) + (isByLine ? `:${location.startLine}` : ""), "path");
      }
      case "copy-text":
        return selected === null ? undefined : copy(selected.passage.text, "text");
      case "save":
        if (finished.length === 0) return say("nothing to save yet: search first");
        return ask(services.save(finished), (paths) => say(`saved ${paths.join(" and ")}`));
      case "redraw":
        return options.onRedraw();
      case "quit":
        return options.onQuit();
    }
  }

  function copy(text: string, what: string): void {
    ask(services.copy(text), (way) => say(what === "path" ? `copied ${text} (${way})` : `copied the text, ${graphemesOf(text).length} characters (${way})`));
  }

  function ask<Answer>(answer: Promise<Answer>, then: (answer: Answer) => void): void {
    answer.then(then).catch(sayError);
  }

  function pressOne(key: Key): void {
    if (state.message?.kind === "info" || key.name === "escape") dispatch({ type: "message", message: null });
    for (const outcome of respond(state, key, options.viewOf(state))) {
      if (hasEnded) return;
      if ("action" in outcome) dispatch(outcome.action);
      else perform(outcome.command);
    }
  }

  return {
    state: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    dispatch,
    press(keys) {
      // What came before the key is drawn with it.
      drawWaiting();
      for (const key of keys) {
        if (key.name !== "text" || takesText(state)) {
          pressOne(key);
          continue;
        }
        // Typed faster than it was read: each character is a key, until one opens a line that takes text.
        const characters = graphemesOf(key.text);
        for (const [position, character] of characters.entries()) {
          if (takesText(state)) {
            pressOne({ name: "text", text: characters.slice(position).join("") });
            break;
          }
          pressOne({ name: "text", text: character });
        }
      }
    },
    start() {
      stopNotices = services.onNotice((line) => say(line));
      load();
      if (state.query.text.trim() !== "") submit();
    },
    end() {
      cancelRunning();
      hasEnded = true;
      stopNotices();
      clearInterval(ticker);
      passageWork.end();
    },
  };
}
