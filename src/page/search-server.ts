import { readEvents } from "./read-events.ts";
import type { ErrorBody, IndexDescription, SearchMessage } from "./wire-types.ts";

/** An answer of the server that is not what was asked for. */
export class ServerProblem extends Error {
  /** 0: there was no answer at all. */
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, message: string, retryAfterSeconds?: number) {
    super(message);
    this.name = "ServerProblem";
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Beside the tab's own life, nothing keeps it: no cookie, no address. */
const KEY_NAME = "rerank-key";

export function keepKey(key: string): void {
  sessionStorage.setItem(KEY_NAME, key);
}

export function forgetKey(): void {
  sessionStorage.removeItem(KEY_NAME);
}

export function hasKey(): boolean {
  return sessionStorage.getItem(KEY_NAME) !== null;
}

/** Rejects with ServerProblem. */
export async function describeIndex(): Promise<IndexDescription> {
  return (await ask("v1/index", {})).json() as Promise<IndexDescription>;
}

export interface Wish {
  readonly query: string;
  readonly instruction: string;
  readonly candidates: number;
  readonly hybrid: boolean;
}

/** The search as it goes. Rejects with ServerProblem, and with the signal's reason; the server drops the work when it aborts. */
export async function* search({ query, instruction, candidates, hybrid }: Wish, signal: AbortSignal): AsyncGenerator<SearchMessage> {
  // All of the final order is shown: as many results as candidates.
  const wish = { query, candidates, limit: candidates, hybrid, stream: true, ...(instruction.trim() !== "" && { instruction }) };
  const headers = { "content-type": "application/json", accept: "text/event-stream" };
  const response = await ask("v1/search", { method: "POST", headers, body: JSON.stringify(wish), signal });
  if (response.body === null) throw new ServerProblem(0, "the server's answer is empty");
  let isOver = false;
  for await (const { event, data } of readEvents(chunksOf(response.body))) {
    const message = { event, data: JSON.parse(data) as unknown } as SearchMessage;
    isOver ||= message.event === "result" || message.event === "error";
    yield message;
  }
  if (!isOver) throw new ServerProblem(0, "the connection to the server broke off");
}

async function ask(address: string, init: RequestInit & { readonly headers?: Readonly<Record<string, string>> }): Promise<Response> {
  const key = sessionStorage.getItem(KEY_NAME);
  const headers = { ...init.headers, ...(key !== null && { authorization: `Bearer ${key}` }) };
  let response: Response;
  try {
    response = await fetch(address, { ...init, headers, cache: "no-store" });
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new ServerProblem(0, "the server cannot be reached");
  }
  if (response.ok) return response;
  const retryAfter = Number(response.headers.get("retry-after"));
  throw new ServerProblem(response.status, await messageOf(response), retryAfter > 0 ? retryAfter : undefined);
}

async function messageOf(response: Response): Promise<string> {
  try {
    return ((await response.json()) as ErrorBody).message;
  } catch {
    // Something between the page and the server has answered in its own words.
    return `the server answered with status ${response.status}`;
  }
}

/** Safari's streams cannot be iterated over. */
async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.releaseLock();
  }
}
