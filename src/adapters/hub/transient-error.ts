import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../domain/errors.ts";

/** A failure that may be gone in a moment: a cut connection, a busy server. */
export class TransientError extends Error {
  /** What the server asks for, in ms. */
  readonly retryAfterMs: number | undefined;
  /** The system's or the library's name for a network error: "ECONNRESET". */
  readonly code: string | undefined;

  constructor(message: string, { retryAfterMs, code, cause }: { retryAfterMs?: number; code?: string; cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "TransientError";
    this.retryAfterMs = retryAfterMs;
    this.code = code;
  }
}

export interface RetryPolicy {
  /** Tries in a row without any progress, the first one included. */
  readonly attempts: number;
  /** Wait before the second try; doubled before each further one. */
  readonly baseDelayMs: number;
  /** A server that asks for a longer wait is an error now, not a silent screen. */
  readonly maxDelayMs: number;
}

export const DEFAULT_RETRIES: RetryPolicy = { attempts: 5, baseDelayMs: 1000, maxDelayMs: 120_000 };

export interface RetryHooks {
  readonly signal: AbortSignal | undefined;
  /** Says that a try got further than the one before: the count starts anew. */
  readonly madeProgress?: () => boolean;
  /** The first word with this host: a connection that cannot be made is tried twice, not again and again. */
  readonly firstContact?: boolean;
  /** One line about the failure, before the wait. */
  readonly onRetry?: (detail: string) => void;
}

/**
 * Runs a task until it succeeds. Waits longer after each TransientError, as long as the server asks for; throws UserError
 * when tries run out, any other error at once, and `signal.reason` as soon as it is aborted.
 */
export async function withRetries<T>(task: () => Promise<T>, policy: RetryPolicy, hooks: RetryHooks): Promise<T> {
  const { signal, madeProgress, onRetry } = hooks;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await task();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof TransientError)) throw error;
      if (madeProgress?.()) attempt = 1;
      // Jitter, so that clients that failed together do not come back together.
      const backoffMs = policy.baseDelayMs * 2 ** (attempt - 1) * (0.75 + Math.random() / 2);
      const delayMs = Math.max(backoffMs, error.retryAfterMs ?? 0);
      if (attempt >= triesFor(error, policy, hooks) || delayMs > policy.maxDelayMs) throw finalError(error, delayMs);
      onRetry?.(`${error.message}; trying again in ${Math.ceil(delayMs / 1000)} s`);
      await sleep(delayMs, undefined, signal && { signal }).catch(() => signal?.throwIfAborted());
    }
  }
}

function triesFor({ code }: TransientError, policy: RetryPolicy, { firstContact }: RetryHooks): number {
  if (code === undefined) return policy.attempts;
  if (CERTIFICATE.test(code)) return 1;
  return firstContact ? Math.min(2, policy.attempts) : policy.attempts;
}

function finalError(error: TransientError, delayMs: number): UserError {
  const hint = hintFor(error, delayMs);
  return new UserError(error.message, { hint, cause: error });
}

function hintFor({ code, retryAfterMs }: TransientError, delayMs: number): string {
  if (code === undefined) {
    const when = retryAfterMs === undefined ? "later" : `in ${Math.ceil(delayMs / 1000)} s`;
    return `run the same command ${when}: what has arrived is kept`;
  }
  if (CERTIFICATE.test(code)) return "name the file with your network's certificate in NODE_EXTRA_CA_CERTS";
  return "check the connection and the proxy (https_proxy), or name a mirror in HF_ENDPOINT; what has arrived is kept";
}

/** Gives every failure of a network call as a TransientError; cancellation stays what it is. */
export async function overNetwork<T>(call: Promise<T>, host: string, signal: AbortSignal | undefined): Promise<T> {
  try {
    return await call;
  } catch (cause) {
    signal?.throwIfAborted();
    const code = networkCode(cause);
    throw new TransientError(`the connection to ${host} failed: ${EXPLANATIONS[code] ?? code}`, { code, cause });
  }
}

/** The network's own certificate (a company's proxy, say) is not one that Node trusts: waiting changes nothing. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|^ERR_TLS/;

const EXPLANATIONS: Record<string, string> = {
  ECONNREFUSED: "it refuses connections",
  ECONNRESET: "it was cut",
  EAI_AGAIN: "the name cannot be looked up now",
  ENOTFOUND: "there is no host of that name",
  UND_ERR_BODY_TIMEOUT: "nothing came for too long",
  UND_ERR_CONNECT_TIMEOUT: "no answer",
  UND_ERR_HEADERS_TIMEOUT: "no answer",
  UND_ERR_SOCKET: "it was cut",
};

function networkCode(error: unknown): string {
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    if ("code" in inner && typeof inner.code === "string") return inner.code;
    if (inner.cause === undefined) return inner.message;
  }
  return String(error);
}
