import type { FastifyReply, FastifyRequest } from "fastify";
import type { ServedWork } from "../model-service.ts";

export interface ToldWork extends Pick<ServedWork, "queueMs" | "inferenceMs" | "modelName"> {
  readonly inputTokens: number;
  /** Documents, inputs or pairs. */
  readonly textCount: number;
  readonly cachedCount?: number;
}

/** Response headers that web pages of other origins may read too. */
export const TOLD_HEADERS = [
  "x-request-id",
  "x-queue-time",
  "x-inference-time",
  "x-total-time",
  "x-compute-tokens",
  "x-model",
  "x-cached-texts",
  "x-reranked",
  "x-truncated-documents",
  "x-truncated-inputs",
  "x-truncated-query",
  "server-timing",
] as const;

const toldWork = new WeakMap<FastifyRequest, ToldWork>();

/**
 * Tells what an answer cost: in the response's headers (times in whole milliseconds, under TEI's names), in the log and in
 * the metrics. Called once by every route that asks a model, before the answer is sent; a stream may call it at its end.
 */
export function tellWork(reply: FastifyReply, work: ToldWork): void {
  const { queueMs, inferenceMs, inputTokens, modelName, cachedCount = 0 } = work;
  toldWork.set(reply.request, work);
  const totalMs = reply.elapsedTime;
  void reply.headers({
    "x-queue-time": queueMs.toFixed(0),
    "x-inference-time": inferenceMs.toFixed(0),
    "x-total-time": totalMs.toFixed(0),
    "x-compute-tokens": String(inputTokens),
    // A model may be a folder, and headers hold ASCII only.
    "x-model": encodeURI(modelName.toWellFormed()),
    "x-cached-texts": String(cachedCount),
    "server-timing": `queue;dur=${queueMs.toFixed(1)}, inference;dur=${inferenceMs.toFixed(1)}, total;dur=${totalMs.toFixed(1)}`,
  });
}

/** What a route has told of a request, if it has. */
export function toldWorkOf(request: FastifyRequest): ToldWork | undefined {
  return toldWork.get(request);
}
