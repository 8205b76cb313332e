import { RemoteFailure } from "../../domain/errors.ts";
import { failureOfConnection, failureOfStatus, largeAnswerFailure, notJsonFailure, redirectFailure, timeoutFailure, webPageFailure } from "./http-failures.ts";
import type { RemoteAnswer, RemoteFetch } from "./remote-transport.ts";
import { shownAddress } from "./request-address.ts";
import { retryAfterMs } from "./retry-wait.ts";

export interface ExchangeRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON; `undefined` for a GET. */
  readonly body: string | undefined;
  readonly hasKey: boolean;
  readonly keyHint: string | undefined;
}

export interface ExchangeOptions {
  readonly fetch: RemoteFetch;
  readonly timeoutMs: number;
  readonly maxAnswerBytes: number;
  readonly now: () => number;
}

/** One try. */
export type Exchanged =
  | { readonly answer: RemoteAnswer }
  | { readonly failure: RemoteFailure; readonly isWorthRepeating: boolean; readonly retryAfterMs: number | undefined };

const MAX_REDIRECTS = 3;
/** Of an answer with an error: only its code is of interest. */
const MAX_ERROR_BYTES = 65_536;

/** Sends one request and reads its answer to the last byte. Rejects with `signal.reason` at once when aborted, and for nothing else. */
export async function exchange(request: ExchangeRequest, signal: AbortSignal, { timeoutMs, ...options }: ExchangeOptions): Promise<Exchanged> {
  signal.throwIfAborted();
  const stop = new AbortController();
  const follow = (): void => stop.abort(signal.reason);
  signal.addEventListener("abort", follow, { once: true });
  const timeout = timeoutFailure(shownAddress(request.url), timeoutMs);
  const timer = setTimeout(() => stop.abort(timeout), timeoutMs);
  try {
    return await untilAborted(send(request, stop.signal, options), stop.signal);
  } catch (error) {
    if (error === timeout) return { failure: timeout, isWorthRepeating: false, retryAfterMs: undefined };
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", follow);
    // What is still read is of no use to anybody, and would hold its connection.
    stop.abort();
  }
}

/** The work's end, or the signal's reason, whichever comes first; the work's own end is then of no interest. */
export async function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  work.catch(() => {});
  signal.throwIfAborted();
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (stop !== undefined) signal.removeEventListener("abort", stop);
  }
}

async function send(request: ExchangeRequest, signal: AbortSignal, options: Omit<ExchangeOptions, "timeoutMs">): Promise<Exchanged> {
  const name = shownAddress(request.url);
  let { url } = request;
  for (let redirects = 0; ; redirects += 1) {
    let response: Response;
    try {
      response = await options.fetch(url, {
        method: request.body === undefined ? "GET" : "POST",
        headers: request.headers,
        ...(request.body !== undefined && { body: request.body }),
        redirect: "manual",
        signal,
      });
    } catch (error) {
      return { ...failureOfConnection(name, error, "connect"), retryAfterMs: undefined };
    }
    if (response.status < 300 || response.status >= 400) return readAnswer(request, response, options);
    await response.body?.cancel().catch(() => {});
    const target = redirectTarget(response, url);
    // Only these two repeat the request as it is, body and all.
    const canFollow = (response.status === 307 || response.status === 308) && target?.origin === new URL(url).origin && redirects < MAX_REDIRECTS;
    if (!canFollow || target === undefined) return final(redirectFailure(name, response.status, target?.host));
    url = target.href;
  }
}

function redirectTarget(response: Response, url: string): URL | undefined {
  const location = response.headers.get("location") ?? "";
  return location !== "" && URL.canParse(location, url) ? new URL(location, url) : undefined;
}

async function readAnswer(request: ExchangeRequest, response: Response, { maxAnswerBytes, now }: Omit<ExchangeOptions, "timeoutMs">): Promise<Exchanged> {
  const name = shownAddress(request.url);
  const { status, headers, ok } = response;
  let text: string | undefined;
  try {
    text = await readBounded(response, ok ? maxAnswerBytes : MAX_ERROR_BYTES);
  } catch (error) {
    // Without its body an error is still the error that its status tells.
    if (ok) return { ...failureOfConnection(name, error, "read"), retryAfterMs: undefined };
  }
  if (!ok) {
    const waitMs = retryAfterMs(headers.get("retry-after"), now());
    const { hasKey, keyHint } = request;
    const failure = failureOfStatus(name, { status, code: codeOf(text, request), retryAfterMs: waitMs, hasKey, keyHint });
    return { failure, isWorthRepeating: status === 429 || status >= 500, retryAfterMs: waitMs };
  }
  if (text === undefined) return final(largeAnswerFailure(name, maxAnswerBytes));
  if (/text\/html/i.test(headers.get("content-type") ?? "") || /^\s*</.test(text.slice(0, 1000))) return final(webPageFailure(name));
  try {
    return { answer: { status, headers, json: JSON.parse(text) as unknown } };
  } catch {
    return final(notJsonFailure(name));
  }
}

function final(failure: RemoteFailure): Exchanged {
  return { failure, isWorthRepeating: false, retryAfterMs: undefined };
}

/** `undefined` where there is more than `maxBytes`. */
async function readBounded(response: Response, maxBytes: number): Promise<string | undefined> {
  const reader = response.body?.getReader();
  if (reader === undefined) return "";
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(parts).toString("utf8").replace(/^\uFEFF/, "");
    sizeBytes += value.byteLength;
    if (sizeBytes > maxBytes) {
      await reader.cancel().catch(() => {});
      return undefined;
    }
    parts.push(value);
  }
}

/** The server's word for its error. Nothing else of its answer is shown: servers repeat keys and texts in what they say. */
function codeOf(text: string | undefined, { body, headers }: ExchangeRequest): string | undefined {
  let answer: Readonly<Record<string, unknown>>;
  try {
    const json = JSON.parse(text ?? "") as { readonly error?: unknown } | null;
    answer = { ...(typeof json?.error === "object" ? json.error : undefined), ...json };
  } catch {
    return undefined;
  }
  const sent = [body ?? "", ...Object.values(headers)];
  return [answer["code"], answer["error_type"], answer["type"]].find(
    (code): code is string => typeof code === "string" && /^[A-Za-z][\w.-]{2,60}$/.test(code) && !sent.some((part) => part.includes(code)),
  );
}
