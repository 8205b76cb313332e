import { readEvents } from "./event-lines.ts";
import { badAnswer } from "./read-answers.ts";
import { failureOf, memberOf } from "./read-failure.ts";
import { RerankError } from "./rerank-error.ts";
import { readSearchEvent, type SearchEvent } from "./search-answer.ts";
import { asConnectionError, beginCall, withRetries, type CallOptions, type Connection } from "./send-request.ts";
import { unlessAborted } from "./time-limit.ts";

/**
 * A search's events up to its result. Until there is an answer, a failure may be asked again; a stream that breaks off rejects: what it
 * has told was told already.
 */
export async function* streamSearch(connection: Connection, body: unknown, options: CallOptions): AsyncGenerator<SearchEvent, void, undefined> {
  const call = beginCall(connection, options);
  try {
    const ask = { method: "POST", path: "v1/search", body, accept: "text/event-stream" } as const;
    const response = await withRetries(call, connection, ask, async (answered) => answered);
    if (response.body === null || !/^text\/event-stream/i.test(response.headers.get("content-type") ?? "")) throw badAnswer("it is no stream of events");
    const reader = response.body.getReader();
    try {
      const events = readEvents(reader);
      for (let isDone = false; !isDone; ) {
        const { value, done } = await unlessAborted(events.next(), call.signal).catch((error: unknown) => {
          throw asConnectionError(error, call.signal, connection);
        });
        if (done === true) throw new RerankError("connection", "the stream of events broke off before the result");
        const data = parse(value.data);
        if (value.event === "error") throw failureOf(data, statusOf(data), response.headers);
        const told = readSearchEvent(value.event, data);
        if (told !== undefined) yield told;
        isDone = told?.type === "result";
      }
    } finally {
      // Leaving the loop tells the server that nobody listens any more. Not awaited: a server that is gone would keep us.
      void reader.cancel().catch(() => {});
    }
  } finally {
    call.end();
  }
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    throw badAnswer("an event that is not JSON");
  }
}

/** What the status would have been, had it not been sent before the failure. */
function statusOf(data: unknown): number | undefined {
  const code = memberOf(memberOf(data, "error"), "code");
  return typeof code === "number" ? code : undefined;
}
