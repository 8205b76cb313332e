import { Writable } from "node:stream";
import { UserError } from "../../domain/errors.ts";
import { settingOf, longFlag, settingsOfCommand } from "../../config/settings-table.ts";
import { createMcpServer } from "../../mcp/create-mcp-server.ts";
import { serveAgent } from "../../mcp/serve-agent.ts";
import { formatBug } from "../../reporters/output.ts";
import type { CommandContext } from "../context.ts";
import { loadSettings, type Flags } from "../load-settings.ts";
import { agentDefaults } from "../mcp/agent-defaults.ts";
import { describeLocalFailure } from "../mcp/describe-failure.ts";
import { openLocalAgent } from "../mcp/open-local-agent.ts";
import { packageVersion } from "../package-version.ts";

export interface McpFlags extends Flags {
  readonly http?: boolean;
}

/** `rerank mcp`: the index for agents, until they leave. Resolves to the exit code. */
export async function runMcp({ http, ...flags }: McpFlags, context: CommandContext): Promise<number> {
  if (http === true) {
    const { runServe } = await import("./serve.ts");
    // Settings of `serve` alone would leave --budget out without a word. What there is to tell of them, `serve` tells.
    const { settings, isSet } = await loadSettings({ ...context, output: { notice() {} } }, "mcp", flags);
    return runServe({ ...flags, mcp: true }, context, agentDefaults(settings, isSet));
  }
  refuseListenerFlags(flags);
  const loaded = await loadSettings(context, "mcp", flags);
  const notice = (line: string): void => context.output.notice(`rerank: ${line}`);
  const onBug = (error: unknown): void => context.output.notice(formatBug(error));
  context.expectStop();
  const agent = openLocalAgent(context, {
    ...loaded,
    defaults: agentDefaults(loaded.settings, loaded.isSet),
    onNotice: notice,
    describeFailure: (error) => describeLocalFailure(error, onBug),
  });
  if (context.stdin.isTTY) notice("an agent's program speaks to this one over stdin and stdout: docs/mcp.md says how it is told to; Ctrl-D ends");
  const connection = serveAgent({ stdin: context.stdin, stdout: protocolStream(context) }, () => createMcpServer(agent.services, packageVersion()), (error) => notice(error.message));
  try {
    await Promise.race([connection.ended, aborted(context.signal)]);
  } finally {
    await connection.close();
    await agent.close();
    // A terminal or a pipe that is still open would keep this process alive.
    context.stdin.destroy();
  }
  return 0;
}

/** @throws UserError for what would be ignored without a word. */
function refuseListenerFlags(flags: Flags): void {
  const own = new Set(settingsOfCommand("mcp").map(({ key }) => key));
  const given = ["host", "port", "keyFile", "insecure", "allowedHosts", "allowedOrigins"].find((key) => own.has(key) && flags[key] !== undefined);
  const setting = given === undefined ? undefined : settingOf(given);
  if (setting !== undefined) throw new UserError(`${longFlag(setting)} is for a server that listens`, { hint: "add --http, or leave it out" });
}

/** stdout as the transport wants it: the output's own stream, which knows what to do with readers that have gone. */
function protocolStream({ output }: CommandContext): Writable {
  return new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      output.write(chunk).then(() => done(), done);
    },
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
