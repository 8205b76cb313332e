import { failureOf } from "./error-message.ts";
import type { ScreenAction } from "./screen-actions.ts";
import type { ScreenServices } from "./screen-services.ts";
import { selectedOf, type ScreenState } from "./screen-state.ts";

/** What is found out about the one passage that is open: its sentences' weights and its neighbours. */
export interface PassageWork {
  /** Asks for what this state wants and does not have; stops what it does not want any more. */
  follow(state: ScreenState): void;
  end(): void;
}

/** Nobody reads a passage that is passed over: the model is asked when the selection rests. */
const REST_MS = 120;
/** On each side: to see what a passage continues. A long document has thousands. */
const MOST_NEIGHBOURS = 3;

export function createPassageWork(services: ScreenServices, dispatch: (action: ScreenAction) => void): PassageWork {
  let asked = "";
  let stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;

  function weigh({ run, detail, sentences, selectedId }: ScreenState): void {
    const selected = detail === null ? null : selectedOf({ run, selectedId });
    // While others are judged, the model has its hands full; a passage that was not judged has no relevance to explain.
    const isReady = run !== null && run.result !== null && selected !== null && selected.judgment !== null && run.result.reranked;
    // What could not be weighed is tried again when it is opened again.
    const isKnown = selected !== null && sentences.get(selected.passage.id) != null;
    const wanted = isReady && !isKnown ? `${run.id} ${selected.passage.id}` : "";
    if (wanted === asked) return;
    asked = wanted;
    clearTimeout(timer);
    stop.abort(new Error("another passage is open"));
    if (!isReady || isKnown) return;
    stop = new AbortController();
    const { signal } = stop;
    const { passage } = selected;
    timer = setTimeout(() => {
      services.weighSentences(run.request, passage, signal).then(
        (weights) => {
          if (!signal.aborted) dispatch({ type: "sentences", runId: run.id, passageId: passage.id, weights });
        },
        (error: unknown) => {
          if (signal.aborted) return;
          dispatch({ type: "sentences", runId: run.id, passageId: passage.id, weights: null });
          const { message, hint } = failureOf(error);
          dispatch({ type: "message", message: { kind: "info", text: `its sentences could not be weighed: ${message}`, hint } });
        },
      );
    }, REST_MS);
    timer.unref();
  }

  function findNeighbours(state: ScreenState): void {
    const selected = selectedOf(state);
    if (state.detail?.showsNeighbours !== true || selected === null || state.neighbours?.passageId === selected.passage.id) return;
    const { passage } = selected;
    try {
      const { before, after } = services.neighbours(passage);
      const nearest = { before: before.slice(-MOST_NEIGHBOURS), after: after.slice(0, MOST_NEIGHBOURS) };
      dispatch({ type: "neighbours", passageId: passage.id, neighbours: nearest });
    } catch (error) {
      // None are kept, so that they are not asked for again with each change.
      dispatch({ type: "neighbours", passageId: passage.id, neighbours: { before: [], after: [] } });
      const { message, hint } = failureOf(error);
      dispatch({ type: "message", message: { kind: "error", text: `its neighbours cannot be read: ${message}`, hint } });
    }
  }

  return {
    follow(state) {
      weigh(state);
      findNeighbours(state);
    },
    end() {
      clearTimeout(timer);
      stop.abort(new Error("the screen was closed"));
    },
  };
}
