import { CommanderError } from "commander";
import { UserError } from "../domain/errors.ts";
import { readEnvironment } from "../config/environment.ts";
import { refuseTelemetry } from "../config/telemetry.ts";
import { createOutput, formatBug, formatUserError } from "../reporters/output.ts";
import { withDefaultCommand } from "./default-command.ts";
import { buildProgram } from "./program.ts";
import type { CommandContext } from "./context.ts";

/** Exit codes, as ripgrep's: results, no results, failure. */
const FAILURE = 2;
const INTERRUPTED = 130;

/** Runs the command line. The only place that sets the exit code. */
export async function main(argv: readonly string[] = process.argv): Promise<void> {
  refuseTelemetry();
  const output = createOutput({ stdout: process.stdout, stderr: process.stderr });
  const stop = new AbortController();
  listenForStops(stop);
  // A reader that has gone (`| head -1`) has all it wants.
  output.onClosed(() => stop.abort(new ClosedOutput()));
  let stopIsExpected = false;
  const expectStop = (): void => {
    stopIsExpected = true;
  };
  try {
    const context = { cwd: workingFolder(), environment: readEnvironment(), output, signal: stop.signal, stdin: process.stdin, expectStop };
    process.exitCode = await runProgram(argv, context);
    await output.drained();
  } catch (error) {
    process.exitCode = exitCodeOf(error, stop.signal, (line) => output.notice(line));
  }
  if (stop.signal.reason instanceof Interruption && !stopIsExpected) {
    await output.drained().catch(() => {});
    // Also where the work was done just in time: a script must see that it was to be stopped. What still runs here, a walk
    // through folders or the parsing of a file, has nobody who waits for it.
    exitInterrupted();
  }
}

function workingFolder(): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw new UserError("the current folder is not there any more", { hint: "change to one that exists: cd", cause });
  }
}

/** The reader of stdout went away. */
class ClosedOutput extends Error {}

/** Ctrl-C or SIGTERM: what is done is kept, the rest is left. */
class Interruption extends Error {}

async function runProgram(argv: readonly string[], context: CommandContext): Promise<number> {
  let exitCode = 0;
  const program = buildProgram(context, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(withDefaultCommand(argv));
  } catch (error) {
    // Help and the version were asked for, and are written.
    if (!(error instanceof CommanderError && error.exitCode === 0)) throw error;
  }
  return exitCode;
}

function listenForStops(stop: AbortController): void {
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      // The second one means: now.
      if (stop.signal.aborted) exitInterrupted();
      stop.abort(new Interruption(name));
    });
  }
}

function exitInterrupted(): never {
  // A terminal echoes "^C" where the cursor stands: the prompt comes to a line of its own.
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
  process.exit(INTERRUPTED);
}

function exitCodeOf(error: unknown, signal: AbortSignal, notice: (line: string) => void): number {
  // What goes wrong while things are brought to an end may be a consequence of the end; a full disk is not.
  if (signal.aborted && !(error instanceof UserError && error !== signal.reason)) {
    return signal.reason instanceof ClosedOutput ? 0 : INTERRUPTED;
  }
  if (error instanceof CommanderError) return FAILURE;
  notice(error instanceof UserError ? formatUserError(error) : formatBug(error));
  return FAILURE;
}
