import { UserError } from "../domain/errors.ts";

const MEMORY_HINT = "if memory is short, close other programs, or choose a smaller model (--models) or a lower --precision";

/**
 * @param how "signal SIGKILL" or "exit code 1".
 * @param loading the model that was loading when it happened.
 */
export function processDeathError(how: string, lastLines: readonly string[], loading?: string): UserError {
  const when = loading === undefined ? "" : ` while ${loading} loaded`;
  // The kernel kills with this signal when memory runs out; a library that asked in vain says so.
  const isMemory = how.includes("SIGKILL") || lastLines.some((line) => /bad_alloc|out of memory/i.test(line));
  const cause = isMemory ? ": the machine may have run out of memory" : "";
  const said = lastLines.length === 0 ? "" : `; it said: ${lastLines.join(" | ")}`;
  return new UserError(`the inference process died (${how})${when}${cause}${said}`, {
    hint: isMemory ? MEMORY_HINT : "run `rerank doctor`; if it finds nothing, please report this with the lines above",
  });
}

export function processClosedError(): Error {
  return new Error("the inference process was closed");
}
