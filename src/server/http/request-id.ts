import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** What tracing tools write. Line ends and quotes would forge lines of logs, and a long one fills them. */
const SANE_ID = /^[A-Za-z0-9._~+/=:@-]{1,128}$/;

/** The client's own X-Request-Id where it can be trusted in a log, else a new one. */
export function requestIdOf({ headers }: Pick<IncomingMessage, "headers">): string {
  const sent = headers["x-request-id"];
  return typeof sent === "string" && SANE_ID.test(sent) ? sent : randomUUID();
}
