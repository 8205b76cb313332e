import { RemoteFailure, UserError } from "../../domain/errors.ts";
import type { RemoteBounds } from "../../ports/remote-provider.ts";
import { createCircuitBreaker, type CircuitOutcome, type CircuitPass } from "./circuit-breaker.ts";
import { exchange, untilAborted, type Exchanged, type ExchangeRequest } from "./exchange.ts";
import { circuitFailure, deadlineFailure } from "./http-failures.ts";
import { shownAddress } from "./request-address.ts";
import { createRequestGate } from "./request-gate.ts";
import { LONGEST_RETRY_AFTER_MS, retryWaitMs } from "./retry-wait.ts";

/** Addresses of proxies; hosts of `noProxy` are reached directly, as this machine always is. */
export interface RemoteProxies {
  /** Addresses with scheme and port; they may hold a password. */
  readonly http: string | undefined;
  readonly https: string | undefined;
  readonly noProxy: readonly string[];
}

export type RemoteFetch = (url: string, init: RequestInit) => Promise<Response>;

export interface RemoteTransportOptions {
  readonly bounds: RemoteBounds;
  readonly proxies: RemoteProxies;
  /** Of one answer, decompressed. */
  readonly maxAnswerBytes?: number;
  readonly fetch?: RemoteFetch;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Rejects with `signal.reason` when aborted. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** 0 up to 1. */
  readonly random?: () => number;
}

export interface RemoteRequest {
  readonly url: string;
  /** The key's among them; content type and accept are added. */
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as JSON; `undefined`: the request is a GET. */
  readonly body: unknown;
  readonly signal?: AbortSignal | undefined;
  /**
   * When the call that this request belongs to ends, as `deadlineAt()` told at its start: a call of several requests asks once, and gives
   * all of them the same. Absent: the deadline begins with this request.
   */
  readonly deadlineAt?: number | undefined;
  /** What to do about a missing or wrong key, in the imperative: "set COHERE_API_KEY, or name a file with --rerank-key-file". */
  readonly keyHint?: string | undefined;
}

export interface RemoteAnswer {
  /** 200 to 299. */
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly json: unknown;
}

/** One for each server that is asked: bounds and circuit are those of all calls together. */
export interface RemoteTransport {
  /** Rejects with RemoteFailure, and with `signal.reason` at once when aborted. */
  post(request: RemoteRequest): Promise<RemoteAnswer>;
  /** The end of a call that begins now; `undefined` without a deadline. */
  deadlineAt(): number | undefined;
  /** Ends the connections that wait to be used again. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 20_000;
/** 2,048 vectors of 4,096 numbers, as JSON, are about 150 MB. */
const MAX_ANSWER_BYTES = 256_000_000;
/** Proxies are for other machines. */
const THIS_MACHINE = ["localhost", "127.0.0.1", "[::1]"];

/** Nothing is opened before the first request. */
export function createRemoteTransport({
  bounds,
  proxies,
  maxAnswerBytes = MAX_ANSWER_BYTES,
  fetch: givenFetch,
  now = Date.now,
  sleep = sleepFor,
  random = Math.random,
}: RemoteTransportOptions): RemoteTransport {
  const gate = createRequestGate({ concurrency: bounds.concurrency, requestsPerMinute: bounds.requestsPerMinute, now, sleep });
  const breaker = createCircuitBreaker(now);
  let opened: ReturnType<typeof openFetch> | undefined;

  async function repeat(request: ExchangeRequest, pass: CircuitPass, call: Call): Promise<RemoteAnswer> {
    const name = shownAddress(request.url);
    const fetch = givenFetch ?? (await (opened ??= openFetch(proxies))).fetch;
    for (let attempt = 0; ; attempt += 1) {
      const leave = await gate.enter(call.signal);
      let exchanged: Exchanged;
      try {
        // Others may have found out while this one waited.
        if (breaker.isOpen && !pass.isTrial) throw call.last ?? circuitFailure(name, breaker.openForMs());
        exchanged = await exchange(request, call.signal, { fetch, timeoutMs: bounds.timeoutMs, maxAnswerBytes, now });
      } finally {
        leave();
      }
      if ("answer" in exchanged) return exchanged.answer;
      const { failure, isWorthRepeating, retryAfterMs = 0 } = exchanged;
      if (!isWorthRepeating || pass.isTrial || attempt >= bounds.retries || retryAfterMs > LONGEST_RETRY_AFTER_MS) throw failure;
      call.last = failure;
      const waitMs = retryWaitMs(attempt, exchanged.retryAfterMs, random());
      if (call.deadlineAt !== undefined && now() + waitMs >= call.deadlineAt) throw deadlineFailure(name, failure);
      await sleep(waitMs, call.signal);
    }
  }

  return {
    deadlineAt: () => (bounds.deadlineMs === undefined ? undefined : now() + bounds.deadlineMs),
    async post({ url, headers, body, signal, deadlineAt = bounds.deadlineMs === undefined ? undefined : now() + bounds.deadlineMs, keyHint }) {
      signal?.throwIfAborted();
      const name = shownAddress(url);
      requireCarriable(headers, name);
      const request: ExchangeRequest = {
        url,
        headers: { ...(body !== undefined && { "content-type": "application/json" }), accept: "application/json", "user-agent": "rerank-cli", ...headers },
        body: body === undefined ? undefined : JSON.stringify(body),
        hasKey: Object.keys(headers).length > 0,
        keyHint,
      };
      const pass = breaker.enter();
      if (pass === undefined) throw circuitFailure(name, breaker.openForMs());
      const call = startCall(signal, deadlineAt, now, name);
      let outcome: CircuitOutcome = "unknown";
      try {
        const answer = await untilAborted(repeat(request, pass, call), call.signal);
        outcome = "answered";
        return answer;
      } catch (error) {
        if (error instanceof RemoteFailure) outcome = outcomeOf(error);
        throw error;
      } finally {
        pass.end(outcome);
        call.end();
      }
    },
    async close() {
      await (await opened)?.close();
    },
  };
}

/** One call of `post`. */
interface Call {
  /** Aborts with the caller's reason, or with the failure of the deadline. */
  readonly signal: AbortSignal;
  readonly deadlineAt: number | undefined;
  /** What the last try has ended with. */
  last: RemoteFailure | undefined;
  end(): void;
}

function startCall(signal: AbortSignal | undefined, deadlineAt: number | undefined, now: () => number, name: string): Call {
  const stop = new AbortController();
  const follow = (): void => stop.abort(signal?.reason);
  const expire = (): void => stop.abort(deadlineFailure(name, call.last));
  const leftMs = deadlineAt === undefined ? undefined : deadlineAt - now();
  const timer = leftMs !== undefined && leftMs > 0 ? setTimeout(expire, leftMs) : undefined;
  signal?.addEventListener("abort", follow, { once: true });
  const call: Call = {
    signal: stop.signal,
    deadlineAt,
    last: undefined,
    end() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", follow);
    },
  };
  if (leftMs !== undefined && leftMs <= 0) expire();
  return call;
}

