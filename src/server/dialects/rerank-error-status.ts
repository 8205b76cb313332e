import type { ServiceError, ServiceErrorKind } from "../service-error.ts";

/** Where the dialects agree. Only our own fault is a 500; a model that fails is one behind us, as a gateway sees it. */
const STATUSES: Readonly<Record<ServiceErrorKind, number>> = {
  invalid: 400,
  "too-many": 400,
  unauthorized: 401,
  forbidden: 403,
  "unknown-model": 404,
  "not-found": 404,
  "rate-limited": 429,
  overloaded: 429,
  unavailable: 503,
  deadline: 504,
  "model-failed": 502,
  internal: 500,
};

/**
 * The HTTP status of an error. Where HTTP has one of its own for it (a body larger than the server reads is a 413), no dialect has read the request.
 *
 * @param own statuses that a dialect has of its own.
 */
export function errorStatus(error: ServiceError, own: Partial<Record<ServiceErrorKind, number>> = {}): number {
  return error.status ?? own[error.kind] ?? STATUSES[error.kind];
}
