import { Registry } from "prom-client";
import type { ModelService } from "../../model-service.ts";
import type { RequestOutcome } from "../observe-request.ts";
import { addProcessMetrics } from "./process-metrics.ts";
import { createRequestMetrics, createTutorialMetrics } from "./request-metrics.ts";
import { addServiceMetrics } from "./service-metrics.ts";
import { createTeiMetrics, type TeiMetrics } from "./tei-metrics.ts";

/** All metrics of one server, in a registry of its own. */
export interface ServerMetrics extends TeiMetrics {
  readonly contentType: string;
  /** In Prometheus' text format. */
  text(): Promise<string>;
  close(): void;
}

export function createServerMetrics(models: Pick<ModelService, "load">): ServerMetrics {
  const registry = new Registry();
  const observers = [createRequestMetrics(registry), createTutorialMetrics(registry)];
  addServiceMetrics(registry, models);
  const tei = createTeiMetrics(registry, models);
  const endProcessMetrics = addProcessMetrics(registry);
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    observe(outcome) {
      const known = withFiniteWork(outcome);
      for (const observe of observers) observe(known);
      tei.observe(known);
    },
    observeTurn: tei.observeTurn,
    close: endProcessMetrics,
  };
}

/** prom-client throws for what is no number, and a clock that was set back gives negative times: neither may end the server. */
function withFiniteWork(outcome: RequestOutcome): RequestOutcome {
  if (outcome.work === undefined) return outcome;
  const { queueMs, inferenceMs, inputTokens, textCount, ...rest } = outcome.work;
  const count = (value: number): number => (Number.isFinite(value) ? Math.max(0, value) : 0);
  return { ...outcome, work: { ...rest, queueMs: count(queueMs), inferenceMs: count(inferenceMs), inputTokens: count(inputTokens), textCount: count(textCount) } };
}
