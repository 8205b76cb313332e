import { join } from "node:path";
import { variable, type Environment } from "./environment.ts";

/** What the kernel takes of a socket's path: 104 bytes on macOS and the BSDs with the byte that ends it, 108 on Linux. */
const MAX_SOCKET_PATH_BYTES = 103;
const SOCKET_NAME = "serve.sock";
/** Room for the name under which a server prepares its socket: a dot, a process id and a few random letters. */
const SPARE_BYTES = 20;

export interface RuntimeSurroundings {
  readonly platform: NodeJS.Platform;
  /** `undefined` where users have no number: Windows. */
  readonly userId: number | undefined;
  readonly temporaryFolder: string;
}

/** Where a running server lends its models, for one user. */
export interface RuntimePlace {
  /** Belongs to the user alone; whoever uses it checks that. */
  readonly folder: string;
  readonly socketPath: string;
}

/**
 * `$XDG_RUNTIME_DIR/rerank`, else `rerank-<user id>` in the folder for temporary files, where the former is not set or its path is too
 * long for a socket. `undefined` where no folder is short enough, and on Windows: a named pipe there has no folder whose owner a client
 * could check, and any user may take its name first.
 */
export function runtimePlace(env: Environment, { platform, userId, temporaryFolder }: RuntimeSurroundings): RuntimePlace | undefined {
  if (platform === "win32" || userId === undefined) return undefined;
  const runtime = variable(env, "XDG_RUNTIME_DIR");
  const folders = [...(runtime?.startsWith("/") === true ? [join(runtime, "rerank")] : []), join(temporaryFolder, `rerank-${userId}`)];
  return folders
    .map((folder) => ({ folder, socketPath: join(folder, SOCKET_NAME) }))
    .find(({ socketPath }) => Buffer.byteLength(socketPath) + SPARE_BYTES <= MAX_SOCKET_PATH_BYTES);
}
