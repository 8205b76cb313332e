import { readFailure } from "./read-failure.ts";
import { RerankError } from "./rerank-error.ts";
import { isWorthRepeating, retryWaitMs } from "./retry-wait.ts";
import { beginTimeLimit, sleep, unlessAborted, type TimeLimit } from "./time-limit.ts";

/** How a client reaches its server. */
export interface Connection {
  /** Ends with a slash. */
  readonly baseUrl: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: typeof fetch;
  readonly timeoutMs: number;
  readonly attemptTimeoutMs: number;
  readonly maxRetries: number;
}

export interface CallOptions {
  /** Aborting ends the call, which rejects with the signal's reason; the server drops its work. */
  readonly signal?: AbortSignal | undefined;
  /** Of this call, retries and waiting included, in place of the client's. */
  readonly timeoutMs?: number | undefined;
}

export interface Ask {
  readonly method: "GET" | "POST";
  /** Without a slash in front. */
  readonly path: string;
  readonly body?: unknown;
  readonly accept?: string;
  /** Not asked again, and an answer that is no success is an answer. */
  readonly asItIs?: true;
}

/** @returns the answer's JSON. Rejects with RerankError, or the signal's reason. */
export async function askForJson(connection: Connection, ask: Ask, options: CallOptions): Promise<{ readonly value: unknown; readonly response: Response }> {
  const call = beginCall(connection, options);
  try {
    return await withRetries(call, connection, ask, async (response, signal) => {
      const text = await unlessAborted(response.text(), signal).catch((error: unknown) => {
        throw asConnectionError(error, signal, connection);
      });
      try {
        return { value: JSON.parse(text) as unknown, response };
      } catch (cause) {
        throw new RerankError("bad-answer", "the answer is not JSON: is this a rerank server?", { status: response.status, cause });
      }
    });
  } finally {
    call.end();
  }
}

export function beginCall({ timeoutMs }: Pick<Connection, "timeoutMs">, { signal, timeoutMs: limitMs = timeoutMs }: CallOptions): TimeLimit {
  return beginTimeLimit(limitMs, signal, () => new RerankError("timeout", `no answer within ${limitMs / 1000} s`));
}

/** @param read the answer of one attempt, within the attempt's time. What it throws may be worth another attempt. */
export async function withRetries<Value>(
  call: TimeLimit,
  connection: Connection,
  ask: Ask,
  read: (response: Response, signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await attemptOnce(call, connection, ask, read);
    } catch (error) {
      // The reason of one's own signal is thrown as it is, the lateness of the whole call too.
      call.signal.throwIfAborted();
      if (!(error instanceof RerankError) || ask.asItIs || attempt >= connection.maxRetries || !isWorthRepeating(error)) throw error;
      const waitMs = retryWaitMs(attempt, error, Math.random());
      if (waitMs >= call.remainingMs()) throw error;
      await sleep(waitMs, call.signal);
    }
  }
}

async function attemptOnce<Value>(
  call: TimeLimit,
  connection: Connection,
  { method, path, body, accept = "application/json", asItIs }: Ask,
  read: (response: Response, signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const { baseUrl, headers, attemptTimeoutMs } = connection;
  const limit = beginTimeLimit(attemptTimeoutMs, call.signal, () => new RerankError("connection", `no answer from ${baseUrl.origin} within ${attemptTimeoutMs / 1000} s`));
  try {
    const request = connection.fetch(new URL(path, baseUrl), {
      method,
      headers: { ...headers, accept, ...(body !== undefined && { "content-type": "application/json" }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      // A key is not carried to wherever an answer points.
      redirect: "error",
      signal: limit.signal,
    });
    const response = await unlessAborted(request, limit.signal).catch((error: unknown) => {
      throw asConnectionError(error, limit.signal, connection);
    });
    if (!response.ok && !asItIs) throw await unlessAborted(readFailure(response), limit.signal);
    return await read(response, limit.signal);
  } finally {
    limit.end();
  }
}

/** What fetch throws says "fetch failed" and has its reason in the cause. An aborted one is the abort's reason. */
export function asConnectionError(error: unknown, signal: AbortSignal, { baseUrl }: Pick<Connection, "baseUrl">): unknown {
  if (signal.aborted) return signal.reason;
  const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const words = reason instanceof Error ? reason.message || ("code" in reason ? String(reason.code) : reason.name) : String(reason);
  return new RerankError("connection", `no answer from ${baseUrl.origin}: ${words}`, { cause: error });
}
