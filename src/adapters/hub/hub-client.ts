import { UserError } from "../../domain/errors.ts";
import { hubFailure, isWebPage, type Asked } from "./hub-failure.ts";
import { isCommit } from "./hub-cache-layout.ts";
import type { HubFetch } from "./hub-transport.ts";
import { overNetwork, TransientError } from "./transient-error.ts";

export interface HubClientOptions {
  /** "https://huggingface.co" or a mirror's address, without a slash at the end. */
  readonly endpoint: string;
  readonly token: string | undefined;
  readonly fetch: HubFetch;
  readonly signal: AbortSignal | undefined;
}

export interface HubRevision {
  readonly commit: string;
  readonly paths: readonly string[];
}

export interface HubFile {
  /** The hub's digest of the content, and the name of the blob in the cache. */
  readonly etag: string;
  /** `undefined` where the hub does not say. */
  readonly sizeBytes: number | undefined;
}

/** One try each: throws TransientError where another may help, UserError where the user can. */
export interface HubClient {
  readonly host: string;
  revision(repo: string, revision: string): Promise<HubRevision>;
  describe(repo: string, commit: string, path: string): Promise<HubFile>;
  /** Status 200 (the whole file), 206 (from that byte on) or 416 (there is no such byte). */
  open(repo: string, commit: string, path: string, fromByte: number): Promise<Response>;
}

interface Request {
  readonly method: "GET" | "HEAD";
  readonly headers?: Record<string, string>;
  /** Whether a redirecting response has the answer already. */
  readonly answers?: (response: Response) => boolean;
  /** Further statuses that are no failure. */
  readonly allow?: readonly number[];
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const MAX_REDIRECTS = 10;

export function createHubClient({ endpoint, token, fetch, signal }: HubClientOptions): HubClient {
  const { origin, host } = new URL(endpoint);
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    throw new UserError("the hub's token has characters that no token has", { hint: "set HF_TOKEN again, without spaces and line breaks" });
  }

  async function send(address: string, asked: Asked, { method, headers, answers, allow = [] }: Request): Promise<Response> {
    let url = address;
    for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
      const response = await overNetwork(
        fetch(url, {
          method,
          // The library's own redirects carry every header along. The token goes to the hub and to nobody else.
          redirect: "manual",
          headers: {
            "user-agent": "rerank-cli",
            // A compressed transfer has other lengths and ranges than the file.
            "accept-encoding": "identity",
            ...headers,
            ...(token !== undefined && new URL(url).origin === origin && { authorization: `Bearer ${token}` }),
          },
          ...(signal && { signal }),
        }),
        new URL(url).host,
        signal,
      );
      if (answers?.(response)) return response;
      const location = response.headers.get("location");
      if (REDIRECTS.has(response.status) && location !== null) {
        await discard(response);
        url = redirectTarget(location, url);
        continue;
      }
      if (response.ok || allow.includes(response.status)) return response;
      await discard(response);
      throw hubFailure(response, { ...asked, host: new URL(url).host });
    }
    throw new UserError(`${host} redirects in a circle`, { hint: "check HF_ENDPOINT" });
  }

  return {
    host,

    async revision(repo, revision) {
      const url = `${endpoint}/api/models/${repo}/revision/${encodeURIComponent(revision)}`;
      const asked = { host, repo, revision, hasToken: token !== undefined };
      const response = await send(url, asked, { method: "GET", headers: { accept: "application/json" } });
      const text = await overNetwork(response.text(), host, signal);
      return parseRevision(text, host);
    },

    async describe(repo, commit, path) {
      const asked = { host, repo, revision: commit, path, hasToken: token !== undefined };
      const response = await send(fileUrl(endpoint, repo, commit, path), asked, {
        method: "HEAD",
        answers: ({ headers }) => headers.has("x-linked-etag"),
      });
      const etag = plainEtag(response.headers.get("x-linked-etag") ?? response.headers.get("etag"));
      if (etag === undefined) {
        if (isWebPage(response)) throw webPage(host);
        throw new UserError(`${host} does not say what ${path} contains (no ETag)`, { hint: "check HF_ENDPOINT: this is no hub, or a mirror that leaves out too much" });
      }
      const length = response.headers.get("x-linked-size") ?? (response.ok ? response.headers.get("content-length") : null);
      return { etag, sizeBytes: length !== null && /^\d+$/.test(length) ? Number(length) : undefined };
    },

    async open(repo, commit, path, fromByte) {
      const asked = { host, repo, revision: commit, path, hasToken: token !== undefined };
      const response = await send(fileUrl(endpoint, repo, commit, path), asked, {
        method: "GET",
        // No If-Range: address and blob are named by commit and digest, so there is no other version; the digest of the whole decides.
        ...(fromByte > 0 && { headers: { range: `bytes=${fromByte}-` } }),
        allow: [416],
      });
      if (isWebPage(response) && !/\.html?$/i.test(path)) {
        await discard(response);
        throw webPage(host);
      }
      return response;
    },
  };
}

function fileUrl(endpoint: string, repo: string, commit: string, path: string): string {
  return `${endpoint}/${repo}/resolve/${commit}/${path.split("/").map(encodeURIComponent).join("/")}`;
}

function redirectTarget(location: string, from: string): string {
  const target = URL.canParse(location, from) ? new URL(location, from) : undefined;
  if (target?.protocol === "https:" || target?.protocol === "http:") return target.href;
  throw new TransientError(`${new URL(from).host} redirects to an address that is none`);
}

function parseRevision(text: string, host: string): HubRevision {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw webPage(host);
  }
  if (typeof answer === "object" && answer !== null && "sha" in answer && "siblings" in answer) {
    const { sha, siblings } = answer;
    if (typeof sha === "string" && isCommit(sha) && Array.isArray(siblings)) {
      const paths = siblings.map((sibling: unknown) => (sibling as { rfilename?: unknown } | null)?.rfilename);
      return { commit: sha, paths: paths.filter((path) => typeof path === "string").filter(isSafePath) };
    }
  }
  throw new UserError(`${host} does not answer as a model hub does`, { hint: "check HF_ENDPOINT" });
}

/** A path that stays inside the folder that it is joined to, on every system. */
function isSafePath(path: string): boolean {
  // eslint-disable-next-line no-control-regex
  if (path === "" || /[\\:\x00-\x1f]/.test(path)) return false;
  return path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

/** Without quotation marks and the mark of a weak tag; `undefined` when it could not be a file name. */
function plainEtag(etag: string | null): string | undefined {
  const plain = etag?.replace(/^W\//, "").replaceAll('"', "");
  return plain !== undefined && /^[\w-]{8,128}$/.test(plain) ? plain : undefined;
}

function webPage(host: string): UserError {
  return new UserError(`${host} answers with a web page in place of the file`, {
    hint: "a login page of the network or a wrong HF_ENDPOINT does that: open the address in a browser",
  });
}

async function discard(response: Response): Promise<void> {
  // An unread body would keep its connection; one that breaks while it is thrown away harms nobody.
  await response.body?.cancel().catch(() => {});
}
