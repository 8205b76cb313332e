/** After so long, what was measured counts half. */
const HALF_LIFE_MS = 15_000;

/** How much gets done in a second of work, lately. Time in which nothing was to be done does not count. */
export interface BusyRate {
  begin(): void;
  /** Ends what `begin` began. @param amount that is done now. */
  end(amount: number): void;
  /** `undefined` until something was done. */
  readonly perSecond: number | undefined;
}

/** @param now in milliseconds. */
export function createBusyRate(now: () => number): BusyRate {
  let running = 0;
  let markedAt = 0;
  let amounts = 0;
  let busyMs = 0;
  return {
    begin() {
      if (running++ === 0) markedAt = now();
    },
    end(amount) {
      running -= 1;
      const elapsedMs = now() - markedAt;
      markedAt += elapsedMs;
      const kept = 0.5 ** (elapsedMs / HALF_LIFE_MS);
      amounts = amounts * kept + amount;
      busyMs = busyMs * kept + elapsedMs;
    },
    get perSecond() {
      return amounts > 0 && busyMs > 0 ? (amounts / busyMs) * 1000 : undefined;
    },
  };
}
