import { COMMAND_TABLE } from "./command-table.ts";

const DEFAULT_COMMAND = "repl";
/** What the program itself answers. */
const PROGRAM_FLAGS = ["-h", "--help", "-V", "--version"];

/**
 * `rerank` alone, or with options only, opens the screen. A word that is no command stays one, so that it can be named with what was
 * probably meant; so do options before the name of a command, which belong behind it.
 *
 * @param argv as `process.argv`: two words come before the program's own.
 */
export function withDefaultCommand(argv: readonly string[]): readonly string[] {
  const [first, ...others] = argv.slice(2);
  const isForScreen =
    first === undefined || (first.startsWith("-") && !PROGRAM_FLAGS.includes(first) && !others.some((word) => COMMAND_TABLE.some(({ name }) => name === word)));
  return isForScreen ? [...argv.slice(0, 2), DEFAULT_COMMAND, ...argv.slice(2)] : argv;
}
