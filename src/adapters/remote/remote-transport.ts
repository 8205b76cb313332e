import type { RemoteBounds } from "../../ports/remote-provider.ts";

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
  /** Sent as JSON. */
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

export function createRemoteTransport(options: RemoteTransportOptions): RemoteTransport {
  throw new Error(`not built yet: ${options.bounds.timeoutMs}`);
}
