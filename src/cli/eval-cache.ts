import { homedir } from "node:os";
import { join } from "node:path";
import { cacheFolder } from "../config/cache-folder.ts";
import type { Environment } from "../config/environment.ts";

/** Where evaluations keep indexes and answers. */
export function evalCacheFolder(environment: Environment): string {
  return join(cacheFolder(environment, homedir(), process.platform), "eval");
}

/** A dataset's name as a part of file names: who looks into the folder finds it, and what follows it tells it from others. */
export function datasetFileName(name: string, digest: string): string {
  return `${name.replaceAll(/[^\w.-]+/g, "-").slice(0, 60)}-${digest}`;
}
