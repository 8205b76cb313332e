import { RerankError, type RerankErrorCode } from "./rerank-error.ts";
import { retryAfterSeconds } from "./retry-wait.ts";

const CODES: Readonly<Record<number, RerankErrorCode>> = {
  400: "invalid",
  401: "unauthorized",
  403: "forbidden",
  404: "not-found",
  405: "not-found",
  413: "invalid",
  415: "invalid",
  422: "invalid",
  429: "overloaded",
  503: "unavailable",
  504: "deadline",
};
/** A page of a proxy may be long, and what is in it is not for a log. */
const MAX_MESSAGE_LETTERS = 1000;

/** The error of an answer that is no success: in the server's words, or by its status where a proxy has answered. */
export async function readFailure(response: Response): Promise<RerankError> {
  // A body that breaks off takes nothing from the status.
  const body = parsedOrUndefined(await response.text().catch(() => ""));
  return failureOf(body, response.status, response.headers);
}

/** @param body what an error answer, or the event `error`, holds. */
export function failureOf(body: unknown, status: number | undefined, headers: Headers): RerankError {
  const inner = memberOf(body, "error");
  const told = textOf(memberOf(inner, "message")) ?? textOf(memberOf(body, "message")) ?? textOf(inner);
  const message = told?.slice(0, MAX_MESSAGE_LETTERS) ?? `the server answered with status ${status}`;
  return new RerankError((status === undefined ? undefined : CODES[status]) ?? "failed", message, {
    status,
    param: textOf(memberOf(inner, "param")),
    requestId: headers.get("x-request-id") ?? textOf(memberOf(body, "id")),
    retryAfterSeconds: retryAfterSeconds(headers.get("retry-after"), Date.now()),
  });
}

/** A member of what may be no object at all. */
export function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function parsedOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
