import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { createRemoteEmbedder, type RemoteEmbedderOptions } from "../../../src/adapters/remote/embed-remote.ts";
import { createRemoteTransport, type RemoteTransport } from "../../../src/adapters/remote/remote-transport.ts";
import type { RemoteSpec } from "../../../src/domain/model-spec.ts";
import type { EmbedDialectName } from "../../../src/domain/remote-model.ts";
import type { Embedder } from "../../../src/ports/embedder.ts";
import type { RemoteBounds, RemoteEndpoint } from "../../../src/ports/remote-provider.ts";

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: any;
}

/** JSON with status 200, or whatever is done with the response. */
export type Answer = object | ((response: ServerResponse, request: SeenRequest) => void);

export interface EmbedServer {
  readonly url: string;
  readonly seen: SeenRequest[];
}

/** A server that answers each request as it is told to, until the test has finished. */
export async function startEmbedServer(answer: (request: SeenRequest, number: number) => Answer): Promise<EmbedServer> {
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => void parts.push(part));
    request.on("end", () => {
      const text = Buffer.concat(parts).toString();
      const one = { method: request.method ?? "", path: request.url ?? "", headers: request.headers, body: text === "" ? undefined : JSON.parse(text) };
      seen.push(one);
      const told = answer(one, seen.length);
      if (typeof told === "function") return told(response, one);
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(told));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

export const TEST_BOUNDS: RemoteBounds = { timeoutMs: 2000, deadlineMs: undefined, retries: 0, concurrency: 2, requestsPerMinute: undefined };

export function testTransport(bounds: Partial<RemoteBounds> = {}): RemoteTransport {
  const transport = createRemoteTransport({ bounds: { ...TEST_BOUNDS, ...bounds }, proxies: { http: undefined, https: undefined, noProxy: [] }, random: () => 0, sleep: async (_, signal) => signal.throwIfAborted() });
  onTestFinished(() => transport.close());
  return transport;
}

export const KEY = "sk-very-secret";

export function testEndpoint<Dialect extends EmbedDialectName>(dialect: Dialect, url: string, more: Partial<RemoteEndpoint<Dialect>> = {}): RemoteEndpoint<Dialect> {
  return { dialect, url, model: "some-model", key: { reveal: () => KEY }, template: "client", allowPlainHttp: false, ...more };
}

export function testSpec(endpoint: RemoteEndpoint<EmbedDialectName>, more: Partial<RemoteSpec> = {}): RemoteSpec {
  return {
    role: "embedder",
    family: "remote",
    id: `${endpoint.dialect}:${endpoint.model ?? ""}`,
    revision: "unknown",
    precision: "remote",
    source: "remote",
    folder: "",
    graphPath: "",
    maxTokens: 512,
    dimensions: 2,
    readsInstruction: false,
    licence: "unknown",
    sizeBytes: 0,
    fingerprint: "remote-test",
    dialect: endpoint.dialect,
    url: endpoint.url,
    template: endpoint.template,
    ...more,
  };
}

type EmbedderWishes = Partial<Omit<RemoteEmbedderOptions, "spec" | "endpoint" | "bounds">> & {
  readonly endpoint?: Partial<RemoteEndpoint<EmbedDialectName>>;
  readonly spec?: Partial<RemoteSpec>;
  readonly bounds?: Partial<RemoteBounds>;
};

export function testEmbedder(dialect: EmbedDialectName, url: string, { endpoint: wanted, spec, bounds, ...more }: EmbedderWishes = {}): Embedder {
  const endpoint = testEndpoint(dialect, url, wanted);
  return createRemoteEmbedder({ endpoint, spec: testSpec(endpoint, spec), transport: testTransport(bounds), bounds: { ...TEST_BOUNDS, ...bounds }, ...more });
}

/** As OpenAI answers: a vector for each text, [3, 4] times its number from the left. */
export function openaiAnswer({ body }: Pick<SeenRequest, "body">): { object: string; model: string; data: any[]; usage: any } {
  const inputs: string[] = body.input;
  return {
    object: "list",
    model: "some-model",
    data: inputs.map((text, index) => ({ object: "embedding", index, embedding: vectorFor(text) })),
    usage: { prompt_tokens: 7, total_tokens: 7 },
  };
}

/** Of unit length only after it was brought to it; texts that begin with a number have it as their slope. */
export function vectorFor(text: string): number[] {
  return [5, 5 * Number.parseInt(text, 10) || 0];
}

export function packed(values: readonly number[]): string {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [at, value] of values.entries()) bytes.writeFloatLE(value, at * 4);
  return bytes.toString("base64");
}
