import { createServer } from "node:net";
import type { LendingTerms } from "./warm-protocol.ts";
import { openWarmSession, type WarmModels, type WarmSession } from "./warm-session.ts";
import { makePrivateFolder, ownSocketPath, publishSocket, removeSocket } from "./warm-socket.ts";

/** Programs of one user at once; more of them load models of their own. */
const MAX_CLIENTS = 128;

export interface WarmHostOptions {
  /** Made for this user alone; refused where it is another user's, or open to others. */
  readonly folder: string;
  readonly socketPath: string;
  /** Of this package: clients of another version load models of their own. */
  readonly version: string;
  readonly terms: LendingTerms;
  readonly models: WarmModels;
  /** A client has asked for something, or got it. */
  readonly onActivity: () => void;
  /** One line about why models are not lent. */
  readonly onNotice: (line: string) => void;
  /** Time that work may take when the server ends; by default five seconds. */
  readonly graceMs?: number;
}

/** A socket at which programs of the same user find loaded models. */
export interface WarmHost {
  /** For tests: programs that are connected. */
  readonly clientCount: number;
  /** Takes the socket away, and resolves when what clients have asked for is done, or a few seconds later: they go on by themselves then. May be called twice. */
  close(): Promise<void>;
}

/** Resolves to `undefined`, with a notice, where models cannot be lent: another server does, or the folder is not safe. That is no reason not to serve. */
export async function listenForWarmClients(options: WarmHostOptions): Promise<WarmHost | undefined> {
  const { folder, socketPath, onNotice, ...session } = options;
  const problem = makePrivateFolder(folder);
  if (problem !== undefined) {
    onNotice(`models are not lent to other commands: ${problem}`);
    return undefined;
  }
  const sessions = new Set<WarmSession>();
  let clients = 0;
  let isClosing = false;
  const server = createServer((socket) => {
    const opened = openWarmSession(socket, { ...session, client: `socket ${++clients}` });
    sessions.add(opened);
    socket.once("close", () => sessions.delete(opened));
    if (isClosing) void opened.finish();
  });
  server.maxConnections = MAX_CLIENTS;

  const ownPath = ownSocketPath(socketPath);
  let identity: string | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(ownPath, resolve);
    });
    identity = await publishSocket(ownPath, socketPath);
    if (identity === undefined) onNotice("another `rerank serve` lends its models to other commands already");
  } catch (error) {
    onNotice(`models are not lent to other commands: ${(error as Error).message}`);
  }
  if (identity === undefined) {
    server.close();
    return undefined;
  }
  const name = identity;
  // A connection that cannot be accepted is a client that loads models of its own.
  server.on("error", () => {});
  return {
    get clientCount() {
      return sessions.size;
    },
    async close() {
      if (!isClosing) {
        isClosing = true;
        removeSocket(socketPath, name);
        server.close();
      }
      await Promise.all([...sessions].map((each) => each.finish()));
    },
  };
}
