import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

export interface ScriptedServer {
  readonly url: string;
  /** When each request came, in milliseconds, and its headers. */
  readonly requests: { readonly at: number; readonly path: string; readonly headers: IncomingMessage["headers"] }[];
}

/** A server that gives one answer after another, the last one again and again, until the test has finished. */
export async function startScript(...answers: readonly Answer[]): Promise<ScriptedServer> {
  const requests: ScriptedServer["requests"] = [];
  const listener: RequestListener = (request, response) => {
    const answer = answers[Math.min(requests.length, answers.length - 1)];
    requests.push({ at: performance.now(), path: request.url ?? "", headers: request.headers });
    request.resume().once("end", () => answer?.(response, request));
  };
  const server = createServer(listener).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

export function json(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Answer {
  return (response) => response.writeHead(status, { "content-type": "application/json", ...headers }).end(typeof body === "string" ? body : JSON.stringify(body));
}

/** Of POST /v1/rerank for two documents. */
export const RANKING = { model: "mini", usage: { prompt_tokens: 7 }, results: [{ index: 1, relevance_score: 0.9 }, { index: 0, relevance_score: 0.2 }] };
