import type { FastifyRequest } from "fastify";
import type { ErrorAnswer } from "../dialect.ts";
import type { ServiceError } from "../service-error.ts";
import { errorStatus } from "./rerank-error-status.ts";

/** By status, as vLLM and the classes of OpenAI's client call them. */
const TYPES: Readonly<Record<number, string>> = {
  400: "BadRequestError",
  401: "AuthenticationError",
  403: "PermissionDeniedError",
  404: "NotFoundError",
  405: "MethodNotAllowedError",
  408: "RequestTimeoutError",
  413: "RequestTooLargeError",
  414: "RequestTooLargeError",
  415: "UnsupportedMediaTypeError",
  429: "RateLimitError",
  431: "RequestTooLargeError",
  502: "BadGatewayError",
  503: "ServiceUnavailableError",
  504: "GatewayTimeoutError",
};

/** `error` is what OpenAI's, Together's and vLLM's clients read, `message` and `id` what Cohere's do. */
export function supersetErrorAnswer(error: ServiceError, request: Pick<FastifyRequest, "id">): ErrorAnswer {
  const status = errorStatus(error);
  const { message, param = null } = error;
  return { status, body: { error: { message, type: TYPES[status] ?? "InternalServerError", param, code: status }, message, id: String(request.id) } };
}
