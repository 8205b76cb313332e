import { PassThrough, type Readable } from "node:stream";

/** Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html */
export interface EventStream {
  readonly readable: Readable;
  /** Does nothing once the stream has ended. */
  send(event: string, data: unknown): void;
  end(): void;
}

/** Proxies close connections on which nothing moves, after a minute at the earliest. */
const KEEP_ALIVE_MS = 15_000;

export function createEventStream(keepAliveMs = KEEP_ALIVE_MS): EventStream {
  const stream = new PassThrough();
  const write = (text: string): void => {
    if (stream.writable) stream.write(text);
  };
  const alive = setInterval(() => write(": still working\n\n"), keepAliveMs);
  alive.unref();
  stream.once("close", () => clearInterval(alive));
  // The client has left: its request's signal ends the work.
  stream.on("error", () => {});
  return {
    readable: stream,
    // JSON has no line breaks of its own, so that each event is one line of data.
    send: (event, data) => write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
    end() {
      clearInterval(alive);
      stream.end();
    },
  };
}
