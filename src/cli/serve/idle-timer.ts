export interface IdleTimer {
  /** Something was asked: the time begins anew. */
  touch(): void;
  stop(): void;
}

/**
 * Calls `onIdle` once, when nothing was asked for so long and nothing is being worked on.
 *
 * @param idleMs `undefined`: never.
 */
export function startIdleTimer(idleMs: number | undefined, isBusy: () => boolean, onIdle: () => void): IdleTimer {
  if (idleMs === undefined) return { touch() {}, stop() {} };
  const timer = setTimeout(() => {
    if (isBusy()) timer.refresh();
    else onIdle();
  }, idleMs);
  return { touch: () => void timer.refresh(), stop: () => clearTimeout(timer) };
}
