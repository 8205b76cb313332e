import { createMcpHandler, type McpServer } from "@modelcontextprotocol/server";

/** One POST of the streamable HTTP transport; its guard and its body's reader have let it in. */
export interface McpPost {
  /** As Node has them. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
  /** Aborts when the client has left, or its time is over. */
  readonly signal: AbortSignal;
}

/** What the protocol reads; keys and cookies are none of its business. */
const READ_HEADERS = /^(accept|content-type|last-event-id|mcp-[a-z0-9-]+)$/;

/**
 * Answers one request with a server of its own: no sessions, so that nothing has to be kept, or found again behind a balancer.
 *
 * @param onError told of what is answered with an error of the protocol.
 */
export async function answerMcpPost({ headers, body, signal }: McpPost, createServer: () => McpServer, onError: (error: Error) => void): Promise<Response> {
  // Nothing that a client could be told of ever changes: subscriptions would only hold connections.
  const handler = createMcpHandler(createServer, { onerror: onError, maxSubscriptions: 0 });
  const read = Object.entries(headers).flatMap(([name, value]) => (typeof value === "string" && READ_HEADERS.test(name) ? [[name, value] as const] : []));
  // The address is not looked at: routes and hosts are the guard's.
  return handler.fetch(new Request("http://127.0.0.1/mcp", { method: "POST", headers: Object.fromEntries(read), signal }), { parsedBody: body });
}
