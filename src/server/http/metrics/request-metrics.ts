import { Counter, Histogram, type Registry } from "prom-client";
import type { RequestOutcome } from "../observe-request.ts";

/** Seconds: from an answer out of the cache to a long list read by a large model. */
const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

/** Requests under our own names. Open routes are counted too; `route` tells them apart. */
export function createRequestMetrics(registry: Registry): (outcome: RequestOutcome) => void {
  const registers = [registry];
  const requests = new Counter({ name: "rerank_requests_total", help: "Requests that were answered", labelNames: ["route", "method", "status"], registers });
  const duration = new Histogram({ name: "rerank_request_duration_seconds", help: "From a request's head to its whole answer", labelNames: ["route"], buckets: DURATION_BUCKETS, registers });
  const queue = new Histogram({ name: "rerank_queue_duration_seconds", help: "From a request's arrival to its first text's turn", buckets: DURATION_BUCKETS, registers });
  const inference = new Histogram({ name: "rerank_inference_duration_seconds", help: "From a request's first turn to its last answer of a model", buckets: DURATION_BUCKETS, registers });
  const tokens = new Counter({ name: "rerank_input_tokens_total", help: "Tokens of answered requests as the models read them, cached ones included", registers });
  const texts = new Counter({ name: "rerank_texts_total", help: "Documents, inputs and pairs of answered requests", registers });
  return ({ route, method, status, totalMs, work }) => {
    requests.inc({ route, method, status });
    duration.observe({ route }, totalMs / 1000);
    if (work === undefined) return;
    queue.observe(work.queueMs / 1000);
    inference.observe(work.inferenceMs / 1000);
    tokens.inc(work.inputTokens);
    texts.inc(work.textCount);
  };
}

/** The three of the tutorial's server. */
export function createTutorialMetrics(registry: Registry): (outcome: RequestOutcome) => void {
  const registers = [registry];
  const requests = new Counter({ name: "reranker_requests_total", help: "Requests that were answered", labelNames: ["method", "endpoint", "status"], registers });
  const duration = new Histogram({ name: "reranker_request_duration_seconds", help: "Time of requests that asked a model", buckets: DURATION_BUCKETS, registers });
  const tokens = new Histogram({ name: "reranker_input_tokens", help: "Tokens of each request that a model answered", buckets: [16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576], registers });
  return ({ route, method, status, totalMs, work }) => {
    requests.inc({ method, endpoint: route, status });
    if (work === undefined) return;
    duration.observe(totalMs / 1000);
    tokens.observe(work.inputTokens);
  };
}
