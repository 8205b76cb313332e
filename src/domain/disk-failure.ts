import { UserError } from "./errors.ts";

/**
 * A failure of the disk below the model cache is the user's to mend; other errors are given back as they are.
 * @param what "the model cannot be compiled into /home/ada/.cache/rerank/…".
 */
export function cacheFailure(what: string, cause: unknown): unknown {
  if (!(cause instanceof Error) || cause instanceof UserError) return cause;
  const { code, syscall } = cause as Error & { readonly code?: string; readonly syscall?: string };
  // An interruption and Node's own complaints have a code, and no system call.
  if (code === undefined || syscall === undefined) return cause;
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  return new UserError(isFull ? `the disk is full: ${what}` : `${what}: ${cause.message}`, {
    hint: isFull ? "free space, or set XDG_CACHE_HOME to a folder on a larger disk" : "check the folder's permissions, or set XDG_CACHE_HOME to another folder",
    cause,
  });
}
