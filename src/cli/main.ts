import { CommanderError } from "commander";
import { UserError } from "../domain/errors.ts";
import { readEnvironment } from "../config/environment.ts";
import { createOutput, formatBug, formatUserError } from "../reporters/output.ts";
import { buildProgram } from "./program.ts";
import type { CommandContext } from "./context.ts";

/** Exit codes, as ripgrep's: results, no results, failure. */
const FAILURE = 2;
const INTERRUPTED = 130;

/** Runs the command line. The only place that sets the exit code. */
export async function main(argv: readonly string[] = process.argv): Promise<void> {
  const output = createOutput({ stdout: process.stdout, stderr: process.stderr });
  const stop = new AbortController();
  const context: CommandContext = {
    cwd: process.cwd(),
    environment: readEnvironment(),
    output,
    signal: stop.signal,
    stdin: process.stdin,
  };
  listenForStops(stop);
  // A reader that has gone (`| head -1`) has all it wants.
  output.onClosed(() => stop.abort(new ClosedOutput()));
  try {
    process.exitCode = await runProgram(argv, context);
    await output.drained();
  } catch (error) {
    process.exitCode = exitCodeOf(error, stop.signal, (line) => output.notice(line));
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
  await program.parseAsync(argv);
  return exitCode;
}

function listenForStops(stop: AbortController): void {
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      // The second one means: now.
      if (stop.signal.aborted) process.exit(INTERRUPTED);
      stop.abort(new Interruption(name));
    });
  }
}

function exitCodeOf(error: unknown, signal: AbortSignal, notice: (line: string) => void): number {
  if (signal.reason instanceof ClosedOutput) return 0;
  if (signal.aborted) return INTERRUPTED;
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : FAILURE;
  notice(error instanceof UserError ? formatUserError(error) : formatBug(error));
  return FAILURE;
}
