import { join } from "node:path";
import { variable, type Environment } from "./environment.ts";

/** Where rerank keeps what it cannot make again: `$XDG_STATE_HOME/rerank`, `%LOCALAPPDATA%\rerank` on Windows, else `~/.local/state/rerank`. */
export function stateFolder(env: Environment, homeFolder: string, platform: NodeJS.Platform): string {
  const windows = platform === "win32" ? variable(env, "LOCALAPPDATA") : undefined;
  return join(variable(env, "XDG_STATE_HOME") ?? windows ?? join(homeFolder, ".local", "state"), "rerank");
}
