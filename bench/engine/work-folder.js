import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Where checkpoints, compiled graphs and peers stay between runs: gigabytes, never in the repository. @param {string} [given] */
export function openWorkFolder(given) {
  const folder = resolve(given ?? join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "rerank-bench"));
  mkdirSync(folder, { recursive: true });
  return folder;
}