/** An answer of whatever kind shows that the server is there. */
function outcomeOf({ kind }: RemoteFailure): CircuitOutcome {
  if (kind === "unreachable" || kind === "timeout" || kind === "server-failed") return "failed";
  return kind === "deadline" || kind === "circuit-open" ? "unknown" : "answered";
}

/** fetch would name the whole value in its error. */
function requireCarriable(headers: Readonly<Record<string, string>>, name: string): void {
  if (Object.values(headers).every((value) => /^[\x20-\x7e]*$/.test(value))) return;
  throw new RemoteFailure("unauthorized", `the key for ${name} has characters that a header cannot carry`, { hint: "write the key alone, in one line, as the provider shows it" });
}

/** Node 20's own fetch knows no proxy. */
async function openFetch(proxies: RemoteProxies): Promise<{ readonly fetch: RemoteFetch; close(): Promise<void> }> {
  // 40 ms that nobody pays who asks no server.
  const { EnvHttpProxyAgent, fetch } = await import("undici");
  const agent = (() => {
    try {
      return new EnvHttpProxyAgent({
        // Absent values would be looked up in the environment, which is the configuration's to read: empty ones are not.
        httpProxy: proxies.http ?? "",
        httpsProxy: proxies.https ?? "",
        // The library knows "*" only where it stands alone.
        noProxy: proxies.noProxy.includes("*") ? "*" : [...proxies.noProxy, ...THIS_MACHINE].join(","),
        connect: { timeout: CONNECT_TIMEOUT_MS },
        // The time for a whole request is ours to keep.
        headersTimeout: 0,
        bodyTimeout: 0,
      });
    } catch {
      // Neither the address nor the library's error, which repeats it, is shown: it may hold a password.
      throw new UserError("the proxy's address cannot be used", { hint: "write http_proxy and https_proxy as http://host:port" });
    }
  })();
  return {
    // The library's types and Node's describe the same objects, under different names.
    fetch: (url, init) => fetch(url, { ...init, dispatcher: agent } as Parameters<typeof fetch>[1]) as unknown as Promise<Response>,
    close: () => agent.close(),
  };
}

function sleepFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}
