import type { FastifyReply, FastifyRequest } from "fastify";
import type { ServerApp } from "../create-app.ts";
import { supersetErrorAnswer } from "../dialects/superset-errors.ts";
import { ServiceError } from "../service-error.ts";
import { sendError } from "./send-error.ts";

/** Routes that belong to no dialect, and paths that are none, answer as most clients here can read it. */
export const plainDialect = { errorAnswer: supersetErrorAnswer };

/** Must come before the routes. 404 for a path that is not there, 405 with Allow for a method that a path does not have. */
export function prepareUnknownRoutes(app: ServerApp): void {
  const routes: { readonly pattern: RegExp; readonly methods: readonly string[] }[] = [];
  app.addHook("onRoute", ({ url, method }) => {
    // CORS has a route for every path.
    if (url !== "*" && url !== "/*") routes.push({ pattern: patternOf(url), methods: [method].flat() });
  });
  app.setNotFoundHandler((request: FastifyRequest, reply: FastifyReply) => {
    const path = request.url.split("?")[0] ?? "";
    const methods = new Set(routes.filter(({ pattern }) => pattern.test(path)).flatMap((route) => route.methods));
    if (methods.size === 0) return sendError(plainDialect, new ServiceError("not-found", "there is no such route; /docs shows those that are"), request, reply);
    const allow = [...methods].toSorted().join(", ");
    void reply.header("allow", allow);
    return sendError(plainDialect, new ServiceError("not-found", `this route takes ${allow}`, { status: 405 }), request, reply);
  });
}

/** "/v1/models/:id" and "/docs/static/*", as fastify's router reads them. */
function patternOf(url: string): RegExp {
  const parts = url.split(/(:\w+|\*)/).map((part) => (part === "*" ? ".*" : part.startsWith(":") ? "[^/]+" : part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&")));
  return new RegExp(`^${parts.join("")}$`);
}
