import type { CommandContext } from "../context.ts";
import { loadSettings, type Flags } from "../load-settings.ts";

/** `rerank mcp`: the index for agents, until they leave. Resolves to the exit code. */
export async function runMcp(flags: Flags, context: CommandContext): Promise<number> {
  await loadSettings(context, "mcp", flags);
  throw new Error("not built yet");
}
