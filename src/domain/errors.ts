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
