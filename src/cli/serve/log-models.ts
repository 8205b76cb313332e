import { formatBytes } from "../../domain/format-bytes.ts";
import type { ServiceEvent } from "../../server/service/model-source.ts";
import type { ServerLogger } from "../../server/http/server-logger.ts";

/** What happens to models, in the server's log. */
export function logModelEvent(log: ServerLogger, event: ServiceEvent): void {
  if (event.type === "default-missing") return log.error({ role: event.role, err: event.error }, "the server's own model is missing");
  const { id, role, precision, sizeBytes } = event.spec;
  const model = { model: id, role, precision };
  switch (event.type) {
    case "model-loading":
      return log.info({ ...model, size: formatBytes(sizeBytes) }, "model loads");
    case "model-loaded":
      return log.info({ ...model, device: event.device, ms: Math.round(event.loadMs) }, "model is loaded");
    case "model-unloaded":
      return log.info(model, "model made room for another");
    case "model-failed":
      return log.error({ ...model, err: event.error }, "model cannot be loaded");
    case "model-died":
      return log.warn(model, "model process has died");
    case "model-notice":
      return log.warn(model, event.line);
  }
}
