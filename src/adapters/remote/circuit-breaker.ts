const FAILURES_TO_OPEN = 5;
const OPEN_MS = 30_000;

/** How a request has ended: `failed` by the server's fault, `unknown` where it was given up before one could tell. */
export type CircuitOutcome = "answered" | "failed" | "unknown";

export interface CircuitPass {
  /** The one request that tells whether the server is back. */
  readonly isTrial: boolean;
  /** To be called once. */
  end(outcome: CircuitOutcome): void;
}

export interface CircuitBreaker {
  /** `undefined` while the server is left alone. */
  enter(): CircuitPass | undefined;
  /** Milliseconds until the next trial; 0 where requests may pass, or a trial is under way. */
  openForMs(): number;
  /** Whether requests that were let through before are to stop trying. */
  readonly isOpen: boolean;
}

/** Leaves a server alone for 30 seconds after five failures in a row; then one request may try it. */
export function createCircuitBreaker(now: () => number): CircuitBreaker {
  let failures = 0;
  let openUntil: number | undefined;
  let trialRuns = false;

  const passOf = (isTrial: boolean): CircuitPass => ({
    isTrial,
    end(outcome) {
      if (isTrial) trialRuns = false;
      if (outcome === "answered") {
        failures = 0;
        openUntil = undefined;
      } else if (outcome === "failed") {
        failures += 1;
        // Requests that were under way when it opened do not keep it open for longer.
        if (isTrial || (openUntil === undefined && failures >= FAILURES_TO_OPEN)) openUntil = now() + OPEN_MS;
      }
    },
  });

  return {
    enter() {
      if (openUntil === undefined) return passOf(false);
      if (trialRuns || now() < openUntil) return undefined;
      trialRuns = true;
      return passOf(true);
    },
    openForMs: () => (openUntil === undefined ? 0 : Math.max(0, openUntil - now())),
    get isOpen() {
      return openUntil !== undefined;
    },
  };
}
