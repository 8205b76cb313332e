import type { Readable } from "node:stream";
import type { Environment } from "../config/environment.ts";
import type { Output } from "../reporters/output.ts";

/** What every command gets from the process that it runs in; tests make their own. */
export interface CommandContext {
  readonly cwd: string;
  readonly environment: Environment;
  readonly output: Output;
  /** Aborts on Ctrl-C, SIGTERM and a closed stdout. */
  readonly signal: AbortSignal;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  /** Says that the command runs until it is stopped: Ctrl-C and SIGTERM are then its normal end, whose exit code is its own. */
  readonly expectStop: () => void;
}
