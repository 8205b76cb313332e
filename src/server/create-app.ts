import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import {
  fastify,
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type RawReplyDefaultExpression,
  type RawRequestDefaultExpression,
  type RawServerDefault,
} from "fastify";
import type { Dialect } from "./dialect.ts";
import { prepareActivity } from "./http/activity.ts";
import { bodyBudgetOf, prepareBodyBudget } from "./http/body-budget.ts";
import { prepareCaller } from "./http/caller.ts";
import { answerClientError } from "./http/client-errors.ts";
import { CONNECTION_LIMITS, connectionOptions, type ConnectionLimits } from "./http/connection-limits.ts";
import { prepareDrain } from "./http/drain.ts";
import { stringifyFinite } from "./http/finite-json.ts";
import { prepareGuard, prepareRateLimit } from "./http/guard.ts";
import { addHealthRoutes } from "./http/health-routes.ts";
import { createKeyring } from "./http/keyring.ts";
import { logOutcome } from "./http/log-outcome.ts";
import { addMetricsRoute } from "./http/metrics-route.ts";
import { createServerMetrics } from "./http/metrics/server-metrics.ts";
import { observeRequest } from "./http/observe-request.ts";
import { addOpenApi } from "./http/openapi.ts";
import { prepareBodies } from "./http/read-bodies.ts";
import { requestIdOf } from "./http/request-id.ts";
import { addRouteConfig } from "./http/route-config.ts";
import { LOCAL_SECURITY, type SecurityOptions } from "./http/security-options.ts";
import { sendError } from "./http/send-error.ts";
import { plainDialect, prepareUnknownRoutes } from "./http/unknown-routes.ts";
import type { RequestLimits } from "./limits.ts";
import type { ModelService } from "./model-service.ts";
import type { SearchService } from "./search/search-service.ts";

export type ServerApp = FastifyInstance<RawServerDefault, RawRequestDefaultExpression, RawReplyDefaultExpression, FastifyBaseLogger, TypeBoxTypeProvider>;

declare module "fastify" {
  interface FastifyInstance {
    /** Turns new requests away with 503, while those that have begun are finished. `close` does it too. */
    beginDrain(): void;
    /** For the metrics: some texts of a request have gone to a model, with so many tokens, estimated. */
    observeTurn(texts: number, tokens: number): void;
  }
}

/** What routes answer with. */
export interface AppServices {
  readonly models: ModelService;
  readonly limits: RequestLimits;
  /** Of this package. */
  readonly version: string;
  /** Absent: the server has no search. */
  readonly search?: SearchService;
}

export interface AppOptions extends AppServices {
  readonly dialects: readonly Dialect[];
  /** By default that of a server which only this machine reaches, without a key. */
  readonly security?: SecurityOptions;
  /** By default nothing is logged. */
  readonly logger?: FastifyBaseLogger;
  /** Called when a request begins and when it ends, with the number of those that run. Open routes and refused requests do not count. */
  readonly onActivity?: (running: number) => void;
  readonly connections?: Partial<ConnectionLimits>;
}

/**
 * The HTTP server, not listening yet.
 *
 * Addresses of clients are those of their connections: behind a proxy all have the proxy's, and headers that a proxy adds are
 * not believed, since every client can send them.
 *
 * @throws UserError for an allowed origin that is none.
 */
export function createApp({ dialects, security = LOCAL_SECURITY, logger, onActivity, connections, ...services }: AppOptions): ServerApp {
  const { models, limits, version } = services;
  const { maxConnections, bodyBudgetBytes = bodyBudgetOf(limits), ...times } = { ...CONNECTION_LIMITS, ...connections };
  const app = fastify({
    ...connectionOptions(times, limits.deadlineMs),
    bodyLimit: limits.maxBodyBytes,
    // A client's "3" is not 3, and what we do not know may be meant for another server: neither is changed quietly.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
    genReqId: requestIdOf,
    // Its own lines hold whole addresses.
    logController: new LogController({ disableRequestLogging: true }),
    ...(logger !== undefined && { loggerInstance: logger }),
    return503OnClosing: false,
    frameworkErrors(error, request, reply) {
      observe(request, reply);
      void sendError(plainDialect, error, request, reply);
    },
    clientErrorHandler: (error, socket) => answerClientError(error, socket, app.log),
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.server.maxConnections = maxConnections;
  const metrics = createServerMetrics(models);
  const keyring = createKeyring(security);

  const observe = (request: Parameters<typeof observeRequest>[0], reply: Parameters<typeof observeRequest>[1]): void => {
    void reply.headers({ "x-request-id": request.id, "x-content-type-options": "nosniff" });
    observeRequest(request, reply, (outcome) => {
      metrics.observe(outcome);
      logOutcome(app.log, outcome);
    });
  };
  app.addHook("onClose", async () => metrics.close());
  app.setErrorHandler((error, request, reply) => sendError(plainDialect, error, request, reply));
  app.setReplySerializer(stringifyFinite);
  // The schemas of answers are for the document, and would be compiled for nothing: the serializer above writes what we have built.
  app.setSerializerCompiler(() => stringifyFinite);
  prepareUnknownRoutes(app);
  app.addHook("onRequest", async (request, reply) => {
    observe(request, reply);
    prepareCaller(request, reply, limits, keyring.holderOf(request));
  });
  prepareGuard(app, security, keyring);
  const drain = prepareDrain(app);
  prepareRateLimit(app, security);
  prepareActivity(app, onActivity);
  prepareBodies(app);
  prepareBodyBudget(app, bodyBudgetBytes);
  addOpenApi(app, { version, security });
  void app.register(async (scope) => {
    const typed = scope.withTypeProvider<TypeBoxTypeProvider>();
    addHealthRoutes(typed, { models, version, isDraining: () => drain.isDraining });
    addMetricsRoute(typed, metrics, security);
  });
  for (const dialect of dialects) {
    void app.register(async (scope) => {
      scope.setErrorHandler((error, request, reply) => sendError(dialect, error, request, reply));
      scope.addHook("onRoute", (route) => {
        addRouteConfig(route, { dialect: dialect.name });
        route.schema = { tags: [dialect.name], ...route.schema };
      });
      dialect.register(scope.withTypeProvider<TypeBoxTypeProvider>(), services);
    });
  }
  app.decorate("beginDrain", drain.begin);
  app.decorate("observeTurn", metrics.observeTurn);
  return app;
}
