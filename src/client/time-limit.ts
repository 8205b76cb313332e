/** A signal that aborts with another one, or when its time is over. */
export interface TimeLimit {
  readonly signal: AbortSignal;
  readonly remainingMs: () => number;
  /** Lets go of the timer and of the other signal. What runs on afterwards is aborted no more. */
  end(): void;
}

/**
 * AbortSignal.any and AbortSignal.timeout would do, did Node not collect a timeout that only AbortSignal.any follows before it
 * fires (https://github.com/nodejs/node/issues/57736), and keep what follows a signal that lives long (issue 54614 there).
 *
 * @param lateness the reason where time is over.
 */
export function beginTimeLimit(limitMs: number, outer: AbortSignal | undefined, lateness: () => Error): TimeLimit {
  const controller = new AbortController();
  const endsAt = Date.now() + limitMs;
  const follow = (): void => controller.abort(outer?.reason);
  const timer = setTimeout(() => controller.abort(lateness()), limitMs);
  if (outer?.aborted) follow();
  outer?.addEventListener("abort", follow, { once: true });
  return {
    signal: controller.signal,
    remainingMs: () => endsAt - Date.now(),
    end() {
      clearTimeout(timer);
      outer?.removeEventListener("abort", follow);
    },
  };
}

/** Rejects with the signal's reason as soon as it aborts, whatever the work makes of it. */
export async function unlessAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  let leave = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    leave = () => reject(signal.reason);
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", leave);
    // What lost the race may fail later, and nobody would look.
    work.catch(() => {});
  }
}

export async function sleep(waitMs: number, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await unlessAborted(new Promise<void>((resolve) => (timer = setTimeout(resolve, waitMs))), signal);
  } finally {
    clearTimeout(timer);
  }
}
