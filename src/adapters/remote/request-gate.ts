export interface RequestGateOptions {
  /** Requests that are under way at a time. */
  readonly concurrency: number;
  readonly requestsPerMinute: number | undefined;
  readonly now: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface RequestGate {
  /** Resolves when a request may start, in the order of the calls, with what tells its end. Rejects with `signal.reason`. */
  enter(signal: AbortSignal): Promise<() => void>;
}

const MINUTE_MS = 60_000;

/** Lets through as many requests at a time, and in any 60 seconds, as the bounds allow. */
export function createRequestGate({ concurrency, requestsPerMinute, now, sleep }: RequestGateOptions): RequestGate {
  const waiting = new Set<() => void>();
  let free = concurrency;
  /** When each of the last requests may start: the one that the next would overwrite is one minute's worth of requests older. */
  const starts: number[] = [];
  let count = 0;

  function leave(): void {
    const [next] = waiting;
    if (next === undefined) free += 1;
    else next();
  }

  async function takePlace(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (free > 0) {
      free -= 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const stop = (): void => {
        waiting.delete(start);
        reject(signal.reason as Error);
      };
      const start = (): void => {
        waiting.delete(start);
        signal.removeEventListener("abort", stop);
        resolve();
      };
      waiting.add(start);
      signal.addEventListener("abort", stop, { once: true });
    });
  }

  async function waitForRate(limit: number, signal: AbortSignal): Promise<void> {
    const place = count % limit;
    const startAt = Math.max(now(), (starts[place] ?? Number.NEGATIVE_INFINITY) + MINUTE_MS);
    starts[place] = startAt;
    count += 1;
    const waitMs = startAt - now();
    if (waitMs > 0) await sleep(waitMs, signal);
  }

  return {
    async enter(signal) {
      await takePlace(signal);
      try {
        if (requestsPerMinute !== undefined) await waitForRate(requestsPerMinute, signal);
      } catch (error) {
        leave();
        throw error;
      }
      let left = false;
      return () => {
        if (!left) leave();
        left = true;
      };
    },
  };
}
