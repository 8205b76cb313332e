import type { CommandContext } from "../context.ts";
import { loadSettings, type Flags } from "../load-settings.ts";

/** `rerank serve`: models and index over HTTP, until it is told to stop. Resolves to the exit code. */
export async function runServe(flags: Flags, context: CommandContext): Promise<number> {
  await loadSettings(context, "serve", flags);
  throw new Error("not built yet");
}
