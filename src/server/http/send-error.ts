import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import type { Dialect } from "../dialect.ts";
import { ServiceError } from "../service-error.ts";

/** Answers in the dialect's own shape. */
export function sendError(dialect: Dialect, thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = toServiceError(thrown);
  if (error.retryAfterSeconds !== undefined) void reply.header("retry-after", String(error.retryAfterSeconds));
  const { status, body } = dialect.errorAnswer(error, request);
  return reply.status(status).type("application/json; charset=utf-8").send(body);
}

/** What fastify, Ajv or our own code throws, as the one kind of error that dialects know. */
export function toServiceError(thrown: unknown): ServiceError {
  if (thrown instanceof ServiceError) return thrown;
  const { code, message, validation } = thrown as Partial<FastifyError>;
  if (validation !== undefined) {
    const [first] = validation;
    const param = first?.instancePath.slice(1).replaceAll("/", ".");
    return new ServiceError("invalid", message ?? "the request is not valid", { ...(param && { param }), cause: thrown });
  }
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") return new ServiceError("too-many", "the request is larger than the server takes", { cause: thrown });
  if (typeof code === "string" && code.startsWith("FST_ERR_CTP")) return new ServiceError("invalid", message ?? "the body is not JSON", { cause: thrown });
  if (thrown instanceof SyntaxError) return new ServiceError("invalid", "the body is not JSON", { cause: thrown });
  return new ServiceError("internal", "the server has failed; its log says more", { cause: thrown });
}
