import type { SearchEvent } from "../../pipeline/events.ts";
import type { Caller } from "../model-service.ts";
import { createEventStream, type EventStream } from "./event-stream.ts";
import { foundPassage } from "./found-passages.ts";
import type { SearchAnswer, SearchRequest, SearchService } from "./search-service.ts";
import { servedRecord } from "./served-record.ts";

/** Judgments that come within this time travel together: an eye sees no more, and 1,000 candidates make no 1,000 events. */
const JUDGED_EVERY_MS = 100;
/** A client that waits for models to load is told that somebody is there. */
const FIRST_EVENT_WITHIN_MS = 10_000;

export interface StreamOptions {
  /** The error event's data. */
  readonly describeError: (error: unknown) => unknown;
  readonly onDone: (answer: SearchAnswer) => void;
  readonly firstEventWithinMs?: number;
}

/**
 * Resolves with the events of a search as soon as there is one, or after ten seconds; until then an error rejects. Events:
 * `recalled`, `judged` (several judgments at once), `rerank-failed` (they count no more), then `result` (what a search without events answers) or `error`.
 */
export async function streamSearch(service: SearchService, request: SearchRequest, caller: Caller, options: StreamOptions): Promise<EventStream["readable"]> {
  const events = createEventStream();
  let tellStarted = (): void => {};
  const started = new Promise<void>((resolve) => (tellStarted = resolve));
  let isStarted = false;
  const first = setTimeout(() => start(), options.firstEventWithinMs ?? FIRST_EVENT_WITHIN_MS);
  const start = (): void => {
    clearTimeout(first);
    isStarted = true;
    tellStarted();
  };
  const judged = batchJudgments(events);
  const running = service.search(request, caller, (event, baseFolder) => {
    if (event.type === "judged") return judged.add(event);
    if (event.type === "rerank-failed") {
      judged.flush();
      return events.send("rerank-failed", { message: event.message });
    }
    events.send("recalled", {
      query: request.query,
      candidates: event.candidates.map((candidate) => foundPassage(candidate, request.query, baseFolder)),
      timings: { embedMs: event.embedMs, recallMs: event.recallMs },
      willRerank: request.rerank !== false,
    });
    start();
  });
  const finished = running.then(
    (answer) => {
      judged.flush();
      events.send("result", servedRecord(answer.result, answer.baseFolder));
      events.end();
      options.onDone(answer);
    },
    (error: unknown) => {
      clearTimeout(first);
      judged.flush();
      if (!isStarted) {
        events.readable.destroy();
        throw error;
      }
      events.send("error", options.describeError(error));
      events.end();
    },
  );
  await Promise.race([started, finished]);
  return events.readable;
}

type Judged = Extract<SearchEvent, { type: "judged" }>;

function batchJudgments(events: EventStream): { add(event: Judged): void; flush(): void } {
  let waiting: Judged[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const last = waiting.at(-1);
    if (last === undefined) return;
    const judgments = waiting.map(({ position, judgment }) => ({ position, ...judgment }));
    events.send("judged", { judgments, done: last.done, total: last.total, usage: last.usage });
    waiting = [];
  };
  return {
    add(event) {
      waiting.push(event);
      timer ??= setTimeout(flush, JUDGED_EVERY_MS);
    },
    flush,
  };
}
