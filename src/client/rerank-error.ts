/**
 * Why a call has failed.
 *
 * - `invalid`: the request is not as the server wants it, or asks for too much; `unauthorized`: no key, or a wrong one;
 *   `forbidden`; `not-found`: no such model, no index, or another kind of server
 * - `overloaded`: too many requests; `unavailable`: models are loading, or the server stops; `deadline`: the server's own limit
 * - `failed`: any other answer that is no success
 * - `connection`: no answer, or one that breaks off; `timeout`: none within `timeoutMs`
 * - `bad-answer`: an answer that no order can be built on
 */
export type RerankErrorCode =
  | "invalid"
  | "unauthorized"
  | "forbidden"
  | "not-found"
  | "overloaded"
  | "unavailable"
  | "deadline"
  | "failed"
  | "connection"
  | "timeout"
  | "bad-answer";

export interface RerankErrorDetails {
  readonly status?: number | undefined;
  readonly param?: string | undefined;
  readonly requestId?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly cause?: unknown;
}

/** What every method of the client rejects with, other than the reason of your own AbortSignal. It never holds the key. */
export class RerankError extends Error {
  readonly code: RerankErrorCode;
  /** The HTTP status; `undefined` where there was no answer. */
  readonly status: number | undefined;
  /** The member of the request that is wrong, as a path: "documents[3]". */
  readonly param: string | undefined;
  /** What the server's log calls the request. */
  readonly requestId: string | undefined;
  /** When the server says that it is worth asking again. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: RerankErrorCode, message: string, { status, param, requestId, retryAfterSeconds, cause }: RerankErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "RerankError";
    this.code = code;
    this.status = status;
    this.param = param;
    this.requestId = requestId;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
