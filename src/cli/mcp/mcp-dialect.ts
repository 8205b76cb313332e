import { Readable } from "node:stream";
import { UserError } from "../../domain/errors.ts";
import { answerMcpPost } from "../../mcp/answer-http.ts";
import { createMcpServer } from "../../mcp/create-mcp-server.ts";
import type { AppServices, ServerApp } from "../../server/create-app.ts";
import type { Dialect } from "../../server/dialect.ts";
import { supersetErrorAnswer } from "../../server/dialects/superset-errors.ts";
import { callerOf } from "../../server/http/caller.ts";
import { noteFailure } from "../../server/http/send-error.ts";
import { tellWork } from "../../server/http/tell-work.ts";
import { ServiceError } from "../../server/service-error.ts";
import { createAgentServices, type AgentServicesOptions } from "./create-agent-services.ts";
import { describeServiceError } from "./describe-failure.ts";

export type McpDialectOptions = Pick<AgentServicesOptions, "services" | "defaults" | "indexHome">;

/** JSON-RPC's code for what a server refuses for reasons of its own. */
const REFUSED = -32_000;

/** POST /mcp: the tools of `rerank mcp`, for clients of other machines, through the queue that all clients share. */
export function createMcpDialect(options: McpDialectOptions): Dialect {
  return {
    name: "mcp",
    errorAnswer(error, request) {
      const { status } = supersetErrorAnswer(error, request);
      return { status, body: { jsonrpc: "2.0", id: null, error: { code: REFUSED, message: error.message } } };
    },
    register(app: ServerApp, { version }: AppServices) {
      // Not in the OpenAPI document: what its bodies are, clients ask by the protocol's own tools/list.
      app.post("/mcp", { schema: { hide: true } }, async (request, reply) => {
        const caller = callerOf(request);
        const services = createAgentServices({
          ...options,
          caller,
          isLocal: false,
          onNotice: (line) => request.log.warn(line),
          onWork: (work) => tellWork(reply, work),
          // A call that fails is an answer with status 200: the log and the metrics hear of it here.
          describeFailure(thrown) {
            if (thrown instanceof UserError) return { message: thrown.message, hint: thrown.hint };
            return describeServiceError(noteFailure(request, thrown));
          },
        });
        const left = whenLeft(caller.signal);
        const response = await answerMcpPost({ headers: request.headers, body: request.body, signal: left }, () => createMcpServer(services, version), (error) => {
          request.log.debug({ err: error }, "request of the protocol that is refused");
        });
        left.throwIfAborted();
        void reply.status(response.status);
        for (const [name, value] of response.headers) if (!/^(connection|content-length|transfer-encoding)$/.test(name)) void reply.header(name, value);
        if (response.body === null) return reply.send();
        // Both are the web's streams; TypeScript has two names for them.
        return reply.send(Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]));
      });
    },
  };
}

/**
 * Aborts when the client has left. When its time is over there is somebody to answer yet: the call fails, and says so; a transport that
 * was aborted would end without a word, and the client wait.
 */
function whenLeft(signal: AbortSignal): AbortSignal {
  const left = new AbortController();
  const abort = (): void => {
    if (!(signal.reason instanceof ServiceError && signal.reason.kind === "deadline")) left.abort(signal.reason);
  };
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  return left.signal;
}
