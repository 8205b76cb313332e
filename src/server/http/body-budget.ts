import type { ServerApp } from "../create-app.ts";
import { ServiceError } from "../service-error.ts";

/** Of bodies that are as large as they may be, so many at a time. */
const LARGEST_BODIES = 8;
const MIN_BUDGET_BYTES = 256_000_000;

export function bodyBudgetOf({ maxBodyBytes }: { readonly maxBodyBytes: number }): number {
  return Math.max(LARGEST_BODIES * maxBodyBytes, MIN_BUDGET_BYTES);
}

/**
 * Bounds the bytes of all bodies that are read or answered at a time: each is in memory until its answer is written. Bytes count
 * when they have come, so that nobody can reserve the budget with a header alone. What goes beyond is answered with 503.
 */
export function prepareBodyBudget(app: ServerApp, budgetBytes: number): void {
  let inFlightBytes = 0;
  app.addHook("preParsing", async (request, reply, payload) => {
    const declaredBytes = Number(request.headers["content-length"] ?? 0);
    if (inFlightBytes > 0 && inFlightBytes + declaredBytes > budgetBytes) throw tooMuch();
    let ownBytes = 0;
    let isRefused = false;
    reply.raw.once("close", () => {
      inFlightBytes -= ownBytes;
      ownBytes = 0;
      isRefused = true;
    });
    // Fastify resumes it when it reads the body; until then nothing may be lost to the listener here.
    payload.pause();
    payload.on("data", (chunk: Buffer) => {
      if (isRefused) return;
      ownBytes += chunk.length;
      inFlightBytes += chunk.length;
      if (inFlightBytes <= budgetBytes || inFlightBytes === ownBytes) return;
      isRefused = true;
      // Ends the reading as a broken connection would, and leaves the connection for the answer.
      payload.emit("error", tooMuch());
    });
    return payload;
  });
}

function tooMuch(): ServiceError {
  return new ServiceError("overloaded", "the server reads too many large requests at a time", { status: 503, retryAfterSeconds: 1 });
}
