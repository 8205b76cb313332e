import { fastifyCors } from "@fastify/cors";
import { fastifyRateLimit, normalizeIP } from "@fastify/rate-limit";
import type { FastifyRequest } from "fastify";
import type { ServerApp } from "../create-app.ts";
import { ServiceError } from "../service-error.ts";
import { callerOf } from "./caller.ts";
import { createHostCheck } from "./check-host.ts";
import { createOriginCheck } from "./check-origin.ts";
import { createKeyAttempts } from "./key-attempts.ts";
import type { Keyring } from "./keyring.ts";
import type { SecurityOptions } from "./security-options.ts";
import { TOLD_HEADERS } from "./tell-work.ts";

const MINUTE_MS = 60_000;
const PREFLIGHT_SECONDS = 600;
const RATE_HEADERS = ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "retry-after"];

const isOpen = (request: FastifyRequest): boolean => request.routeOptions.config.open === true;

/**
 * Decides who is answered: the name by which the server is called, the page that calls, and the key, in this order. A
 * preflight comes without a key, so that it is answered before keys are asked for.
 *
 * Paths that do not exist ask for a key as well: what there is here is told only to those who may use it.
 *
 * @throws UserError for an allowed origin that is none.
 */
export function prepareGuard(app: ServerApp, security: SecurityOptions, keyring: Keyring): void {
  const checkHost = createHostCheck(security);
  const origins = createOriginCheck(security.allowedOrigins);
  const attempts = createKeyAttempts();
  app.addHook("onRequest", async ({ headers: { host } }) => checkHost(host));
  if (security.allowedOrigins.length > 0) {
    void app.register(fastifyCors, {
      origin: (origin, done) => done(null, origins.isAllowed(origin)),
      methods: ["GET", "HEAD", "POST"],
      exposedHeaders: [...TOLD_HEADERS, ...RATE_HEADERS],
      maxAge: PREFLIGHT_SECONDS,
    });
  }
  app.addHook("onRequest", async (request) => {
    origins.check(request.headers, { isShown: isOpen(request) || request.routeOptions.url === "/" });
    if (keyring.isEmpty || isOpen(request)) return;
    const holder = keyring.holderOf(request);
    const address = normalizeIP(request.ip);
    if (holder !== undefined) return attempts.accept(address, holder);
    if (keyring.bringsKey(request)) attempts.refuse(address);
    throw new ServiceError("unauthorized", 'a key is needed: send it as "Authorization: Bearer <key>" or "X-API-Key: <key>"');
  });
}

/** Must come after the guard: what is refused for its key is not counted against whoever has the same address. */
export function prepareRateLimit(app: ServerApp, { rateLimit }: Pick<SecurityOptions, "rateLimit">): void {
  if (rateLimit === undefined) return;
  void app.register(fastifyRateLimit, {
    global: false,
    max: rateLimit,
    timeWindow: MINUTE_MS,
    keyGenerator: (request) => callerOf(request).client,
    allowList: isOpen,
    errorResponseBuilder: (_request, { ttl, max }) =>
      new ServiceError("rate-limited", `more than ${max} requests in a minute`, { retryAfterSeconds: Math.max(1, Math.ceil(ttl / 1000)) }),
  });
  // As a hook of the whole app rather than of each route: paths that do not exist are counted too.
  void app.after(() => void app.addHook("onRequest", app.rateLimit()));
}
