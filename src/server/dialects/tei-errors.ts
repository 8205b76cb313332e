import type { ErrorAnswer } from "../dialect.ts";
import { ServiceError, type ServiceErrorKind } from "../service-error.ts";
import { errorStatus } from "./rerank-error-status.ts";

/** TEI's own, as its server writes them (its documentation shows them in lower case), and three that it has no word for. */
export type TeiErrorType = "Unhealthy" | "Backend" | "Overloaded" | "Validation" | "Empty" | "Unauthorized" | "Forbidden" | "NotFound";

const ERROR_TYPES: Readonly<Record<ServiceErrorKind, TeiErrorType>> = {
  invalid: "Validation",
  "too-many": "Validation",
  unauthorized: "Unauthorized",
  forbidden: "Forbidden",
  "unknown-model": "NotFound",
  "not-found": "NotFound",
  "rate-limited": "Overloaded",
  overloaded: "Overloaded",
  unavailable: "Unhealthy",
  // Requests are late because others were before them.
  deadline: "Overloaded",
  "model-failed": "Backend",
  internal: "Backend",
};

const TEI_STATUSES = { invalid: 422, "too-many": 422, "model-failed": 424 } as const;

/** A list without entries: the one mistake of a request that TEI answers with 400. */
export class EmptyInputError extends ServiceError {
  /** @param param the member that is empty: "texts", "inputs". */
  constructor(param: string) {
    super("invalid", `\`${param}\` cannot be empty`, { param });
  }
}

/** What text-embeddings-inference answers: `{error, error_type}`. */
export function teiErrorAnswer(error: ServiceError): ErrorAnswer {
  const isEmpty = error instanceof EmptyInputError;
  return {
    status: isEmpty ? 400 : errorStatus(error, TEI_STATUSES),
    body: { error: error.message, error_type: isEmpty ? "Empty" : ERROR_TYPES[error.kind] },
  };
}
