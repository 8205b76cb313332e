import { join } from "node:path";
import { variable, type Environment } from "./environment.ts";

/** Where rerank keeps what it can make again: `$XDG_CACHE_HOME/rerank`, `%LOCALAPPDATA%\rerank` on Windows, else `~/.cache/rerank`. */
export function cacheFolder(env: Environment, homeFolder: string, platform: NodeJS.Platform): string {
  const windows = platform === "win32" ? variable(env, "LOCALAPPDATA") : undefined;
  return join(variable(env, "XDG_CACHE_HOME") ?? windows ?? join(homeFolder, ".cache"), "rerank");
}
