import { Type } from "typebox";
import type { ErrorAnswer } from "../dialect.ts";
import type { ServiceError, ServiceErrorKind } from "../service-error.ts";
import { errorStatus } from "./rerank-error-status.ts";

/** OpenAI's words; `code` is a string or null, as its clients' and Jina's schemas have it. */
const WORDS: Readonly<Record<ServiceErrorKind, { readonly type: string; readonly code: string | null }>> = {
  invalid: { type: "invalid_request_error", code: null },
  "too-many": { type: "invalid_request_error", code: "request_too_large" },
  unauthorized: { type: "invalid_request_error", code: "invalid_api_key" },
  forbidden: { type: "invalid_request_error", code: "forbidden" },
  "unknown-model": { type: "invalid_request_error", code: "model_not_found" },
  "not-found": { type: "invalid_request_error", code: "not_found" },
  "rate-limited": { type: "requests", code: "rate_limit_exceeded" },
  overloaded: { type: "requests", code: "overloaded" },
  unavailable: { type: "server_error", code: "unavailable" },
  deadline: { type: "server_error", code: "timeout" },
  "model-failed": { type: "server_error", code: "model_failed" },
  internal: { type: "server_error", code: null },
};

export const OPENAI_ERROR = Type.Object(
  {
    error: Type.Object({
      message: Type.String(),
      type: Type.String(),
      param: Type.Union([Type.String(), Type.Null()]),
      code: Type.Union([Type.String(), Type.Null()]),
    }),
  },
  { description: "Error", examples: [{ error: { message: "there is no such model here", type: "invalid_request_error", param: "model", code: "model_not_found" } }] },
);

/** `{error: {message, type, param, code}}` */
export function openaiErrorAnswer(error: ServiceError): ErrorAnswer {
  const { kind, message, param = null } = error;
  return { status: errorStatus(error), body: { error: { message, ...WORDS[kind], param } } };
}
