import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { ModelService } from "../../model-service.ts";
import type { ServiceErrorKind } from "../../service-error.ts";
import type { RequestOutcome } from "../observe-request.ts";

/** TEI's own: 35 bounds from 15 µs, each half as much again as the one before; six more, since a processor takes longer than 15 s. */
const DURATION_BUCKETS = Array.from({ length: 41 }, (_, position) => Number((0.00001 * 1.5 ** (position + 1)).toPrecision(6)));
const powersOfTwo = (count: number): number[] => Array.from({ length: count }, (_, power) => 2 ** power);

/** TEI's words for what went wrong, and ours where it has none. */
const FAILURES: Readonly<Partial<Record<ServiceErrorKind, string>>> = {
  invalid: "validation",
  "too-many": "batch_size",
  overloaded: "overloaded",
  "rate-limited": "overloaded",
  unavailable: "unhealthy",
  "model-failed": "inference",
  internal: "inference",
};

export interface TeiMetrics {
  observe(outcome: RequestOutcome): void;
  /** A slice of a request's texts that goes to a model at once. */
  observeTurn(texts: number, tokens: number): void;
}

/** The metrics of text-embeddings-inference, so that its dashboards and scalers work here. */
export function createTeiMetrics(registry: Registry, models: Pick<ModelService, "load">): TeiMetrics {
  const registers = [registry];
  const histogram = (name: string, help: string, buckets = DURATION_BUCKETS): Histogram => new Histogram({ name, help, buckets, registers });
  const count = new Counter({ name: "te_request_count", help: "Requests to models: of one text, or of a batch", labelNames: ["method"], registers });
  const success = new Counter({ name: "te_request_success", help: "Requests to models that were answered", labelNames: ["method"], registers });
  const failure = new Counter({ name: "te_request_failure", help: "Requests to models that failed", labelNames: ["err"], registers });
  const duration = histogram("te_request_duration", "Seconds of an answered request");
  const queue = histogram("te_request_queue_duration", "Seconds that an answered request has waited");
  const inference = histogram("te_request_inference_duration", "Seconds that models took for an answered request");
  const batchSize = histogram("te_batch_next_size", "Texts that go to a model at once", powersOfTwo(13));
  const batchTokens = histogram("te_batch_next_tokens", "Estimated tokens that go to a model at once", powersOfTwo(21));
  void new Gauge({
    name: "te_queue_size",
    help: "Requests that wait",
    registers,
    collect() {
      this.set(models.load().waitingRequests);
    },
  });
  return {
    observe(outcome) {
      if (!asksModel(outcome)) return;
      const { work, failure: error, status, totalMs } = outcome;
      const method = work?.textCount === 1 ? "single" : "batch";
      count.inc({ method });
      if (work === undefined || status >= 400) {
        failure.inc({ err: status === 499 ? "dropped" : ((error && FAILURES[error.kind]) ?? error?.kind ?? "dropped") });
        return;
      }
      success.inc({ method });
      duration.observe(totalMs / 1000);
      queue.observe(work.queueMs / 1000);
      inference.observe(work.inferenceMs / 1000);
    },
    observeTurn(texts, tokens) {
      batchSize.observe(texts);
      batchTokens.observe(tokens);
    },
  };
}

/** A request that fails tells no work: of those, the ones that bring texts to a route count. */
function asksModel({ work, isOpen, isKnown, method, status, failure }: RequestOutcome): boolean {
  if (work !== undefined) return true;
  if (failure?.kind === "unauthorized" || failure?.kind === "forbidden") return false;
  return isKnown && !isOpen && method === "POST" && status >= 400;
}
