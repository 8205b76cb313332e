import { ModelProcessDied, UserError, type UserErrorOptions } from "../domain/errors.ts";

const MEMORY_HINT = "if memory is short, close other programs, or choose a smaller model";
const REPORT_HINT = "run `rerank doctor`; if it finds nothing, please report this with the lines above";
/** What C++, ONNX Runtime's binding (where it hands a result over, no other reason is known) and V8 say of an allocation that failed. */
const OUT_OF_MEMORY = /bad_alloc|out of memory|OrtValueToNapiValue|array buffer allocation failed|failed to allocate memory|cannot allocate memory/i;

/** Whether the process said that memory ran out: what it was doing would end in the same way again. */
export function saysOutOfMemory(lines: readonly string[]): boolean {
  return lines.some((line) => OUT_OF_MEMORY.test(line));
}

/**
 * @param how "signal SIGKILL" or "exit code 1".
 * @param loading the model that was loading when it happened.
 */
export function processDeathError(how: string, lines: readonly string[], loading?: string): ModelProcessDied {
  const when = loading === undefined ? "" : ` while ${loading} loaded`;
  return new ModelProcessDied(...tellDeath(`the inference process died (${how})${when}`, how, lines, `${MEMORY_HINT} (--models) or a lower --precision`));
}

const RESTARTED = "it is started again, and what it had answered is kept";

/** What is said when requests have a dead process started again. @param how as for `processDeathError`. */
export function restartNotice(how: string): string {
  return `the inference process died (${how}); ${RESTARTED}`;
}

/** For whoever is told of the death itself already. */
export function isRestartNotice(line: string): boolean {
  return line.endsWith(RESTARTED);
}

/** @param task what was being done: "compiling /models/mine to int8". */
export function taskDeathError(how: string, lines: readonly string[], task: string): UserError {
  return new UserError(...tellDeath(`${task} failed: its process died (${how})`, how, lines, `${MEMORY_HINT}: \`rerank models list\``));
}

export function processClosedError(): Error {
  return new Error("the inference process was closed");
}

function tellDeath(what: string, how: string, lines: readonly string[], memoryHint: string): [message: string, options: UserErrorOptions] {
  // The kernel kills with this signal when memory runs out.
  const isMemory = how.includes("SIGKILL") || saysOutOfMemory(lines);
  const cause = isMemory ? ": the machine may have run out of memory" : "";
  const said = lines.length === 0 ? "" : `; it said: ${lines.join(" | ")}`;
  return [`${what}${cause}${said}`, { hint: isMemory ? memoryHint : REPORT_HINT }];
}
