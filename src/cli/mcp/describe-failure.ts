import { UserError } from "../../domain/errors.ts";
import type { AgentFailure } from "../../mcp/agent-services.ts";
import { ServiceError } from "../../server/service-error.ts";

const INDEX_FIRST = "the user can make an index with: rerank index <folder>";

/**
 * An error in words for an agent on this machine, which may know of its folders: the cause, where it is one that the user can mend.
 *
 * @param onBug told of our own fault, which agents hear no more of.
 */
export function describeLocalFailure(error: unknown, onBug: (error: unknown) => void): AgentFailure {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause instanceof UserError) return { message: cause.message, hint: cause.hint };
  if (error instanceof ServiceError && error.kind !== "internal") return describeServiceError(error);
  onBug(error);
  return { message: "rerank has failed; its stderr says more" };
}

/** Words of the service, which every client may read. */
export function describeServiceError({ kind, message, param, retryAfterSeconds }: ServiceError): AgentFailure {
  if (kind === "not-found") return { message, hint: INDEX_FIRST };
  if (param !== undefined) return { message, hint: `change ${param}` };
  return { message, ...(retryAfterSeconds !== undefined && { hint: `try again in ${retryAfterSeconds} s` }) };
}
