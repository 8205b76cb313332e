import type { FastifyRequest } from "fastify";
import type { ServerApp } from "../create-app.ts";
import type { RequestLimits } from "../limits.ts";
import type { Caller } from "../model-service.ts";
import { ServiceError } from "../service-error.ts";

const callers = new WeakMap<FastifyRequest, Caller>();

/** Gives every request a caller, whose signal aborts when the client has left or its time is over. */
export function prepareCallers(app: Pick<ServerApp, "addHook">, { deadlineMs }: Pick<RequestLimits, "deadlineMs">): void {
  app.addHook("onRequest", async (request, reply) => {
    const gone = new AbortController();
    const late = setTimeout(() => gone.abort(new ServiceError("deadline", `no answer within ${deadlineMs / 1000} s`)), deadlineMs);
    late.unref();
    reply.raw.once("close", () => {
      clearTimeout(late);
      if (!reply.raw.writableFinished) gone.abort(new ServiceError("unavailable", "the client has left"));
    });
    callers.set(request, { client: request.ip, signal: gone.signal });
  });
}

export function callerOf(request: FastifyRequest): Caller {
  const caller = callers.get(request);
  if (caller === undefined) throw new Error("the request has no caller: prepareCallers comes first");
  return caller;
}
