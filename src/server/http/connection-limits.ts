/** How long a connection may take, in milliseconds, and how many there may be. */
export interface ConnectionLimits {
  /** For the head of a request. */
  readonly headersMs: number;
  /** For a whole request, body included. */
  readonly requestMs: number;
  /** For the next request on a connection; longer than the minute that proxies keep theirs for, so that it is they who close. */
  readonly keepAliveMs: number;
  /** How often slow requests are looked for. */
  readonly checkMs: number;
  /** More are closed as soon as they come. Idle ones take some 10 kB each. */
  readonly maxConnections: number;
  /** Of all bodies that are read or answered at a time. By default by the size of the largest: see `bodyBudgetOf`. */
  readonly bodyBudgetBytes?: number;
}

export const CONNECTION_LIMITS: ConnectionLimits = { headersMs: 20_000, requestMs: 120_000, keepAliveMs: 72_000, checkMs: 5_000, maxConnections: 4096 };

/** Beyond the deadline a connection on which nothing moves has lost its client, or has one that does not read. */
const SILENCE_BEYOND_DEADLINE_MS = 60_000;

/** As options of fastify. Handlers have no time limit of their own: the deadline of a request ends its work. */
export function connectionOptions({ headersMs, requestMs, keepAliveMs, checkMs }: Omit<ConnectionLimits, "maxConnections">, deadlineMs: number) {
  return {
    http: { headersTimeout: headersMs, connectionsCheckingInterval: checkMs, maxHeaderSize: 16_384 },
    requestTimeout: requestMs,
    keepAliveTimeout: keepAliveMs,
    // Counts while a model works too: a shorter one would cut long inference.
    connectionTimeout: deadlineMs + SILENCE_BEYOND_DEADLINE_MS,
  } as const;
}
