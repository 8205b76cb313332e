import type { Readable, Writable } from "node:stream";
import type { McpServer } from "@modelcontextprotocol/server";
import { serveStdio, StdioServerTransport } from "@modelcontextprotocol/server/stdio";

/** No call is that long: a rank of 1,000 documents of 100,000 characters is the longest that is read. */
const MAX_MESSAGE_BYTES = 128 * 1024 * 1024;

export interface AgentConnection {
  /** Resolves when the client has closed its end, or can no longer be written to. */
  readonly ended: Promise<void>;
  /** What is under way is aborted, and not answered. May be called twice. */
  close(): Promise<void>;
}

/**
 * Speaks the protocol over two streams, and nothing else over `stdout`.
 *
 * @param createServer called once for a connection; clients of the protocol of 2026 first ask a server that is thrown away.
 * @param onError told of what is no request of the protocol; the connection goes on.
 */
export function serveAgent(
  { stdin, stdout }: { readonly stdin: Readable; readonly stdout: Writable },
  createServer: () => McpServer,
  onError: (error: Error) => void,
): AgentConnection {
  const transport = new StdioServerTransport(stdin, stdout, { maxBufferSize: MAX_MESSAGE_BYTES });
  const ended = new Promise<void>((resolve) => {
    stdin.once("end", resolve).once("close", resolve).once("error", () => resolve());
    stdout.once("error", () => resolve()).once("close", resolve);
  });
  // Nothing that a client could be told of ever changes.
  const handle = serveStdio(createServer, { transport, onerror: onError, maxSubscriptions: 0 });
  return { ended, close: () => handle.close() };
}
