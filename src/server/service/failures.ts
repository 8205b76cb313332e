import { ModelLoadFailed, ModelProcessDied, UserError } from "../../domain/errors.ts";
import type { ModelRole, ModelSpec } from "../../domain/model-spec.ts";
import { ServiceError } from "../service-error.ts";

const AFTER_DEATH_SECONDS = 1;
const WHILE_STOPPING_SECONDS = 5;
/** Somebody has to mend something first; clients that ask again at once would have it loaded again and again. */
const AFTER_LOAD_FAILURE_SECONDS = 10;

export function stoppingError(): ServiceError {
  return new ServiceError("unavailable", "the server is stopping", { retryAfterSeconds: WHILE_STOPPING_SECONDS });
}

/** What those who wait for a model are told when it cannot be loaded. Why, it is the log's to say: it may name folders. */
export function loadFailure({ id }: ModelSpec, error: unknown): ServiceError {
  return new ServiceError("unavailable", `${id} cannot be loaded; the server's log says why`, { retryAfterSeconds: AFTER_LOAD_FAILURE_SECONDS, cause: error });
}

/** What is said where the server's own model is not on this machine (any more). */
export function missingDefault(role: ModelRole, error: UserError): ServiceError {
  return new ServiceError("unavailable", `the server's own ${role} cannot be had; the server's log says why`, { retryAfterSeconds: AFTER_LOAD_FAILURE_SECONDS, cause: error });
}

/** What those are told whose model's process has ended under them. */
export function deathFailure({ id }: ModelSpec, error: unknown): ServiceError {
  return new ServiceError("unavailable", `the process of ${id} has died; it is started again`, { retryAfterSeconds: AFTER_DEATH_SECONDS, cause: error });
}

/**
 * What a client is told when a model's port rejects. What is neither the model's nor its process's failure is returned as it is:
 * the caller's reason to stop, or a fault of ours.
 */
export function portFailure(spec: ModelSpec, error: unknown): unknown {
  if (error instanceof ModelProcessDied) return deathFailure(spec, error);
  if (error instanceof ModelLoadFailed) return loadFailure(spec, error);
  if (error instanceof UserError) return new ServiceError("model-failed", `${spec.id} has failed; the server's log says why`, { cause: error });
  return error;
}

/** Whether the caller's time is over, rather than that it has left. */
export function isDeadline(reason: unknown): boolean {
  return reason instanceof ServiceError && reason.kind === "deadline";
}

/** Whether it tells something of the process that has failed, rather than of the request. */
export function isModelsFault(error: unknown): boolean {
  return !(error instanceof ServiceError) || error.kind === "model-failed";
}

/** @throws ServiceError `model-failed` for a number that no order can be built on. `what` names it. */
export function checkFinite(value: number, { id }: ModelSpec, what: string): void {
  if (Number.isFinite(value)) return;
  throw new ServiceError("model-failed", `${id} has failed: ${what} is ${value}, which no order can be built on`);
}
