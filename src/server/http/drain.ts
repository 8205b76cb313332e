import type { ServerApp } from "../create-app.ts";
import { ServiceError } from "../service-error.ts";

/** A server that stops answers what it has begun, and turns away the rest. */
export interface Drain {
  readonly isDraining: boolean;
  begin(): void;
}

/**
 * Requests that come over open connections while the server stops are answered with 503 in the shape of their dialect, rather
 * than by fastify, which has a shape of its own; and every answer closes its connection.
 */
export function prepareDrain(app: ServerApp): Drain {
  let isDraining = false;
  const drain: Drain = {
    get isDraining() {
      return isDraining;
    },
    begin() {
      isDraining = true;
    },
  };
  let isClosing = false;
  app.addHook("preClose", async () => {
    isClosing = true;
    drain.begin();
  });
  app.addHook("onRequest", async (request) => {
    if (!isDraining || request.routeOptions.config.open === true) return;
    throw new ServiceError("unavailable", "the server is stopping", { retryAfterSeconds: 1 });
  });
  app.addHook("onSend", async (_request, reply) => {
    if (isDraining) void reply.header("connection", "close");
  });
  app.addHook("onResponse", async () => {
    // An answer that had begun before has promised to keep its connection: closing would wait until that has been idle for long enough.
    if (isClosing) setImmediate(() => app.server.closeIdleConnections());
  });
  return drain;
}
