import type { ServerApp } from "../create-app.ts";
import type { ServerMetrics } from "./metrics/server-metrics.ts";

export function addMetricsRoute(app: ServerApp, metrics: ServerMetrics, { openMetrics }: { readonly openMetrics: boolean }): void {
  app.get("/metrics", { schema: { summary: "Metrics in Prometheus' text format", tags: ["operation"] }, config: { open: openMetrics } }, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  );
}
