import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface RemoteCall {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** As JSON. */
  readonly body: any;
}

/** Answers the request of this number (from 0), or does not. */
export type RemoteScript = (response: ServerResponse, call: RemoteCall, number: number) => unknown;

export interface ScriptedRemote {
  /** "http://127.0.0.1:12345" */
  readonly url: string;
  readonly calls: RemoteCall[];
  /** The most requests that were under way at a time. */
  readonly mostAtATime: () => number;
}

/** A server that does what the script says, until the test has finished. */
export async function startScriptedRemote(script: RemoteScript): Promise<ScriptedRemote> {
  const calls: RemoteCall[] = [];
  let open = 0;
  let most = 0;
  const server = createServer((request, response) => {
    open += 1;
    most = Math.max(most, open);
    response.on("close", () => (open -= 1));
    void readBody(request).then((text) => {
      const call = { path: request.url ?? "", headers: request.headers, body: JSON.parse(text) };
      calls.push(call);
      script(response, call, calls.length - 1);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls, mostAtATime: () => most };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}

export function sendJson(response: ServerResponse, body: unknown, status = 200, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(typeof body === "string" ? body : JSON.stringify(body));
}
