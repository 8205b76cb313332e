import type { FastifyError, FastifyReply, FastifyRequest, FastifySchemaValidationError } from "fastify";
import type { Dialect } from "../dialect.ts";
import { ServiceError } from "../service-error.ts";

const failures = new WeakMap<FastifyRequest, ServiceError>();

/** Answers in the dialect's own shape. */
export function sendError(dialect: Pick<Dialect, "errorAnswer">, thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = noteFailure(request, thrown);
  if (error.retryAfterSeconds !== undefined) void reply.header("retry-after", String(error.retryAfterSeconds));
  if (error.kind === "unauthorized") void reply.header("www-authenticate", 'Bearer realm="rerank"');
  const { status, body } = dialect.errorAnswer(error, request);
  return reply
    .status(error.status ?? status)
    .type("application/json; charset=utf-8")
    .send(body);
}

/**
 * For the log and the metrics, where an answer has begun already and can only end: a stream's. Errors are not logged where they
 * are thrown, since their messages may repeat texts of the request.
 */
export function noteFailure(request: FastifyRequest, thrown: unknown): ServiceError {
  const error = toServiceError(thrown);
  failures.set(request, error);
  return error;
}

/** Why a request was answered with an error, if it was. */
export function failureOf(request: FastifyRequest): ServiceError | undefined {
  return failures.get(request);
}

/** What fastify, Ajv or our own code throws, as the one kind of error that dialects know. */
export function toServiceError(thrown: unknown): ServiceError {
  if (thrown instanceof ServiceError) return thrown;
  const { code, message, validation, statusCode } = (thrown ?? {}) as Partial<FastifyError>;
  if (validation !== undefined) {
    const param = paramOf(validation[0]);
    return new ServiceError("invalid", message ?? "the request is not valid", { ...(param && { param }), cause: thrown });
  }
  switch (code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new ServiceError("too-many", "the request is larger than the server takes", { status: 413, cause: thrown });
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return new ServiceError("invalid", 'the server reads JSON: send "Content-Type: application/json"', { status: 415, cause: thrown });
    case "FST_ERR_BAD_URL":
      return new ServiceError("invalid", "the address holds escapes that are not UTF-8", { cause: thrown });
    case "FST_ERR_MAX_PARAM_LENGTH":
      return new ServiceError("invalid", "a part of the address is too long", { status: 414, cause: thrown });
  }
  if (typeof code === "string" && code.startsWith("FST_ERR_CTP")) return new ServiceError("invalid", message ?? "the body is not JSON", { cause: thrown });
  // A time limit inside a route, such as a search's, which ends a little before the request's own.
  if (thrown instanceof DOMException && thrown.name === "TimeoutError") return new ServiceError("deadline", "no answer in time", { cause: thrown });
  // The body broke off: the client's doing, and it will hardly read this. Fastify marks errors of the body with a status.
  if (code === "ECONNRESET" && statusCode === 400) return new ServiceError("invalid", "the body was cut off", { cause: thrown });
  return new ServiceError("internal", "the server has failed; its log says more", { cause: thrown });
}

/** "/documents/3/text" is documents[3].text; a member that is missing is named too. */
function paramOf(error: FastifySchemaValidationError | undefined): string {
  const missing = error?.params["missingProperty"];
  const path = [...(error?.instancePath.split("/").slice(1) ?? []), ...(typeof missing === "string" ? [missing] : [])];
  return path.reduce((param, part) => (/^\d+$/.test(part) ? `${param}[${part}]` : param === "" ? part : `${param}.${part}`), "");
}
