/**
 * Why a request is not answered. Every dialect has its own status and shape for each.
 *
 * - `invalid`: the request is not as the dialect describes it, or a value is out of range
 * - `too-many`: more documents, tokens or bytes than a request may have
 * - `unauthorized`: no key, or a wrong one; `forbidden`: a host or an origin that is not allowed
 * - `unknown-model`: not among those that may be used; `not-found`: no such route, or no index
 * - `rate-limited`: this client asks too often; `overloaded`: the queue is full
 * - `unavailable`: models are loading, the server is draining, or a model's process has died
 * - `deadline`: the answer would have come too late
 * - `model-failed`: the model answered what no order can be built on
 * - `internal`: our own fault
 */
export type ServiceErrorKind =
  | "invalid"
  | "too-many"
  | "unauthorized"
  | "forbidden"
  | "unknown-model"
  | "not-found"
  | "rate-limited"
  | "overloaded"
  | "unavailable"
  | "deadline"
  | "model-failed"
  | "internal";

export interface ServiceErrorOptions {
  /** The member of the request that is wrong, as a path: "documents[3]". */
  readonly param?: string;
  /** When it is worth asking again: the Retry-After header. Whole seconds, from 1. */
  readonly retryAfterSeconds?: number;
  /** Where HTTP has a status of its own for it, whatever the dialect says of the kind: 405, 413, 415. */
  readonly status?: number;
  readonly cause?: unknown;
}

/** An error that a client is told, in the words of `message`: it never holds a key or a text of the request. */
export class ServiceError extends Error {
  readonly kind: ServiceErrorKind;
  readonly param: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly status: number | undefined;

  constructor(kind: ServiceErrorKind, message: string, { param, retryAfterSeconds, status, cause }: ServiceErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "ServiceError";
    this.kind = kind;
    this.param = param;
    this.retryAfterSeconds = retryAfterSeconds;
    this.status = status;
  }
}
