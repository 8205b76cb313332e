import type { ServerApp } from "../create-app.ts";

/** Tells of requests that are worked on: those of a route that is not open, once the guard has let them in. */
export function prepareActivity(app: ServerApp, onActivity: ((running: number) => void) | undefined): void {
  if (onActivity === undefined) return;
  let running = 0;
  app.addHook("onRequest", async (request, reply) => {
    if (request.routeOptions.config.open === true) return;
    onActivity((running += 1));
    reply.raw.once("close", () => onActivity((running -= 1)));
  });
}
