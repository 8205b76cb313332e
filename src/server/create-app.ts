import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import { fastify, type FastifyBaseLogger, type FastifyInstance, type RawReplyDefaultExpression, type RawRequestDefaultExpression, type RawServerDefault } from "fastify";
import type { Dialect } from "./dialect.ts";
import { prepareCallers } from "./http/caller.ts";
import { sendError } from "./http/send-error.ts";
import type { RequestLimits } from "./limits.ts";
import type { ModelService } from "./model-service.ts";
import type { SearchService } from "./search/search-service.ts";

export type ServerApp = FastifyInstance<RawServerDefault, RawRequestDefaultExpression, RawReplyDefaultExpression, FastifyBaseLogger, TypeBoxTypeProvider>;

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
}

/** The HTTP server, not listening yet. */
export function createApp({ dialects, ...services }: AppOptions): ServerApp {
  const app = fastify({
    bodyLimit: services.limits.maxBodyBytes,
    // A client's "3" is not 3, and what we do not know may be meant for another server: neither is changed quietly.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
    requestIdHeader: "x-request-id",
  }).withTypeProvider<TypeBoxTypeProvider>();
  prepareCallers(app, services.limits);
  for (const dialect of dialects) {
    void app.register(async (scope) => {
      scope.setErrorHandler((error, request, reply) => sendError(dialect, error, request, reply));
      dialect.register(scope.withTypeProvider<TypeBoxTypeProvider>(), services);
    });
  }
  return app;
}
