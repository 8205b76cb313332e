/** What a user can do about an error, beside the error's own message. */
export interface UserErrorOptions {
  /** One line that names the remedy, in the imperative. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** An error that the user can fix: it is shown as one line and one hint, without a stack. */
export class UserError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, { hint, cause }: UserErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "UserError";
    this.hint = hint;
  }
}

/** The process that runs the models has died, more often than it is started again. Another request gets a process of its own. */
export class ModelProcessDied extends UserError {
  constructor(message: string, options: UserErrorOptions = {}) {
    super(message, options);
    this.name = "ModelProcessDied";
  }
}

/** A model that had answered could not be loaded again after its process had died. The message is that of the load. */
export class ModelLoadFailed extends UserError {
  constructor(message: string, options: UserErrorOptions = {}) {
    super(message, options);
    this.name = "ModelLoadFailed";
  }
}

/**
 * Why a remote model did not answer.
 *
 * - `unauthorized`: no key, a wrong or an expired one
 * - `refused`: the server does not take the request as it is (400, 404, 413, 422)
 * - `rate-limited`: 429, also after having waited
 * - `unreachable`: no connection (DNS, refused, TLS), or one that broke
 * - `timeout`: no answer in time; `deadline`: the time for the whole stage is over
 * - `server-failed`: 5xx
 * - `bad-answer`: not what the dialect promises: HTML, a wrong count, indices twice or out of range, NaN, scores that are no numbers
 * - `circuit-open`: it has failed so often that it is left alone for a while
 */
export type RemoteFailureKind =
  | "unauthorized"
  | "refused"
  | "rate-limited"
  | "unreachable"
  | "timeout"
  | "deadline"
  | "server-failed"
  | "bad-answer"
  | "circuit-open";

/** A remote model has not answered. The message names the server without credentials, and holds no text of the request. */
export class RemoteFailure extends UserError {
  readonly kind: RemoteFailureKind;

  constructor(kind: RemoteFailureKind, message: string, options: UserErrorOptions = {}) {
    super(message, options);
    this.name = "RemoteFailure";
    this.kind = kind;
  }
}

/** Why a file is left out of the index. Every skipped file is counted under one of these. */
export const SKIP_REASONS = [
  "binary",
  "changed-while-read",
  "damaged",
  "empty",
  "no-text",
  "not-a-file",
  "password-protected",
  "symlink-loop",
  "too-large",
  "unreadable",
  "vanished",
] as const;

export type SkipReason = (typeof SKIP_REASONS)[number];

/** A document that cannot be read. The indexer counts it, names it and goes on with the next one. */
export class SkippedDocument extends Error {
  readonly reason: SkipReason;

  constructor(reason: SkipReason, detail: string, options?: { readonly cause?: unknown }) {
    super(detail, options);
    this.name = "SkippedDocument";
    this.reason = reason;
  }
}
