import { setMaxListeners } from "node:events";

/** A signal of one's own. */
export interface AbortScope {
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
  /** To be called when the work is over. */
  release(): void;
}

/**
 * A signal that aborts with the first of others, or by itself. Unlike `AbortSignal.any` it leaves nothing behind with signals
 * that live as long as a connection, however much work follows them.
 */
export function openAbortScope(...followed: readonly (AbortSignal | undefined)[]): AbortScope {
  const controller = new AbortController();
  const releases: (() => void)[] = [];
  for (const signal of followed) {
    if (signal === undefined) continue;
    const follow = (): void => controller.abort(signal.reason);
    if (signal.aborted) follow();
    // One connection may ask for many things at a time: that is no leak for Node to warn of.
    setMaxListeners(0, signal);
    signal.addEventListener("abort", follow, { once: true });
    releases.push(() => signal.removeEventListener("abort", follow));
  }
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    release() {
      for (const release of releases) release();
    },
  };
}
