import { variable, type Environment } from "../../config/environment.ts";
import { UserError } from "../../domain/errors.ts";

interface Streams {
  readonly stdin: { readonly isTTY?: boolean };
  readonly stdout: { readonly isTTY?: boolean };
}

const PLAIN_HINT = "type queries line by line: rerank --plain";

/** Whether the screen can be shown: a person looks at stdout and types into stdin. */
export function canShowScreen(env: Environment, streams: Streams = process): boolean {
  return obstacleOf(env, streams) === undefined;
}

/** Throws UserError, with what to do instead, where the screen cannot be shown. */
export function requireScreen(env: Environment, streams: Streams = process): void {
  const obstacle = obstacleOf(env, streams);
  if (obstacle !== undefined) throw obstacle;
}

function obstacleOf(env: Environment, { stdin, stdout }: Streams): UserError | undefined {
  if (stdin.isTTY !== true || stdout.isTTY !== true) {
    const stream = stdin.isTTY === true ? "stdout" : "stdin";
    return new UserError(`the interactive screen needs a terminal, and ${stream} is none`, {
      hint: 'read queries from stdin with `rerank --plain`, or ask one: rerank search "how do I ..."',
    });
  }
  if (variable(env, "TERM") === "dumb") return new UserError("this terminal cannot show a screen: TERM is dumb", { hint: PLAIN_HINT });
  const ci = ciVariable(env);
  if (ci !== undefined) return new UserError(`nothing is painted where ${ci} is set: it says that nobody looks`, { hint: `unset ${ci}, or ${PLAIN_HINT}` });
  return undefined;
}

/** As Ink has it, which paints nothing then. */
function ciVariable(env: Environment): string | undefined {
  return ["CI", "CONTINUOUS_INTEGRATION"].find((name) => env[name] !== undefined && env[name] !== "0" && env[name] !== "false");
}
