import type { FastifyBaseLogger } from "fastify";
import type { ServiceError } from "../service-error.ts";
import type { RequestOutcome } from "./observe-request.ts";
import { textFreeMessage } from "./text-free-message.ts";

/**
 * One line per request: what was asked for, what it cost, and what became of it. Routes that are open are asked every few
 * seconds by whoever watches the server, and are told at `debug` only.
 */
export function logOutcome(log: FastifyBaseLogger, outcome: RequestOutcome): void {
  const { requestId, method, route, dialect, status, totalMs, client, work, failure } = outcome;
  const line = {
    requestId,
    method,
    route,
    ...(dialect !== undefined && { dialect }),
    status,
    ms: rounded(totalMs),
    ...(work !== undefined && {
      model: work.modelName,
      texts: work.textCount,
      inputTokens: work.inputTokens,
      cachedTexts: work.cachedCount ?? 0,
      queueMs: rounded(work.queueMs),
      inferenceMs: rounded(work.inferenceMs),
    }),
    ...(client !== undefined && { client }),
    ...(failure !== undefined && { error: failure.kind }),
    ...(failure !== undefined && isTold(failure) && { fault: faultOf(failure, outcome) }),
  };
  log[levelOf(outcome)](line, `${method} ${route} ${status}`);
}

function levelOf({ isOpen, failure, status }: RequestOutcome): "debug" | "info" | "warn" | "error" {
  if (failure?.kind === "internal" || failure?.kind === "model-failed") return "error";
  // Health routes say 503 on purpose while models load.
  if (isOpen) return "debug";
  return status >= 500 ? "warn" : "info";
}

/** What clients are told of a model that fails names no reason: that is for whoever runs the server. */
function isTold({ kind, cause }: ServiceError): boolean {
  return kind === "internal" || ((kind === "model-failed" || kind === "unavailable") && cause !== undefined);
}

/** What a bug is found by: the error's kind and where it was thrown, of all causes. */
function faultOf(failure: ServiceError, { said, knownNames }: RequestOutcome): readonly { readonly message: string; readonly at: readonly string[] }[] {
  const faults = [];
  for (let error: unknown = failure.cause ?? failure; error instanceof Error && faults.length < 5; error = error.cause) {
    // A stack begins with the message, which may have many lines.
    const at = (error.stack ?? "").split("\n").filter((line) => /^ {4}at /.test(line));
    faults.push({ message: `${error.name}: ${textFreeMessage(error.message, said, knownNames)}`, at: at.map((line) => line.trim()) });
  }
  if (faults.length === 0) faults.push({ message: `thrown: ${typeof failure.cause}`, at: [] });
  return faults;
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
