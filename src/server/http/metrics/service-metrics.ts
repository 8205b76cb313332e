import { Counter, Gauge, type Registry } from "prom-client";
import type { ModelService, ServiceLoad } from "../../model-service.ts";

/** What the models' service tells of itself, read when the metrics are. */
export function addServiceMetrics(registry: Registry, models: Pick<ModelService, "load">): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: (load: ServiceLoad) => number): void => {
    void new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read(models.load()));
      },
    });
  };
  const counter = (name: string, help: string, read: (load: ServiceLoad) => number): void => {
    void new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read(models.load()));
      },
    });
  };
  gauge("rerank_queue_requests", "Requests that wait for a model", (load) => load.waitingRequests);
  gauge("rerank_queue_tokens", "Estimated tokens that wait for a model", (load) => load.waitingTokens);
  gauge("rerank_running_texts", "Texts that models are working on", (load) => load.runningTexts);
  gauge("rerank_running_tokens", "Estimated tokens that models are working on", (load) => load.runningTokens);
  gauge("rerank_models_loaded", "Models that are loaded", (load) => load.loadedModels);
  counter("rerank_cache_hits_total", "Relevances that were known from earlier requests", (load) => load.cacheHits);
  counter("rerank_cache_misses_total", "Relevances that a model was asked for", (load) => load.cacheMisses);
  counter("rerank_model_deaths_total", "Times that the process of a model has died", (load) => load.deaths);
}
