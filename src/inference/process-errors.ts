import { UserError } from "../domain/errors.ts";

/** @param how "signal SIGKILL" or "exit code 1". */
export function processDeathError(how: string, lastLines: readonly string[]): UserError {
  const said = lastLines.length === 0 ? "" : `; it said: ${lastLines.join(" | ")}`;
  return new UserError(`the inference process died (${how})${said}`, {
    // The kernel kills with this signal when memory runs out.
    hint: how.includes("SIGKILL")
      ? "the machine may be out of memory: close other programs or choose a smaller model with --models"
      : "run `rerank doctor`; if it finds nothing, please report this with the lines above",
  });
}

export function processClosedError(): Error {
  return new Error("the inference process was closed");
}
