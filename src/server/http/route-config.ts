import type { RouteOptions } from "fastify";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Answered without a key, and neither counted by the rate limit nor as activity: a static page, or a sign of life. */
    open?: boolean;
    /** The dialect that the route belongs to, for the log. Set for every route of a dialect. */
    dialect?: string;
  }
}

/** Adds to a route what holds for all of its kind; for onRoute hooks. */
export function addRouteConfig(route: RouteOptions, config: { readonly open?: boolean; readonly dialect?: string }): void {
  route.config = { ...config, ...route.config };
}
