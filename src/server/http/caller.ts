import { normalizeIP } from "@fastify/rate-limit";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { RequestLimits } from "../limits.ts";
import type { Caller } from "../model-service.ts";
import { ServiceError } from "../service-error.ts";

/** Who was not answered in time asks again when something of what was in the way may be done. */
const AFTER_DEADLINE_SECONDS = 5;

const callers = new WeakMap<FastifyRequest, Caller>();

/**
 * Gives a request its caller, whose signal aborts when the client has left or its time is over.
 *
 * @param keyHolder of the key that the request brought, if it brought one: see Keyring.
 */
export function prepareCaller(request: FastifyRequest, reply: FastifyReply, { deadlineMs }: Pick<RequestLimits, "deadlineMs">, keyHolder: string | undefined): void {
  const gone = new AbortController();
  const late = setTimeout(() => gone.abort(new ServiceError("deadline", `no answer within ${deadlineMs / 1000} s`, { retryAfterSeconds: AFTER_DEADLINE_SECONDS })), deadlineMs);
  late.unref();
  reply.raw.once("close", () => {
    clearTimeout(late);
    if (!reply.raw.writableFinished) gone.abort(new ServiceError("unavailable", "the client has left"));
  });
  // Of an IPv6 address the network counts: a client has 2^64 addresses of its own.
  callers.set(request, { client: keyHolder ?? normalizeIP(request.ip), signal: gone.signal });
}

export function callerOf(request: FastifyRequest): Caller {
  const caller = callers.get(request);
  if (caller === undefined) throw new Error("the request has no caller: prepareCaller comes first");
  return caller;
}
