import type { FastifyReply, FastifyRequest, FastifySchema } from "fastify";
import { ServiceError } from "../service-error.ts";
import { callerOf } from "./caller.ts";
import { failureOf } from "./send-error.ts";
import { toldWorkOf, type ToldWork } from "./tell-work.ts";

/** What became of a request: all that the log and the metrics know of it. It holds no key and no text. */
export interface RequestOutcome {
  readonly requestId: string;
  readonly method: string;
  /** The pattern of the route: what clients write in place of it has no bound. */
  readonly route: string;
  readonly dialect: string | undefined;
  readonly isOpen: boolean;
  /** Whether there is such a route. */
  readonly isKnown: boolean;
  /** 499 of a client that has left before its answer was written. */
  readonly status: number;
  readonly totalMs: number;
  readonly client: string | undefined;
  readonly work: ToldWork | undefined;
  readonly failure: ServiceError | undefined;
  /** For the one who tells `failure`: what its message must not repeat. */
  readonly said: readonly unknown[];
  /** Names of members that the route's description has: they are no texts of a client. */
  readonly knownNames: ReadonlySet<string>;
}

/** As nginx writes it. */
const CLIENT_LEFT = 499;
/** The route of all that is none. */
export const UNKNOWN_ROUTE = "unknown";

/** Calls back once, when the answer is written or its client has left. */
export function observeRequest(request: FastifyRequest, reply: FastifyReply, onOutcome: (outcome: RequestOutcome) => void): void {
  const startedAt = performance.now();
  reply.raw.once("close", () => {
    const { url = UNKNOWN_ROUTE, config } = request.routeOptions;
    onOutcome({
      requestId: String(request.id),
      method: request.method,
      route: url,
      dialect: config.dialect,
      isOpen: config.open === true,
      isKnown: url !== UNKNOWN_ROUTE,
      status: reply.raw.writableFinished ? reply.raw.statusCode : CLIENT_LEFT,
      totalMs: performance.now() - startedAt,
      client: clientOf(request),
      work: toldWorkOf(request),
      failure: failureOf(request),
      said: [request.body, request.query, request.params],
      knownNames: namesIn(request.routeOptions.schema),
    });
  });
}

function namesIn(schema: FastifySchema | undefined): ReadonlySet<string> {
  const described = [schema?.body, schema?.querystring, schema?.params] as readonly ({ readonly properties?: object } | undefined)[];
  return new Set(described.flatMap((part) => Object.keys(part?.properties ?? {})));
}

/** What never becomes a request for fastify, such as an address that cannot be read, has no caller. */
function clientOf(request: FastifyRequest): string | undefined {
  try {
    return callerOf(request).client;
  } catch {
    return undefined;
  }
}
