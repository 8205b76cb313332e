import type { FastifyRequest } from "fastify";
import type { AppServices, ServerApp } from "./create-app.ts";
import type { ServiceError } from "./service-error.ts";

/** An answer that is not a success, as a dialect words it. */
export interface ErrorAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** The routes of one kind of client, which share the shape of their errors. */
export interface Dialect {
  /** For logs and metrics: "superset", "tei", "dashscope". */
  readonly name: string;
  /** @param request whose `id` some dialects repeat in the body. */
  errorAnswer(error: ServiceError, request: FastifyRequest): ErrorAnswer;
  /** Adds the routes, in a scope of their own. */
  register(app: ServerApp, services: AppServices): void;
}
