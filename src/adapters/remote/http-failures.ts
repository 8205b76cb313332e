import { RemoteFailure } from "../../domain/errors.ts";

const DEFAULT_KEY_HINT = "check the key for this server, and where it is read from: rerank config explain";

/** What an answer with an error tells, beside its status. */
export interface ErrorAnswer {
  readonly status: number;
  /** The server's own word for it, "InvalidParameter"; `undefined` where it has none, or one that could be a text of the request. */
  readonly code: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly hasKey: boolean;
  readonly keyHint: string | undefined;
}

/**
 * What an answer with a status of 400 and more means.
 *
 * @param name host and path.
 */
export function failureOfStatus(name: string, { status, code, retryAfterMs, hasKey, keyHint = DEFAULT_KEY_HINT }: ErrorAnswer): RemoteFailure {
  const told = code === undefined ? `${status}` : `${status} ${code}`;
  if (status === 401 || status === 403) {
    return new RemoteFailure("unauthorized", hasKey ? `${name} does not accept the key (${told})` : `${name} asks for a key (${told})`, { hint: keyHint });
  }
  if (status === 429) {
    const until = retryAfterMs === undefined ? "" : `, and asks to be left alone for ${Math.ceil(retryAfterMs / 1000)} s`;
    return new RemoteFailure("rate-limited", `${name} has had too many requests (${told})${until}`, {
      hint: "ask less at a time: --remote-rate 60 or --remote-concurrency 1; or try again later",
    });
  }
  if (status >= 500) return new RemoteFailure("server-failed", `${name} has failed (${told})`, { hint: "try again later; the server's own log says why" });
  return new RemoteFailure("refused", `${name} does not take the request (${told})`, { hint: REFUSAL_HINTS[status] ?? "check the model's name, and the dialect that the server speaks" });
}

const REFUSAL_HINTS: Readonly<Record<number, string>> = {
  402: "the account has no credit left: see the provider's console",
  404: "check the path of the address and the model's name",
  405: "check the path of the address",
  407: "the proxy asks for a login: write it as http://user:password@host:port in https_proxy",
  413: "the texts are too long for this server: read less of each (--rerank-tokens, --embed-tokens)",
};

/** Why there is no answer, and whether another try can help. */
export interface ConnectionFailure {
  readonly failure: RemoteFailure;
  readonly isWorthRepeating: boolean;
}

/** @param error what fetch has thrown. Only its code is told: undici repeats headers in some messages. */
export function failureOfConnection(name: string, error: unknown, during: "connect" | "read"): ConnectionFailure {
  const code = codeOf(error);
  const fail = (what: string, hint: string, isWorthRepeating = true): ConnectionFailure => ({
    failure: new RemoteFailure("unreachable", `${name} ${what}${code === undefined ? "" : ` (${code})`}`, { hint }),
    isWorthRepeating,
  });
  if (during === "read") return fail("has broken off in the middle of its answer", "try again; a proxy between may cut long answers");
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return fail("cannot be found: its name has no address", "check the address, and the network of this machine");
  if (code === "ECONNREFUSED") return fail("does not take connections", "start the server, or check host and port of the address");
  if (code !== undefined && isTlsCode(code)) {
    return fail("cannot be trusted: its certificate or its TLS is not in order", "check the address; NODE_EXTRA_CA_CERTS names a file with certificates of your own", false);
  }
  if (code === "UND_ERR_ABORTED") return fail("cannot be reached by way of the proxy", "check http_proxy, https_proxy and no_proxy");
  return fail("cannot be reached", "check the address, and the network of this machine");
}

function isTlsCode(code: string): boolean {
  return /^(ERR_TLS|ERR_SSL|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|EPROTO|HOSTNAME_MISMATCH)/.test(code);
}

/** Of the error or of what has caused it, at whatever depth fetch has wrapped it. */
function codeOf(error: unknown, depth = 0): string | undefined {
  if (typeof error !== "object" || error === null || depth > 4) return undefined;
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown };
  if (typeof code === "string" && /^\w+$/.test(code)) return code;
  return codeOf(cause, depth + 1) ?? (Array.isArray(errors) ? codeOf(errors[0], depth + 1) : undefined);
}

export function webPageFailure(name: string): RemoteFailure {
  return new RemoteFailure("bad-answer", `${name} answers with a web page, not with JSON`, {
    hint: "check the path of the address; a login page or a proxy may stand before the server",
  });
}

export function notJsonFailure(name: string): RemoteFailure {
  return new RemoteFailure("bad-answer", `${name} answers with something that is not JSON`, {
    hint: "check the address and the dialect; a score that is NaN is no JSON either: the server's log says more",
  });
}

export function largeAnswerFailure(name: string, maxBytes: number): RemoteFailure {
  return new RemoteFailure("bad-answer", `${name} answers with more than ${Math.round(maxBytes / 1e6)} MB`, { hint: "check the address and the dialect" });
}

export function redirectFailure(name: string, status: number, location: string | undefined): RemoteFailure {
  const target = location === undefined ? "elsewhere" : `to ${location}`;
  return new RemoteFailure("refused", `${name} sends on ${target} (${status}), where the key does not follow`, { hint: "write the address that it means, if you trust it" });
}

export function timeoutFailure(name: string, timeoutMs: number): RemoteFailure {
  return new RemoteFailure("timeout", `${name} has not answered in ${seconds(timeoutMs)}`, { hint: "allow more with --remote-timeout, or ask for fewer candidates" });
}

/** @param last what the last try has ended with. */
export function deadlineFailure(name: string, last: RemoteFailure | undefined): RemoteFailure {
  const why = last === undefined ? "" : `; the last try: ${last.message}`;
  return new RemoteFailure("deadline", `${name} has not answered within the deadline${why}`, { hint: "allow more with --remote-deadline" });
}

export function circuitFailure(name: string, openForMs: number): RemoteFailure {
  const until = openForMs > 0 ? `for ${seconds(openForMs)} more` : "until a trial has succeeded";
  return new RemoteFailure("circuit-open", `${name} has failed five times in a row and is left alone ${until}`, { hint: "see what is wrong with the server, then try again" });
}

function seconds(ms: number): string {
  return ms < 1000 ? `${Math.ceil(ms)} ms` : `${Math.ceil(ms / 100) / 10} s`;
}
