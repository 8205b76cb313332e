import { UserError } from "../domain/errors.ts";
import type { Message } from "./screen-state.ts";
import type { RunFailure } from "./search-run.ts";

/** What there is to say of an error, be it the user's own mistake or anybody else's. */
export function failureOf(error: unknown): RunFailure {
  if (error instanceof UserError) return { message: error.message, hint: error.hint ?? null };
  return { message: error instanceof Error ? error.message : String(error), hint: null };
}

export function errorMessage(error: unknown): Message {
  const { message, hint } = failureOf(error);
  return { kind: "error", text: message, hint };
}
