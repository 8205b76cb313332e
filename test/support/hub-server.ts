import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export const COMMIT = "0123456789abcdef0123456789abcdef01234567";

export interface HubRequest {
  readonly method: string;
  readonly url: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

/** Answers in place of the hub; `false` lets the hub answer as it should. */
export type Fault = (request: HubRequest, response: ServerResponse) => boolean;

export interface HubServer {
  readonly endpoint: string;
  readonly requests: HubRequest[];
  /** Asked before each answer, in order; the first that answers wins. */
  readonly faults: Fault[];
  /** Requests for the content of a file. */
  contentRequests(path: string): HubRequest[];
  close(): Promise<void>;
}

export interface HubModel {
  readonly repo: string;
  readonly files: Readonly<Record<string, Buffer | string>>;
  /** Paths that the hub keeps in Git LFS: SHA-256 tags, content on another host. */
  readonly largeFiles?: readonly string[];
  readonly commit?: string;
}

export interface HubServerOptions {
  /** Another server's address: large files are redirected there. */
  readonly contentEndpoint?: () => string;
  readonly ignoresRange?: boolean;
}

/** A local server that speaks the hub's protocol for one model, and breaks it on request. */
export async function startHubServer(model: HubModel, options: HubServerOptions = {}): Promise<HubServer> {
  const requests: HubRequest[] = [];
  const faults: Fault[] = [];
  const server = createServer((incoming, response) => {
    const request: HubRequest = {
      method: incoming.method ?? "GET",
      url: decodeURIComponent(incoming.url ?? "/"),
      range: header(incoming, "range"),
      authorization: header(incoming, "authorization"),
    };
    requests.push(request);
    if (faults.some((fault) => fault(request, response))) return;
    answer(model, options, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    faults,
    contentRequests: (path) => requests.filter(({ method, url }) => method === "GET" && url.endsWith(`/${path}`)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The tag that the hub gives a file: SHA-256 for LFS files, git's blob hash for others. */
export function tagOf(content: Buffer | string, large: boolean): string {
  const bytes = Buffer.from(content);
  if (large) return createHash("sha256").update(bytes).digest("hex");
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

/** Answers this many requests that fit with a status, then lets the hub answer. */
export function failTimes(times: number, fits: (request: HubRequest) => boolean, status: number, headers: Record<string, string> = {}): Fault {
  let left = times;
  return (request, response) => {
    if (left === 0 || !fits(request)) return false;
    left -= 1;
    response.writeHead(status, headers).end();
    return true;
  };
}

export function isContent(path: string): (request: HubRequest) => boolean {
  return ({ method, url }) => method === "GET" && url.endsWith(`/${path}`);
}

function answer(model: HubModel, options: HubServerOptions, request: HubRequest, response: ServerResponse): void {
  const commit = model.commit ?? COMMIT;
  if (request.url.startsWith(`/api/models/${model.repo}/revision/`)) {
    const siblings = Object.keys(model.files).map((rfilename) => ({ rfilename }));
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ id: model.repo, sha: commit, siblings }));
    return;
  }
  const path = request.url.slice(`/${model.repo}/resolve/${commit}/`.length);
  const content = request.url.startsWith(`/${model.repo}/resolve/${commit}/`) ? model.files[path] : undefined;
  if (content === undefined) {
    response.writeHead(404, { "x-error-code": request.url.startsWith(`/${model.repo}/`) ? "EntryNotFound" : "RepoNotFound" }).end();
    return;
  }
  sendFile(model, options, request, response, path, Buffer.from(content));
}

function sendFile(model: HubModel, options: HubServerOptions, request: HubRequest, response: ServerResponse, path: string, bytes: Buffer): void {
  const large = model.largeFiles?.includes(path) ?? false;
  const tag = tagOf(bytes, large);
  const linked = { "x-repo-commit": model.commit ?? COMMIT, ...(large && { "x-linked-etag": `"${tag}"`, "x-linked-size": String(bytes.length) }) };
  if (large && options.contentEndpoint) {
    response.writeHead(302, { ...linked, location: `${options.contentEndpoint()}${request.url}` }).end();
    return;
  }
  const from = options.ignoresRange ? undefined : /^bytes=(\d+)-$/.exec(request.range ?? "")?.[1];
  const start = from === undefined ? 0 : Number(from);
  if (start > 0 && start >= bytes.length) {
    response.writeHead(416, { "content-range": `bytes */${bytes.length}` }).end();
    return;
  }
  response.writeHead(from === undefined ? 200 : 206, {
    ...linked,
    etag: `"${tag}"`,
    "content-type": "application/octet-stream",
    "content-length": bytes.length - start,
    ...(from !== undefined && { "content-range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` }),
  });
  response.end(request.method === "HEAD" ? undefined : bytes.subarray(start));
}

function header(incoming: IncomingMessage, name: "range" | "authorization"): string | undefined {
  return incoming.headers[name];
}
