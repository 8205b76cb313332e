import type { FastifyReply } from "fastify";
import type { ServedWork } from "../model-service.ts";

export interface ToldWork extends Pick<ServedWork, "queueMs" | "inferenceMs" | "modelName"> {
  readonly inputTokens: number;
  /** Documents, inputs or pairs. */
  readonly textCount: number;
  readonly cachedCount?: number;
}

/** Tells what an answer cost: in the response's headers, under TEI's names. Called once by every inference route. */
export function tellWork(reply: FastifyReply, { queueMs, inferenceMs, inputTokens }: ToldWork): void {
  void reply.headers({
    "x-queue-time": queueMs.toFixed(0),
    "x-inference-time": inferenceMs.toFixed(0),
    "x-compute-tokens": String(inputTokens),
  });
}
